"""Close a fan-out whose state machine broke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from candlecloud.jobs.context import Context


@dataclass(frozen=True)
class Request:
    """What the state machine caught: ``Error`` is a name, ``Cause`` a text that is kept out of the record.

    Attributes
    ----------
    attempt : int
        The attempt that broke.
    """

    run_id: str
    attempt: int
    error: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        error = event.get("error") or {}
        return cls(str(event["run_id"]), int(event["attempt"]), str(error.get("Error", "unknown")))


@dataclass(frozen=True)
class Report:
    run_id: str
    state: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def run(request: Request, context: Context) -> Report:
    """Mark it as failed. One that has ended stays so; batches that have a result keep it.

    An attempt that was given up and breaks late changes nothing: the run belongs to the attempt after it.
    """
    runs = context.stores.runs
    error = {
        "code": "execution_failed",
        "message": f"It stopped before its end: {request.error[:100]}.",
        "hint": "Submit it again: batches that are done are not computed again.",
    }
    runs.abandon(request.run_id, request.attempt, error, context.now)
    record = runs.get(request.run_id)
    return Report(request.run_id, record.state if record else "failed")
