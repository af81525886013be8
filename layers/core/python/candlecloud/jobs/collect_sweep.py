"""Compare planned batches with present ones, put the results together, and name what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from candlecloud.contract.setting import canonical_json
from candlecloud.errors import SweepNotFoundError
from candlecloud.jobs.context import Context
from candlecloud.jobs.pinned import find_sweep
from candlecloud.runs.batch_file import BatchResult, read_batch
from candlecloud.runs.collect import collect_results
from candlecloud.store.sweeps import SweepStore


@dataclass(frozen=True)
class Request:
    """One sweep whose batches have been started."""

    sweep_id: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        return cls(str(event["sweep_id"]))


@dataclass(frozen=True)
class Report:
    """State and number of missing batches; names and causes lie in the store."""

    sweep_id: str
    state: str
    missing: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def run(request: Request, context: Context) -> Report:
    """Write the sweep's results and close it as succeeded, partial or failed.

    Raises
    ------
    SweepNotFoundError
        If the sweep or its plan does not exist.
    """
    stores, now = context.stores, context.now
    sweep_id = request.sweep_id
    identity = find_sweep(stores, sweep_id)
    plan = stores.sweeps.get_plan(sweep_id)
    if plan is None:
        raise SweepNotFoundError(f"Sweep {sweep_id} has no plan.", hint="Run plan_sweep first.", sweep_id=sweep_id)
    found = collect_results(identity, plan, lambda batch: _read(stores.sweeps, sweep_id, batch))
    stores.sweeps.put_results(sweep_id, found.rows, canonical_json(found.header))
    state, missing = found.header["state"], found.summary["missing_batches"]
    error = {"code": "batches_missing", "message": f"{missing} of {len(plan)} batches gave no result."}
    stores.sweeps.set_state(sweep_id, state, now, summary=found.summary, error=error if missing else None)
    return Report(sweep_id, state, missing)


def _read(sweeps: SweepStore, sweep_id: str, batch: int) -> BatchResult | None:
    stored = sweeps.get_batch_result(sweep_id, batch)
    return None if stored is None else read_batch(stored)
