"""Close a sweep whose state machine broke."""

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
    attempt : int, optional
        The attempt that broke; where it is left out, whichever there is.
    """

    sweep_id: str
    error: str
    attempt: int | None = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        error = event.get("error") or {}
        attempt = event.get("attempt")
        return cls(
            str(event["sweep_id"]), str(error.get("Error", "unknown")), None if attempt is None else int(attempt)
        )


@dataclass(frozen=True)
class Report:
    sweep_id: str
    state: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def run(request: Request, context: Context) -> Report:
    """Mark the sweep as failed. One that has ended well stays so; batches that have a result keep it.

    An attempt that was given up and breaks late changes nothing: the sweep belongs to the attempt after it.
    """
    stores, now = context.stores, context.now
    error = {
        "code": "execution_failed",
        "message": f"The sweep stopped before its end: {request.error[:100]}.",
        "hint": "Submit it again: batches that are done are not computed again.",
    }
    stores.sweeps.set_state(request.sweep_id, "failed", now, error=error, attempt=request.attempt)
    record = stores.sweeps.get(request.sweep_id)
    return Report(request.sweep_id, record.state if record else "failed")
