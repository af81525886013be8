"""Values that do not come from the bars that are given: kept from an earlier call, or read from a table by time.

No cut shows them, for they move with nothing. So the same bars are given at other times, 28 years away, when calendars
repeat: hours, weekdays, days of the month and of the year are the same there, and nobody has seen such bars before.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.errors import CandlecloudError, LookAheadError
from candlecloud.features.bars import Bars
from candlecloud.market.instant import iso
from candlecloud.strategies.look_ahead.garbage import at_other_times, other_future
from candlecloud.strategies.look_ahead.signals import Place, bits

_CALENDAR_MS = 1_461 * 7 * 86_400_000  # 28 years: as many weeks, as many leap years
_CALENDAR_ENDS = 4_107_456_000_000  # 2100-02-28: a year without the leap day that every fourth has
_TURNS = 3

_Answer: TypeAlias = FloatArray | None
"""What a signal says; None where it raises because it does not know the time."""


def check_memory(place: Place, rng: np.random.Generator) -> None:
    """Ask each signal about the same bars at other times, and about other bars at these.

    Accused is (a) what answers other bars with the values of those that it saw first at these times, though bars matter
    to it; (b) what has values at the real times only: at three other times it says one and the same other thing, or
    raises. A causal function of prices, calendar and years since some day does neither.

    Raises
    ------
    LookAheadError
        Of the first such signal.
    """
    shifts = _shifts(place.real)
    if len(shifts) < _TURNS:
        return
    unlike = other_future(place.real, 1, rng)
    for number in range(len(place.signals)):
        real = place.values[number]
        first = _ask(place, number, place.real, shifts[0])
        of_others = _ask(place, number, unlike, shifts[0])
        others_elsewhere = _ask(place, number, unlike, shifts[1])
        second, third = (_ask(place, number, place.real, shift) for shift in shifts[1:])
        if _same(first, of_others) and _same(first, third) and not _same(first, others_elsewhere):
            _accuse(place, number, "gave other bars the values of those that it had seen first at the same times")
        if not _same(second, third) or _same(third, real):
            continue
        if _same(first, third) or (first is not None and third is not None and _is_read_by_time(real, first, third)):
            _accuse(place, number, "has values at the bars' own times and none at times that it never saw")


def _ask(place: Place, number: int, bars: Bars, shift: int) -> _Answer:
    try:
        return place.evaluate(place.signals[number], at_other_times(bars, shift))
    except (LookupError, ValueError, ArithmeticError, CandlecloudError):
        return None


def _same(one: _Answer, two: _Answer) -> bool:
    if one is None or two is None:
        return one is two
    return bool((bits(one) == bits(two)).all())


def _is_read_by_time(real: FloatArray, early: FloatArray, late: FloatArray) -> bool:
    """Whether values go up and down at the real times beside those that stand still before and after them.

    Those of a step function of time, such as years since some day, go one way only.
    """
    with np.errstate(invalid="ignore"):
        apart, moves = late - early, np.diff(real - late, axis=1)
    stands = [len(np.unique(row[np.isfinite(row)])) <= 1 for row in apart]
    turns = [np.count_nonzero(np.diff(np.sign(row[np.isfinite(row) & (row != 0.0)]))) >= _TURNS for row in moves]
    return any(still and turning for still, turning in zip(stands, turns, strict=True))


def _shifts(bars: Bars) -> list[int]:
    """Three spans of so many calendars, all of whose times lie from 1970 to 2100; the earliest first."""
    shifts = [turns * _CALENDAR_MS for turns in (-1, 1, 2, 3, -2)]
    first, last = int(bars.open_time[0]), int(bars.close_time[-1])
    return [shift for shift in shifts if first + shift >= 0 and last + shift < _CALENDAR_ENDS][:_TURNS]


def _accuse(place: Place, number: int, what: str) -> None:
    signal, bar = place.signals[number], int(place.changes(number)[0]) if len(place.changes(number)) else 0
    closed = iso(int(place.real.close_time[bar]))
    raise LookAheadError(
        f"{signal.name} does not come from the bars that it is given: it {what}. Its first value that shows it is of "
        f"the bar that closed at {closed}.",
        hint="Compute it from the given bars at each call, and keep nothing from call to call. Values that are read by "
        "time can hold what was known later; if they are dates that were known before, such as holidays, set "
        "look_ahead_test to false and say so.",
        signal=signal.name,
        bar=place.first + bar,
        close_time=closed,
        bars_ahead=1,
    )
