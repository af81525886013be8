"""Moments of prices over a moving window, the same bits whatever the number of decimals that the ticks are counted in.

A price of 30.5 is 305 ticks at one decimal and 3,050 at two; which it is depends on all the prices of a series, later
ones included. So sums are taken in whole numbers, exactly, and shorn of their common zeros before they become floats:
what is left is one number, however many decimals it came with. Needs ticks up to 2**53 and windows up to 10,000.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from candlecloud.features.kernels.views import Doubles, Integers


def nearest(value: int) -> float:
    """The float nearest to a sum, as `candlecloud.features.kernels.rolling` has it: kernels share no functions."""
    short = value  # 64 bits where compiled
    return float(short) if short == value else float(value)


def means(ticks: Integers, window: int, scale: int, powers: Doubles, average: Doubles) -> None:
    """Mean of the window, quote currency. `powers` holds 10**0 to 10**24."""
    n = len(ticks)
    total = 0
    for t in range(n):
        total += ticks[t]
        if t >= window:
            total -= ticks[t - window]
        if t >= window - 1:
            average[t] = price_of(total, window, scale, powers)


def moments(
    ticks: Integers, window: int, scale: int, powers: Doubles, average: Doubles, distances: Doubles, variances: Doubles
) -> None:
    """Mean of the window, distance of the newest price from it, population variance; quote currency and its square.

    The variance is that of ``window * sum(x*x) - S*S`` around a whole number near the mean. Only a window whose prices
    lie 2**49 ticks apart is rounded before it is shorn.
    """
    n = len(ticks)
    width = window
    total = 0
    squares = 0
    for t in range(n):
        value = ticks[t]
        total += value
        squares += value * value
        if t >= window:
            old = ticks[t - window]
            total -= old
            squares -= old * old
        if t >= window - 1:
            middle = total // width
            rest = total - middle * width
            scatter = squares - middle * (total + total - middle * width)
            average[t] = price_of(total, window, scale, powers)
            distances[t] = price_of(width * value - total, window, scale, powers)
            if nearest(scatter) < 1e33:  # 2**109: the next product fits 128 bits
                variances[t] = square_of(width * scatter - rest * rest, scale, powers) / window / window
            else:
                variances[t] = nearest(scatter) / powers[scale] / powers[scale] / window


def spreads(
    sums: Integers,
    squares: Integers,
    window: int,
    ones: int,
    unit: float,
    square: float,
    average: Doubles,
    variances: Doubles,
) -> int:
    """Mean and population variance of each window; the largest ``window * sum(x*x) - sum(x)**2`` that was met.

    `sums` and `squares` are running sums of 64 bits, one longer than the values, that may have wrapped: a difference is
    right while it fits 63 bits, which the caller sees to. Written from entry ``window - 1`` on.

    Parameters
    ----------
    ones : int
        2**64 - 1: uncompiled, products are cut to 64 bits.
    unit, square : float
        ``window * 10**scale`` and ``10**(2 * scale)``.
    """
    largest = 0
    width = window
    apart = float(window)
    for t in range(window - 1, len(average)):
        total = sums[t + 1] - sums[t + 1 - window]
        found = (width * (squares[t + 1] - squares[t + 1 - window]) - total * total) & ones
        average[t] = float(total) / unit
        variances[t] = float(found) / square / apart / apart
        largest = found if found > largest else largest
    return largest


def distances_from(sums: Integers, window: int, unit: float, distances: Doubles) -> None:
    """Distance of each value from the mean of its window; `unit` is ``window * 10**scale``."""
    width = window
    for t in range(window - 1, len(distances)):
        far = width * (sums[t + 1] - sums[t]) - (sums[t + 1] - sums[t + 1 - window])
        distances[t] = float(far) / unit


def weighted(ticks: Integers, window: int, scale: int, powers: Doubles, average: Doubles) -> None:
    """Mean of the window with weights 1 (oldest) to `window` (newest), quote currency."""
    n = len(ticks)
    width = window
    plain = 0
    total = 0
    weights = window * (window + 1) / 2.0
    for t in range(n):
        value = ticks[t]
        if t >= window:
            old = ticks[t - window]
            total += width * value - plain
            plain += value - old
        else:
            total += (t + 1) * value
            plain += value
        if t >= window - 1:
            average[t] = price_of(total, weights, scale, powers)


def price_of(total: int, divisor: float, scale: int, powers: Doubles) -> float:
    """``total / (divisor * 10**scale)``, from the shortest pair of total and power that says the same.

    Rounded once, by the division, while both are below 2**53: means that are equal on paper, of whatever windows, are
    equal floats.
    """
    places = scale
    short = total  # 64 bits where compiled
    if short == total:
        while places > 0 and short & 1 == 0 and short % 5 == 0 and short != 0:
            short = short // 10
            places -= 1
        return float(short) / (divisor * powers[places])
    left = total
    while places > 0 and left & 1 == 0 and left % 5 == 0:
        left = left // 10
        places -= 1
    return nearest(left) / (divisor * powers[places])


def square_of(total: int, scale: int, powers: Doubles) -> float:
    """``total / 10**(2 * scale)``, likewise."""
    places = scale
    short = total
    if short == total:
        while places > 0 and short & 3 == 0 and short % 25 == 0 and short != 0:
            short = short // 100
            places -= 1
        return float(short) / powers[2 * places]
    left = total
    while places > 0 and left & 3 == 0 and left % 25 == 0:
        left = left // 100
        places -= 1
    return nearest(left) / powers[2 * places]
