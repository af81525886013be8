"""Compare planned batches with present ones, put the results together, and name what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from candlecloud.contract.setting import canonical_json
from candlecloud.errors import SweepNotFoundError
from candlecloud.jobs.context import Context
from candlecloud.runs.batch_file import BatchResult, read_batch
from candlecloud.runs.collect import collect_results
from candlecloud.runs.identity import sweep_identity
from candlecloud.store.sweeps import SweepStore


@dataclass(frozen=True)
class Request:
    """One sweep whose batches have been started."""

    run_id: str
    fence: int

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        return cls(str(event["run_id"]), int(event["fence"]))


@dataclass(frozen=True)
class Report:
    """State and number of missing batches; names and causes lie in the store."""

    run_id: str
    state: str
    missing: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def run(request: Request, context: Context) -> Report:
    """Write the sweep's results and close it: succeeded, with holes or without, or failed where no batch gave any.

    A sweep that was cancelled or given up meanwhile is left as it is (state ``superseded``).

    Raises
    ------
    SweepNotFoundError
        If the sweep or its plan does not exist.
    """
    stores, run_id = context.stores, request.run_id
    record = stores.runs.get(run_id)
    plan = None if record is None else stores.sweeps.get_plan(run_id, request.fence)
    if record is None or plan is None:
        raise SweepNotFoundError(f"Sweep {run_id} has no plan.", hint="Run plan_sweep first.", sweep_id=run_id)
    if (record.state, record.fence) != ("running", request.fence):
        return Report(run_id, "superseded", 0)
    found = collect_results(sweep_identity(record.document), plan, lambda batch: _read(stores.sweeps, run_id, batch))
    # Renews the lease too: nobody takes over while the results are written.
    if not stores.runs.heartbeat(record, context.now):
        return Report(run_id, "superseded", 0)
    stores.sweeps.put_results(run_id, found.rows, canonical_json(found.header))
    missing = int(found.summary["missing_batches"])
    if found.header["state"] == "succeeded":
        ended = stores.runs.finish(record, context.now, summary=found.summary, missing_batches=missing)
        return Report(run_id, "succeeded" if ended else "superseded", missing)
    error = {"code": "batches_missing", "message": f"{missing} of {len(plan)} batches gave no result."}
    ended = stores.runs.fail(record, error | {"details": {"missing": found.summary["missing"]}}, context.now)
    return Report(run_id, "failed" if ended else "superseded", missing)


def _read(sweeps: SweepStore, run_id: str, batch: int) -> BatchResult | None:
    stored = sweeps.get_batch_result(run_id, batch)
    return None if stored is None else read_batch(stored)
