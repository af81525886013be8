"""States of runs and sweeps, and how a failure is written down."""

from __future__ import annotations

from typing import Any, Literal

from candlecloud.errors import CandlecloudError
from candlecloud.market.moment import iso

RunState = Literal["running", "succeeded", "failed"]
SweepState = Literal["running", "planned", "succeeded", "partial", "failed"]

RUN_ENDS: tuple[RunState, ...] = ("succeeded", "failed")
SWEEP_ENDS: tuple[SweepState, ...] = ("succeeded", "partial", "failed")


def sweep_end(planned: int, present: int) -> Literal["succeeded", "partial", "failed"]:
    """How a sweep ends: every planned batch has a result, some have, or none has."""
    if present == planned:
        return "succeeded"
    return "partial" if present else "failed"


def describe_failure(error: CandlecloudError) -> dict[str, Any]:
    """A failure for the record of a run, sweep or batch, JSON-able."""
    return {"code": error.code, "message": error.message, "hint": error.hint, "details": error.details}


def describe_abandoned(what: Literal["run", "sweep"], since: int) -> dict[str, Any]:
    """The failure of a run or a sweep that nobody closed: what computed it was cut off.

    Parameters
    ----------
    since : int
        When it was last heard of, ms UTC.
    """
    return {
        "code": "execution_failed",
        "message": f"The {what} stopped before its end: nothing was heard of it since {iso(since)}.",
        "hint": "Send the same request again: that starts a new attempt.",
        "details": {"last_heard_of": iso(since), "last_heard_of_ms": since},
    }
