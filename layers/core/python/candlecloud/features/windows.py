"""Moving windows over arrays: extremes, means and moments that do not depend on where the array begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.features.bars import Bars
from candlecloud.features.kernels import price_moments, rolling
from candlecloud.features.kernels.views import doubles, integers

_EXACT = 2**53
_FITS_64_BITS = 2**32
"""Windows of numbers that lie less than this over the window apart: ``w sum(x x) - sum(x)**2`` is below 2**62."""
_MOST_DECIMALS = 11
"""Powers of ten are floats exactly up to 10**22."""
POWERS_OF_TEN = doubles(np.array([float(10**k) for k in range(25)]))


class Moments(NamedTuple):
    """Of the last w values x up to each entry; NaN for the first ``w - 1``.

    Attributes
    ----------
    sums : FloatArray
        S, the sum.
    distances : FloatArray
        ``w x[t] - S``: w times the distance of the newest value to the mean.
    spreads : FloatArray
        ``w sum(x x) - S S``: w squared times the population variance, never negative, 0 exactly if all are equal.
    """

    sums: FloatArray
    distances: FloatArray
    spreads: FloatArray


def moments(values: IntArray, window: int) -> Moments:
    """Moments of whole numbers below 2**56 in size, windows up to 10,000; from exact sums, rounded at the end."""
    found = Moments(*(np.full(len(values), np.nan) for _ in range(3)))
    rolling.moments(integers(values), window, *(doubles(array) for array in found))
    return found


class PriceMoments(NamedTuple):
    """Of the last w closes up to each bar, in quote currency; NaN for the first ``w - 1``.

    Attributes
    ----------
    means : FloatArray
    distances : FloatArray
        Of the newest close from the mean.
    deviations : FloatArray
        Population standard deviation; 0 exactly if all are equal.
    """

    means: FloatArray
    distances: FloatArray
    deviations: FloatArray


def close_moments(bars: Bars, window: int) -> PriceMoments:
    """Moments of the closes: the same bits however many decimals the ticks are counted in."""
    means, deviations = close_deviations(bars, window)
    width, ticks = np.int64(window), bars.close_ticks
    if len(ticks) and bars.close_range * window < _EXACT:
        distances = np.full(len(ticks), np.nan)
        far = ticks[window - 1 :] * width - _sums(bars.close_tick_sums, window)
        distances[window - 1 :] = far / (window * 10.0**bars.scale)
        return PriceMoments(means, distances, deviations)
    return _slow_moments(bars, window)


def close_deviations(bars: Bars, window: int) -> tuple[FloatArray, FloatArray]:
    """Means and population standard deviations of the closes: `close_moments` without the distances.

    A quotient of two whole numbers that are floats exactly is rounded once, so it is that of the shortened numbers that
    the kernel divides. It is asked only for the stretches in which a number is larger.
    """
    n, scale = len(bars), bars.scale
    if n < window or bars.close_range * window >= _FITS_64_BITS or scale > _MOST_DECIMALS:
        found = _slow_moments(bars, window)
        return found.means, found.deviations
    means, variances = np.empty(n), np.empty(n)
    means[: window - 1] = variances[: window - 1] = np.nan
    running = integers(bars.close_tick_sums), integers(bars.close_square_sums)
    largest = price_moments.scatter(*running, window, 2**64 - 1, doubles(means), doubles(variances))
    large = np.flatnonzero(variances >= _EXACT) if largest >= _EXACT else np.zeros(0, np.int64)
    means /= window * 10.0**scale
    variances /= 10.0 ** (2 * scale)
    variances /= window
    variances /= window
    deviations = np.sqrt(variances, out=variances)
    for stretch in np.split(large, np.flatnonzero(np.diff(large) > window) + 1) if len(large) else ():
        begin, end = int(stretch[0]), int(stretch[-1]) + 1
        before = begin - window + 1
        slow = _slow_moments(bars.from_bar(before).until_bar(end - before), window)
        deviations[begin:end] = slow.deviations[window - 1 :]
    if int(bars.close_ticks.max()) * window >= _EXACT:
        means = close_means(bars, window)
    return means, deviations


def _slow_moments(bars: Bars, window: int) -> PriceMoments:
    average, distances, variances = (np.full(len(bars), np.nan) for _ in range(3))
    outputs = (doubles(array) for array in (average, distances, variances))
    price_moments.moments(integers(bars.close_ticks), window, bars.scale, POWERS_OF_TEN, *outputs)
    return PriceMoments(average, distances, np.sqrt(variances))


def _sums(sums: IntArray, window: int) -> IntArray:
    return sums[window:] - sums[:-window]


def close_means(bars: Bars, window: int) -> FloatArray:
    """Means of the closes alone."""
    average = np.full(len(bars), np.nan)
    price_moments.means(integers(bars.close_ticks), window, bars.scale, POWERS_OF_TEN, doubles(average))
    return average


def weighted_means(bars: Bars, window: int) -> FloatArray:
    """Means of the closes with weights 1 (oldest) to w (newest)."""
    average = np.full(len(bars), np.nan)
    price_moments.weighted(integers(bars.close_ticks), window, bars.scale, POWERS_OF_TEN, doubles(average))
    return average


def highest(values: FloatArray, window: int) -> FloatArray:
    """Maximum of the last `window` values; NaN for the first ``window - 1`` entries."""
    return highest_of(values, [window])[0]


def lowest(values: FloatArray, window: int) -> FloatArray:
    """Minimum of the last `window` values; NaN for the first ``window - 1`` entries."""
    return lowest_of(values, [window])[0]


def highest_of(values: FloatArray, windows: Sequence[int]) -> list[FloatArray]:
    """`highest` of many windows."""
    return _extremes(np.maximum, values, windows)


def lowest_of(values: FloatArray, windows: Sequence[int]) -> list[FloatArray]:
    """`lowest` of many windows."""
    return _extremes(np.minimum, values, windows)


def mean_of_last(values: FloatArray, window: int) -> FloatArray:
    """Mean of the last `window` values, added up from oldest to newest; NaN where one of them is."""
    total = np.full(len(values), np.nan)
    if window <= len(values):
        full = len(values) - window + 1
        total[window - 1 :] = sum((values[k : k + full] for k in range(1, window)), start=values[:full])
    return total / window


def _extremes(choose: np.ufunc, values: FloatArray, windows: Sequence[int]) -> list[FloatArray]:
    """Extremes of 2, 4, 8, ... values, then of two overlapping runs each: an extreme may count a value twice."""
    runs = [values]  # of 1, 2, 4, ... values
    found = []
    for window in windows:
        extreme = np.empty(len(values))
        extreme[: window - 1] = np.nan
        level = window.bit_length() - 1
        while window <= len(values) and len(runs) <= level:
            length = 1 << (len(runs) - 1)
            runs.append(choose(runs[-1][:-length], runs[-1][length:]))
        if window <= len(values):
            shift, run = window - (1 << level), runs[level]
            choose(run[: len(run) - shift], run[shift:], out=extreme[window - 1 :])
        found.append(extreme)
    return found
