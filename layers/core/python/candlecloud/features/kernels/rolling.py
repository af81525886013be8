"""Sums over a moving window in whole numbers: a window of the same bars gives the same bits wherever the bars begin.

Sums are 128 bits wide where compiled and as wide as needed in Python. Outputs come filled with NaN; a kernel writes the
entries that have a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from candlecloud.features.kernels.views import Doubles, Integers


def nearest(value: int) -> float:
    """The float nearest to a sum; from 64 bits where they suffice, which is several times faster than from 128."""
    short = value  # 64 bits where compiled
    return float(short) if short == value else float(value)


def moments(values: Integers, window: int, sums: Doubles, distances: Doubles, spreads: Doubles) -> None:
    """Sum S of the window's values x, ``window * x[t] - S`` and ``window * sum(x*x) - S*S``.

    Each is rounded at the end only. The last is computed around a whole number q near the mean, so that nothing
    cancels: with ``D = sum((x - q)**2)`` and ``r = S - q * window`` it is ``window * D - r * r``. Needs values below
    2**56 in size and windows up to 10,000.
    """
    n = len(values)
    width = window
    total = 0
    powers = 0
    share = 1.0 / window
    for t in range(n):
        value = values[t]
        total += value
        powers += value * value
        if t >= window:
            old = values[t - window]
            total -= old
            powers -= old * old
        if t >= window - 1:
            sums[t] = nearest(total)
            near = int(sums[t] * share)
            middle = near
            scatter = powers - middle * (total + total - middle * width)
            rest = nearest(total - middle * width)
            distances[t] = nearest(width * value - total)
            spreads[t] = nearest(scatter) * window - rest * rest


def squares(values: Integers, window: int, sums: Doubles) -> None:
    """Sums of squares over the window; values below 2**56 in size."""
    n = len(values)
    total = 0
    for t in range(n):
        value = values[t]
        total += value * value
        if t >= window:
            old = values[t - window]
            total -= old * old
        if t >= window - 1:
            sums[t] = nearest(total)


def quotient(tops: Doubles, bottoms: Doubles, window: int, quotients: Doubles) -> None:
    """Sum of `tops` over sum of `bottoms` in the window, in fixed point of 2**-56.

    No value where an entry of the window is unknown, negative or 2**57 and more, or where the divisor is 0.
    """
    n = len(tops)
    unit = 72057594037927936.0  # 2**56
    limit = 144115188075855872.0  # 2**57: 10,000 of them in units of 2**-56 fit 128 bits
    top = 0
    bottom = 0
    unknown = 0
    for t in range(n):
        if 0.0 <= tops[t] < limit and 0.0 <= bottoms[t] < limit:
            fixed = int(tops[t] * unit)
            top += fixed
            fixed = int(bottoms[t] * unit)
            bottom += fixed
        else:
            unknown += 1
        if t >= window:
            k = t - window
            if 0.0 <= tops[k] < limit and 0.0 <= bottoms[k] < limit:
                fixed = int(tops[k] * unit)
                top -= fixed
                fixed = int(bottoms[k] * unit)
                bottom -= fixed
            else:
                unknown -= 1
        if t >= window - 1 and unknown == 0 and bottom > 0:
            quotients[t] = nearest(top) / nearest(bottom)


def rank(values: Doubles, first: int, window: int, ranks: Doubles) -> None:
    """Share of the window's values below the newest, ties counted half (itself too); no NaN from entry `first` on."""
    n = len(values)
    for t in range(first + window - 1, n):
        newest = values[t]
        below = 0
        up_to = 0
        for k in range(t - window + 1, t + 1):
            if values[k] < newest:
                below += 1
            if values[k] <= newest:
                up_to += 1
        ranks[t] = (below + up_to) / (2.0 * window)
