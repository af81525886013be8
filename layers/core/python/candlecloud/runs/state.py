"""States of runs and sweeps, and how a failure is written down."""

from __future__ import annotations

from typing import Any, Literal

from candlecloud.errors import CandlecloudError

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
