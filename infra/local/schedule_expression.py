"""EventBridge Scheduler expressions: ``rate()``, ``cron()`` with its six fields, ``at()``.

A schedule answers one question: which is its first time after a given moment? Times are int ms UTC.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NextTime = Callable[[int], int | None]
"""First time strictly after the given one, or None when the schedule is over."""

_MINUTE_MS = 60_000
_RATE_UNITS = {"minute": _MINUTE_MS, "hour": 60 * _MINUTE_MS, "day": 24 * 60 * _MINUTE_MS}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_LAST_YEAR = 2199


class ScheduleError(ValueError):
    """The expression is not one that EventBridge Scheduler takes."""


def parse_schedule(expression: str, *, timezone: str = "UTC", anchor: int = 0) -> NextTime:
    """Parse a schedule expression.

    Parameters
    ----------
    expression
        ``rate(5 minutes)``, ``cron(1 * * * ? *)`` or ``at(2025-01-01T00:00:00)``.
    timezone
        IANA name in which ``cron`` and ``at`` are read.
    anchor
        ms UTC from which a rate is counted (AWS: when the schedule was made).

    Raises
    ------
    ScheduleError
        With the field that is wrong.
    """
    match = re.fullmatch(r"(rate|cron|at)\((.*)\)", expression.strip())
    if match is None:
        raise ScheduleError(f"{expression!r} is not rate(...), cron(...) or at(...)")
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ScheduleError(f"unknown time zone {timezone!r}") from None
    kind, body = match.groups()
    if kind == "rate":
        return _rate(body, anchor)
    return _at(body, zone) if kind == "at" else _Cron.parse(body, zone).next_after


def _rate(body: str, anchor: int) -> NextTime:
    match = re.fullmatch(r"\s*(\d+)\s+(minute|hour|day)(s?)\s*", body)
    if match is None or int(match.group(1)) < 1:
        raise ScheduleError(f"rate({body}) needs a positive number and minutes, hours or days")
    step = int(match.group(1)) * _RATE_UNITS[match.group(2)]

    def next_after(moment: int) -> int:
        if moment < anchor:
            return anchor
        return anchor + ((moment - anchor) // step + 1) * step

    return next_after


def _at(body: str, zone: ZoneInfo) -> NextTime:
    try:
        once = int(datetime.fromisoformat(body).replace(tzinfo=zone).timestamp() * 1000)
    except ValueError:
        raise ScheduleError(f"at({body}) needs a time like 2025-01-31T12:00:00") from None
    return lambda moment: once if moment < once else None


@dataclass(frozen=True)
class _Cron:
    """Six fields: minutes, hours, day of month, month, day of week, year."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: Callable[[int, int], set[int]]
    months: frozenset[int]
    years: frozenset[int]
    zone: ZoneInfo

    @classmethod
    def parse(cls, body: str, zone: ZoneInfo) -> _Cron:
        fields = body.split()
        if len(fields) != 6:
            raise ScheduleError(f"cron({body}) has {len(fields)} fields, EventBridge takes six")
        minutes, hours, month_day, months, week_day, years = (item.upper() for item in fields)
        if "?" not in (month_day, week_day):
            raise ScheduleError(f"cron({body}): one of day-of-month and day-of-week must be ?")
        days = _week_days(week_day) if month_day == "?" else _month_days(month_day)
        return cls(
            minutes=_values("minutes", minutes, 0, 59),
            hours=_values("hours", hours, 0, 23),
            days=days,
            months=_values("month", months, 1, 12, _MONTHS),
            years=_values("year", years, 1970, _LAST_YEAR),
            zone=zone,
        )

    def next_after(self, moment: int) -> int | None:
        """First matching minute after `moment`; local times that the clock change skips do not fire."""
        start = datetime.fromtimestamp(moment / 1000, UTC).astimezone(self.zone)
        day = start.date()
        while day.year <= max(self.years):
            if not self._fits(day):
                day = self._next_candidate(day)
                continue
            for hour in sorted(self.hours):
                if day == start.date() and hour < start.hour - 1:  # one hour kept for a clock set back
                    continue
                for minute in sorted(self.minutes):
                    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                    found = int(local.astimezone(UTC).timestamp() * 1000)
                    exists = datetime.fromtimestamp(found / 1000, self.zone).replace(tzinfo=None)
                    if found > moment and exists == local.replace(tzinfo=None):
                        return found
            day += timedelta(days=1)
        return None

    def _fits(self, day: date) -> bool:
        return day.year in self.years and day.month in self.months and day.day in self.days(day.year, day.month)

    def _next_candidate(self, day: date) -> date:
        if day.year in self.years and day.month in self.months:
            return day + timedelta(days=1)
        return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _values(name: str, text: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """Expand a field of ``*``, numbers, names, ``a-b``, ``a/step`` and lists of them."""
    values: set[int] = set()
    for part in text.split(","):
        span, _, step_text = part.partition("/")
        step = _number(name, step_text, 1, high) if step_text or "/" in part else 1
        if span in ("*", ""):
            first, last = low, high
        elif "-" in span:
            left, _, right = span.partition("-")
            first, last = _number(name, left, low, high, names), _number(name, right, low, high, names)
        else:
            first = _number(name, span, low, high, names)
            last = high if "/" in part else first
        if first <= last:
            values |= set(range(first, last + 1, step))
        else:  # the range wraps: FRI-MON, 22-2
            values |= {*range(first, high + 1), *range(low, last + 1)}
    return frozenset(values)


def _number(name: str, text: str, low: int, high: int, names: dict[str, int] | None = None) -> int:
    value = (names or {}).get(text)
    if value is None:
        if not text.isdigit():
            raise ScheduleError(f"cron {name}: {text!r} is not a value")
        value = int(text)
    if not low <= value <= high:
        raise ScheduleError(f"cron {name}: {value} is not in {low}..{high}")
    return value


def _month_days(text: str) -> Callable[[int, int], set[int]]:
    """Day-of-month field: values, ``L`` (last day), ``nW`` (weekday nearest to n)."""
    if text == "L":
        return lambda year, month: {calendar.monthrange(year, month)[1]}
    if text.endswith("W"):
        wanted = _number("day of month", text[:-1], 1, 31)
        return lambda year, month: _nearest_weekday(year, month, wanted)
    values = _values("day of month", text, 1, 31)
    return lambda year, month: set(values)


def _nearest_weekday(year: int, month: int, wanted: int) -> set[int]:
    last = calendar.monthrange(year, month)[1]
    if wanted > last:
        return set()
    weekday = calendar.weekday(year, month, wanted)
    if weekday == 5:
        return {wanted - 1 if wanted > 1 else wanted + 2}
    if weekday == 6:
        return {wanted + 1 if wanted < last else wanted - 2}
    return {wanted}


def _week_days(text: str) -> Callable[[int, int], set[int]]:
    """Day-of-week field: values (SUN = 1), ``dL`` (last d of the month), ``d#n`` (n-th d of the month)."""

    def days_of(year: int, month: int, weekday: int) -> list[int]:
        last = calendar.monthrange(year, month)[1]
        return [day for day in range(1, last + 1) if (calendar.weekday(year, month, day) + 1) % 7 + 1 == weekday]

    if "#" in text:
        name, _, nth_text = text.partition("#")
        weekday, nth = _number("day of week", name, 1, 7, _WEEKDAYS), _number("day of week", nth_text, 1, 5)
        return lambda year, month: set(days_of(year, month, weekday)[nth - 1 : nth])
    if text.endswith("L") and len(text) > 1:
        weekday = _number("day of week", text[:-1], 1, 7, _WEEKDAYS)
        return lambda year, month: {days_of(year, month, weekday)[-1]}
    values = _values("day of week", "7" if text == "L" else text, 1, 7, _WEEKDAYS)
    return lambda year, month: {day for weekday in values for day in days_of(year, month, weekday)}
