"""Scales: from numbers to places between 0 and 1, with the round numbers at which an axis is marked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from candlecloud.arrays import FloatArray

_LARGEST = 1e300  # beyond it, the span of an axis would not be a float
_SMALLEST = 1e-200
_FLAT = 1e-9  # a span smaller than this fraction of its values is rounding, not a movement
_DURATIONS = (
    1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 12 * 3600.0,
    *(86_400.0 * days for days in (1, 3, 7, 30, 90, 365, 1000, 3650)),
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """Linear or logarithmic, from `low` to `high`, marked at `ticks`."""

    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False

    def place(self, values: FloatArray) -> FloatArray:
        """Where values lie, 0 at `low` and 1 at `high`; NaN stays NaN, what lies outside is moved to the edge."""
        low, high = self.low, self.high
        clipped = np.clip(values, low, high)
        if self.log:
            return np.log(clipped / low) / math.log(high / low)
        return (clipped - low) / (high - low)

    def at(self, value: float) -> float:
        """Where one value lies."""
        return float(self.place(np.array([value]))[0])


def spans_decades(*arrays: FloatArray, factor: float) -> bool:
    """Whether all finite values are above 0 and the largest is at least `factor` times the smallest."""
    low, high = bounds(*arrays)
    return low > _SMALLEST and high < 1.0 / _SMALLEST and high >= factor * low


def linear_scale(*arrays: FloatArray, zero: bool = False, wanted: int = 5) -> Scale:
    """A scale that holds all finite values and ends at round numbers.

    Parameters
    ----------
    zero : bool
        Whether it must hold 0 too.
    wanted : int
        About how many ticks.
    """
    low, high = bounds(*arrays)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    low, high = max(low, -_LARGEST), min(high, _LARGEST)
    size = max(abs(low), abs(high))
    if high - low <= max(_FLAT * size, _SMALLEST):
        margin = 0.05 * size if size > _SMALLEST else 1.0
        low, high = low - margin, high + margin
    step = nice_step((high - low) / wanted)
    first, last = math.floor(low / step + _FLAT), math.ceil(high / step - _FLAT)
    ticks = tuple(k * step for k in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks)


def log_scale(*arrays: FloatArray) -> Scale:
    """A logarithmic scale for values above 0, marked at 1, 2 and 5 times powers of ten (or fewer of them)."""
    low, high = bounds(*arrays)
    low, high = low / 1.05, high * 1.05
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        ticks = [m * 10.0**p for p in powers for m in steps if low <= m * 10.0**p <= high]
        if len(ticks) <= 7:
            break
    return Scale(low, high, tuple(ticks[:: -(-len(ticks) // 7)]) if ticks else (), log=True)


def duration_scale(seconds: FloatArray, shortest: float) -> Scale:
    """A logarithmic scale for lengths of time, marked at minutes, hours and days; 0 is drawn at the left edge."""
    low, high = bounds(np.maximum(seconds, shortest))
    low, high = low / 1.25, high * 1.25
    inside = [tick for tick in _DURATIONS if low <= tick <= high]
    return Scale(low, high, tuple(inside[:: -(-len(inside) // 8)]) if inside else (), log=True)


def bounds(*arrays: FloatArray) -> tuple[float, float]:
    """Smallest and largest finite value; 0 and 1 where there is none."""
    finite = [values[np.isfinite(values)] for values in arrays]
    ends = [(float(values.min()), float(values.max())) for values in finite if len(values)]
    return (min(low for low, _ in ends), max(high for _, high in ends)) if ends else (0.0, 1.0)


def nice_step(step: float) -> float:
    """The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is not below `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next((m * power for m in (1.0, 2.0, 2.5, 5.0) if m * power >= step * (1.0 - _FLAT)), 10.0 * power)
