"""Compare planned batches with present ones, put the results together, and name what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from candlecloud.errors import RunNotFoundError
from candlecloud.fan_out.collect import collect_batches
from candlecloud.fan_out.kinds import find_kind
from candlecloud.jobs.context import Context
from candlecloud.runs.identity import Identity


@dataclass(frozen=True)
class Request:
    """One fan-out whose batches have been started."""

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
    """Write the results and close the run: succeeded, with holes or without, or failed where no batch gave any.

    One that was cancelled or given up meanwhile is left as it is (state ``superseded``).

    Raises
    ------
    RunNotFoundError
        If it or its plan does not exist.
    """
    stores, run_id = context.stores, request.run_id
    record = stores.runs.get(run_id)
    plan = None if record is None else stores.fan_outs.get_plan(run_id, request.fence)
    if record is None or plan is None:
        raise RunNotFoundError(f"{run_id} has no plan.", hint="Run plan_fan_out first.", run_id=run_id)
    if (record.state, record.fence) != ("running", request.fence):
        return Report(run_id, "superseded", 0)
    kind = find_kind(record.kind)
    stored = stores.fan_outs.read_batches(run_id, [item["batch"] for item in plan])
    found = collect_batches(kind, Identity.read(kind.config, record.document), plan, stored)
    # Renews the lease too: nobody takes over while the results are written.
    if not stores.runs.heartbeat(record, context.now):
        return Report(run_id, "superseded", 0)
    for name, content in found.results.files.items():
        stores.runs.put_artifact(run_id, name, content)
    summary, missing = found.results.summary, found.missing_batches
    if found.state == "succeeded":
        ended = stores.runs.finish(record, context.now, summary=summary, missing_batches=missing)
    else:
        error = {"code": "batches_missing", "message": f"{missing} of {len(plan)} batches gave no result."}
        ended = stores.runs.fail(record, error | {"details": {"missing": summary["missing"]}}, context.now)
    return Report(run_id, found.state if ended else "superseded", missing)
