"""Compare planned batches with present ones; start again what left nothing, or put the results together.

A batch leaves nothing where its function was throttled to the end or cut off: other fan-outs took the room, a machine
died. What failed by itself has said so, and is not tried again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from candlecloud.errors import RunNotFoundError
from candlecloud.fan_out.collect import collect_batches
from candlecloud.fan_out.kinds import KINDS
from candlecloud.jobs.context import Context
from candlecloud.jobs.events import JobReport, JobRequest
from candlecloud.runs.identity import Identity
from candlecloud.store.run_record import RunRecord

MAX_ROUNDS = 20
_NAMED = 20
"""Missing batches that the record names; the kind's results name all."""


@dataclass(frozen=True)
class Request(JobRequest):
    """One fan-out whose batches have been started.

    Attributes
    ----------
    round : int
        How often they had been started before.
    batches : int
        How many were started.
    """

    run_id: str
    fence: int
    round: int
    batches: int


@dataclass(frozen=True)
class Report(JobReport):
    """How it ended and how many batches are missing; names and causes lie in the store.

    Attributes
    ----------
    state : str
        ``running`` where batches are to be started again: `batches` of them, in the plan at `plan_key`.
    """

    run_id: str
    fence: int
    state: str
    missing: int = 0
    bucket: str = ""
    plan_key: str = ""
    batches: int = 0
    round: int = 0


def run(request: Request, context: Context) -> Report:
    """Write the results and close the run: succeeded, with holes or without, or failed where no batch gave any.

    One that was cancelled or given up meanwhile is left as it is (state ``superseded``).

    Raises
    ------
    RunNotFoundError
        If it or its plan does not exist.
    """
    stores, run_id, fence = context.stores, request.run_id, request.fence
    record = stores.runs.get(run_id)
    plan = None if record is None else stores.fan_outs.get_plan(run_id, fence)
    if record is None or plan is None:
        raise RunNotFoundError(f"{run_id} has no plan.", hint="Run plan_fan_out first.", run_id=run_id)
    if (record.state, record.fence) != ("running", fence):
        return Report(run_id, fence, "superseded")
    again = _left_nothing(request, plan, context)
    # Renews the lease too: nobody takes over while the results are written.
    if not stores.runs.heartbeat(record, context.now):
        return Report(run_id, fence, "superseded")
    if again:
        key = stores.fan_outs.put_plan(run_id, fence, request.round + 1, again)
        bucket = stores.fan_outs.bucket
        return Report(run_id, fence, "running", len(again), bucket, key, len(again), request.round + 1)
    return _close(record, plan, context)


def _left_nothing(request: Request, plan: Sequence[Mapping[str, Any]], context: Context) -> list[Mapping[str, Any]]:
    """The batches that are worth another start.

    The first round is always followed by another. Later ones only as long as they bring something: what is cut off at
    its time limit is so each time.
    """
    fan_outs, run_id = context.stores.fan_outs, request.run_id
    heard_of = {*fan_outs.present_batches(run_id), *fan_outs.failed_batches(run_id, request.fence)}
    silent = [item for item in plan if (item["start"], item["end"]) not in heard_of]
    brought_something = len(silent) < request.batches or not request.round
    return silent if brought_something and request.round + 1 < MAX_ROUNDS else []


def _close(record: RunRecord, plan: Sequence[Mapping[str, Any]], context: Context) -> Report:
    stores, run_id, fence = context.stores, record.run_id, record.fence
    kind = KINDS.find(record.kind)
    found = collect_batches(
        kind,
        Identity.read(kind.config, record.document),
        plan,
        stores.fan_outs.read_batches(run_id, [(item["start"], item["end"]) for item in plan]),
        lambda start, end: stores.fan_outs.get_failure(run_id, fence, (start, end)),
    )
    missing = len(found.missing)
    files = {name: _named_by_content(name, content) for name, content in found.results.files.items()}
    for name, content in found.results.files.items():
        stores.runs.put_artifact(run_id, files[name], content)
    batches = {"batches": len(plan), "missing": found.missing[:_NAMED], "missing_batches": missing}
    summary = {**found.results.summary, **batches, "files": files}
    if found.state == "succeeded":
        ended = stores.runs.finish(record, context.now, summary=summary, missing_batches=missing)
    else:
        error = {"code": "batches_missing", "message": f"{missing} of {len(plan)} batches gave no result."}
        ended = stores.runs.fail(record, error | {"details": {"missing": found.missing[:_NAMED]}}, context.now)
    return Report(run_id, fence, found.state if ended else "superseded", missing)


def _named_by_content(name: str, content: bytes) -> str:
    """``results-<hash>.parquet``: of two that collect each has its own files, and the record names those that count."""
    stem, _, ending = name.rpartition(".")
    return f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}.{ending}"
