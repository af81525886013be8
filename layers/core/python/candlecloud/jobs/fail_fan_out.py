"""Close a fan-out whose state machine broke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from candlecloud.jobs.context import Context
from candlecloud.jobs.events import JobReport, JobRequest


@dataclass(frozen=True)
class Request(JobRequest):
    """What the state machine caught: ``Error`` is a name, ``Cause`` a text that is kept out of the record.

    Attributes
    ----------
    attempt : int
        The attempt that broke.
    """

    run_id: str
    attempt: int
    error: Mapping[str, str]


@dataclass(frozen=True)
class Report(JobReport):
    run_id: str
    state: str


def run(request: Request, context: Context) -> Report:
    """Mark it as failed. One that has ended stays so; batches that have a result keep it.

    An attempt that was given up and breaks late changes nothing: the run belongs to the attempt after it.
    """
    runs = context.stores.runs
    error = {
        "code": "execution_failed",
        "message": f"It stopped early: {request.error.get('Error', 'unknown')[:100]}.",
        "hint": "Submit it again: batches that are done are not computed again.",
    }
    runs.abandon(request.run_id, request.attempt, error, context.now)
    record = runs.get(request.run_id)
    return Report(request.run_id, record.state if record else "failed")
