"""Numbers as people read them: percent, money, times. None and NaN are a dash, never a zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from candlecloud.pages.kit.markup import Markup, tag

DASH = "\u2013"
_MINUS = "\u2212"
_HOUR, _DAY = 3600.0, 86_400.0
_SCIENTIFIC_FROM = 1e12
_SUFFIXES = ((1e9, "G"), (1e6, "M"))


def percent(value: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """A fraction in percent: 0.123 is ``12.3 %``; two decimals below 1 %, and more where 100 % would be rounded."""
    if value is None or not math.isfinite(value):
        return DASH
    shown = 100.0 * value
    digits = digits if abs(shown) >= 1.0 or shown == 0.0 else 2
    while digits < 6 and shown not in (-100.0, 100.0) and round(abs(shown), digits) == 100.0:
        digits += 1  # nearly all is not all
    return f"{decimal(shown, digits, signed=signed)}\u00a0%"


def decimal(value: float | None, digits: int = 2, *, signed: bool = False) -> str:
    """`digits` decimals and thousands separators; two significant digits where that would show a false zero."""
    if value is None or not math.isfinite(value):
        return DASH
    size = abs(value)
    if size >= _SCIENTIFIC_FROM or 0.0 < size < 1e-9:
        text = f"{size:.2e}"
    elif 0.0 < size < 0.5 * 10.0**-digits:
        text = f"{size:.{1 - math.floor(math.log10(size))}f}"
    else:
        text = f"{size:,.{digits}f}"
    sign = _MINUS if value < 0.0 else "+" if signed and value > 0.0 else ""
    return sign + text


def money(value: float | None) -> str:
    """An amount of quote currency; large ones without decimals."""
    return decimal(value, 2 if value is None or abs(value) < 1e5 else 0)


def count(value: float | None) -> str:
    """A whole number; what is not whole keeps two decimals."""
    return decimal(value, 0 if value is not None and float(value).is_integer() else 2)


def counted(value: float, word: str) -> str:
    """``1 fill``, ``2 fills``."""
    return f"{count(value)} {word}{'' if value == 1 else 's'}"


def plain_percent(value: float) -> str:
    """A fraction that somebody chose, in percent as it was chosen: 0.02 is ``2 %``."""
    return f"{100.0 * value:g}\u00a0%"


def duration(seconds: float | None) -> str:
    """A length of time in its largest fitting unit."""
    if seconds is None or not math.isfinite(seconds):
        return DASH
    for unit, name, least in ((365.0 * _DAY, "years", 3.0), (_DAY, "days", 2.0), (_HOUR, "h", 2.0), (60.0, "min", 0.0)):
        if abs(seconds) >= least * unit:
            return f"{seconds / unit:,.1f}\u00a0{name}".replace(".0\u00a0", "\u00a0")
    raise AssertionError  # pragma: no cover - the last unit always fits


def day(time_ms: float) -> str:
    """ms UTC as a date; a moment outside the calendar is a dash."""
    return _written(time_ms, "%Y-%m-%d")


def moment(time_ms: float) -> str:
    """ms UTC to the minute."""
    return _written(time_ms, "%Y-%m-%d %H:%M UTC")


def _written(time_ms: float, pattern: str) -> str:
    try:
        return datetime.fromtimestamp(time_ms // 1000, UTC).strftime(pattern)
    except (OverflowError, ValueError, OSError):
        return DASH


def exact(value: float | None, text: str) -> Markup:
    """Rounded text that carries the number it was rounded from."""
    return tag("data", text, value=DASH if value is None else repr(value))


def axis_labels(ticks: Sequence[float]) -> list[str]:
    """Plain numbers with as many decimals as tell neighbours apart."""
    largest = max((abs(tick) for tick in ticks), default=0.0)
    step = min((b - a for a, b in pairwise(ticks)), default=largest or 1.0)
    if largest >= _SCIENTIFIC_FROM or 0.0 < largest < 1e-6:
        return [f"{tick:.1e}".replace("-", _MINUS) if tick else "0" for tick in ticks]
    divisor, suffix = next(((size, text) for size, text in _SUFFIXES if largest >= size), (1.0, ""))
    step /= divisor
    digits = next((d for d in range(9) if abs(round(step, d) - step) <= 1e-6 * step), 9)
    zero = "0" if suffix else f"{0.0:.{digits}f}"
    return [f"{tick / divisor:,.{digits}f}{suffix}".replace("-", _MINUS) if tick else zero for tick in ticks]


def percent_labels(ticks: Sequence[float]) -> list[str]:
    """Fractions in percent, for an axis."""
    return [f"{label}\u00a0%" for label in axis_labels([100.0 * tick for tick in ticks])]


def duration_labels(seconds: Sequence[float]) -> list[str]:
    """Short lengths of time, for an axis."""
    units = ((_DAY, "d"), (_HOUR, "h"), (60.0, "min"), (1.0, "s"))
    found = [next(((unit, name) for unit, name in units if tick >= unit), (1.0, "s")) for tick in seconds]
    return [f"{tick / unit:,.0f}\u00a0{name}" for tick, (unit, name) in zip(seconds, found, strict=True)]
