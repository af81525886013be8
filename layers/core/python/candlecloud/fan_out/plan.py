"""A fan-out cut into batches, and how long it will take: what cannot end within its limits is refused beforehand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from candlecloud.errors import InvalidParameterError

if TYPE_CHECKING:  # the limits are read where there is no Arrow
    from candlecloud.fan_out.kind import Work

MAX_BATCHES = 500
BATCHES_AT_ONCE = 100
"""Batches of a fan-out that run at the same time, where the deployment does not say otherwise."""
BATCH_TIMEOUT_S = 120
"""Time limit of a function that computes batches; its children on AWS live five minutes, so that two tries fit."""
FAN_OUT_TIMEOUT_S = 4 * 3600
"""Time limit of the state machine. What hangs is seen long before, by its heartbeat."""
_SHARE = 0.8  # of a limit that an estimate may fill


@dataclass(frozen=True)
class Plan:
    """How many units make a batch, and the seconds that one takes at most, estimated."""

    units: int
    per_batch: int
    batch_s: float

    @property
    def batches(self) -> list[tuple[int, int]]:
        """Half-open ranges of units."""
        return [(start, min(start + self.per_batch, self.units)) for start in range(0, self.units, self.per_batch)]

    def seconds(self, batches_at_once: int) -> float:
        """How long all of them take."""
        return math.ceil(len(self.batches) / batches_at_once) * self.batch_s


def make_plan(work: Work) -> Plan:
    """Cut into batches that are worth starting, at most 500 where one then still ends within its function's limit."""
    most = max(1, int((_SHARE * BATCH_TIMEOUT_S - work.start_s) / work.unit_s))
    size = min(max(work.per_batch, math.ceil(work.units / MAX_BATCHES)), most)
    return Plan(work.units, size, work.start_s + min(size, work.units) * work.unit_s)


def refuse_too_much(work: Work, plan: Plan, batches_at_once: int) -> None:
    """Refuse what would be cut off before its end.

    Raises
    ------
    InvalidParameterError
        With the estimate.
    """
    count, seconds = len(plan.batches), plan.seconds(batches_at_once)
    one, limit = _SHARE * BATCH_TIMEOUT_S, _SHARE * FAN_OUT_TIMEOUT_S
    fewer = f"Ask for less in {work.field}, or for a shorter range or a longer timeframe"
    each = f"batches of up to {_in_words(plan.batch_s)}"
    if plan.batch_s > one:
        reason = f"One of its {work.units:,} parts may take {_in_words(plan.batch_s)}; {_in_words(one)} are allowed."
        hint = "Ask for a shorter range or a longer timeframe."
    elif count > MAX_BATCHES:
        reason = f"This would take {count:,} {each}; at most {MAX_BATCHES} are started."
        hint = f"{fewer}; several requests may run beside each other."
    elif seconds > limit:
        reason = (
            f"This may take {_in_words(seconds)}: {count} {each}, {batches_at_once} at a time. "
            f"Allowed are {_in_words(limit)}."
        )
        hint = f"{fewer}; or let more batches run at once (`batches_at_once` in cdk.json)."
    else:
        return
    numbers = {"batch_seconds": round(plan.batch_s), "batches": count, "batches_at_once": batches_at_once}
    raise InvalidParameterError(reason, hint=hint, field=work.field, estimated_seconds=round(seconds), **numbers)


def _in_words(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
