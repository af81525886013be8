"""Compare planned batches with present ones, put the results together, and name what is missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from candlecloud.contract.setting import canonical_json
from candlecloud.errors import SweepNotFoundError
from candlecloud.jobs.context import Context
from candlecloud.runs.collect import collect_results, match_batches, summarise_sweep
from candlecloud.runs.identity import sweep_identity

_SHOWN = 20


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
    plan = None if record is None else stores.sweeps.get_plan(run_id)
    if record is None or plan is None:
        raise SweepNotFoundError(f"Sweep {run_id} has no plan.", hint="Run plan_sweep first.", sweep_id=run_id)
    if (record.state, record.fence) != ("running", request.fence):
        return Report(run_id, "superseded", 0)
    found = {n: stores.sweeps.get_batch_result(run_id, n) for n in stores.sweeps.present_batches(run_id)}
    good, missing = match_batches(plan, {n: json.loads(body) for n, body in found.items() if body is not None})
    results = collect_results(sweep_identity(record.document), good, missing)
    stores.sweeps.put_results(run_id, canonical_json(results))
    if good:
        summary = summarise_sweep(results, len(plan))
        ended = stores.runs.finish(record, context.now, summary=summary, missing_batches=len(missing))
        return Report(run_id, "succeeded" if ended else "superseded", len(missing))
    error = {"code": "batches_missing", "message": f"{len(missing)} of {len(plan)} batches gave no result."}
    ended = stores.runs.fail(record, error | {"details": {"missing": missing[:_SHOWN]}}, context.now)
    return Report(run_id, "failed" if ended else "superseded", len(missing))
