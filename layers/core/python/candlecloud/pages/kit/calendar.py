"""Marks on a time axis: minutes, hours, days, months or years, whichever gives a handful."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from candlecloud.pages.kit.scales import Scale

_MINUTE, _DAY = 60_000, 86_400_000
_FIXED = (*(n * _MINUTE for n in (1, 5, 15, 30, 60, 180, 360, 720)), *(n * _DAY for n in (1, 2, 7, 14)))
_MONTHS = (1, 3, 6, 12, 24, 60, 120)
_MOST = 8
_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def time_scale(start: int, end: int) -> Scale:
    """A scale from `start` to `end`, ms UTC; a single moment gets a minute on each side."""
    if end <= start:
        start, end = start - _MINUTE, start + _MINUTE
    return Scale(float(start), float(end), tuple(map(float, _ticks(start, end))))


def time_labels(ticks: tuple[float, ...]) -> list[str]:
    """Each mark by what changed since the mark before: the year, the day or the hour."""
    labels: list[str] = []
    monthly = len(ticks) > 1 and min(b - a for a, b in pairwise(ticks)) >= 28 * _DAY
    for number, tick in enumerate(ticks):
        moment = datetime.fromtimestamp(tick / 1000, UTC)
        if monthly:
            month = _MONTH_NAMES[moment.month - 1]
            labels.append(str(moment.year) if moment.month == 1 else month if number else f"{month} {moment.year}")
        elif tick % _DAY and number:
            labels.append(moment.strftime("%H:%M"))
        else:
            day = f"{moment.day} {_MONTH_NAMES[moment.month - 1]}"
            hour = moment.strftime(" %H:%M") if tick % _DAY else ""
            labels.append(day + (hour or f" {moment.year}") if not number else day)
    return labels


def month_name(month: int) -> str:
    """1 is Jan."""
    return _MONTH_NAMES[month - 1]


def _ticks(start: int, end: int) -> list[int]:
    for step in _FIXED:
        if (end - start) // step <= _MOST:
            return list(range(-(-start // step) * step, end + 1, step))
    for months in _MONTHS:
        ticks = _month_starts(start, end, months)
        if len(ticks) <= _MOST:
            break
    return ticks


def _month_starts(start: int, end: int, step: int) -> list[int]:
    first, last = (datetime.fromtimestamp(time // 1000, UTC) for time in (start, end))
    numbers = range((first.year * 12 + first.month - 1) // step * step, last.year * 12 + last.month, step)
    starts = [int(datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC).timestamp()) * 1000 for n in numbers]
    return [time for time in starts if start <= time <= end]
