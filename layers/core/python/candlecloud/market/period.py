"""Periods: how much of a series one stored object holds, a month or a year of UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from candlecloud.errors import InvalidRangeError
from candlecloud.market.ranges import TimeRange

Period = Literal["month", "year"]
_FORMATS: dict[Period, str] = {"month": "%Y-%m", "year": "%Y"}


def period_of(unit: Period, time_ms: int) -> str:
    """Name of the period (``2024-01`` or ``2024``) that holds a time."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime(_FORMATS[unit])


def period_range(unit: Period, period: str) -> TimeRange:
    """Times that an object of this period holds.

    Raises
    ------
    InvalidRangeError
        If the name is not a period of this unit.
    """
    try:
        start = datetime.strptime(period, _FORMATS[unit]).replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidRangeError(f"{period!r} is not the name of a {unit}.", period=period) from error
    if unit == "month":
        end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    else:
        end = start.replace(year=start.year + 1)
    return TimeRange(int(start.timestamp()) * 1000, int(end.timestamp()) * 1000)


def periods_between(unit: Period, wanted: TimeRange) -> list[str]:
    """Names of all periods that `wanted` touches, in order."""
    names: list[str] = []
    time_ms = wanted.start
    while time_ms < wanted.end:
        names.append(period_of(unit, time_ms))
        time_ms = period_range(unit, names[-1]).end
    return names
