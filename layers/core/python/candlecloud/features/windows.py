"""Moving windows over arrays: extremes, means and moments that do not depend on where the array begins."""

from __future__ import annotations

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
    if len(bars) and bars.close_range * window < _EXACT:
        distances = np.full(len(bars), np.nan)
        sums = integers(bars.close_tick_sums)
        price_moments.distances_from(sums, window, window * 10.0**bars.scale, doubles(distances))
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
    units = window * 10.0**scale, 10.0 ** (2 * scale)
    largest = price_moments.spreads(*running, window, 2**64 - 1, *units, doubles(means), doubles(variances))
    deviations = np.sqrt(variances, out=variances)
    if largest >= _EXACT:
        _correct_large(bars, window, deviations)
    if bars.highest_ticks * window >= _EXACT:
        means = close_means(bars, window)
    return means, deviations


def _correct_large(bars: Bars, window: int, deviations: FloatArray) -> None:
    """Deviations anew where the number that was divided is no float exactly."""
    totals, squares = _sums(bars.close_tick_sums, window), _sums(bars.close_square_sums, window)
    large = np.flatnonzero(window * squares - totals * totals >= _EXACT) + window - 1
    for stretch in np.split(large, np.flatnonzero(np.diff(large) > window) + 1):
        begin, end = int(stretch[0]), int(stretch[-1]) + 1
        before = begin - window + 1
        slow = _slow_moments(bars.from_bar(before).until_bar(end - before), window)
        deviations[begin:end] = slow.deviations[window - 1 :]


def _slow_moments(bars: Bars, window: int) -> PriceMoments:
    average, distances, variances = (np.full(len(bars), np.nan) for _ in range(3))
    outputs = (doubles(array) for array in (average, distances, variances))
    price_moments.moments(integers(bars.close_ticks), window, bars.scale, POWERS_OF_TEN, *outputs)
    return PriceMoments(average, distances, np.sqrt(variances))


def _sums(sums: IntArray, window: int) -> IntArray:
    return sums[window:] - sums[:-window]


def close_means(bars: Bars, window: int) -> FloatArray:
    """Means of the closes alone: by running sums where these and the divisor are floats exactly."""
    if window <= len(bars) and bars.scale <= _MOST_DECIMALS and bars.highest_ticks * window < _EXACT:
        average = np.empty(len(bars))
        average[: window - 1] = np.nan
        np.divide(_sums(bars.close_tick_sums, window), window * 10.0**bars.scale, out=average[window - 1 :])
        return average
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
    return Extremes(np.maximum, values).of(window)


def lowest(values: FloatArray, window: int) -> FloatArray:
    """Minimum of the last `window` values; NaN for the first ``window - 1`` entries."""
    return Extremes(np.minimum, values).of(window)


def mean_of_last(values: FloatArray, window: int) -> FloatArray:
    """Mean of the last `window` values, added up from oldest to newest; NaN where one of them is."""
    total = np.full(len(values), np.nan)
    if window <= len(values):
        full = len(values) - window + 1
        total[window - 1 :] = sum((values[k : k + full] for k in range(1, window)), start=values[:full])
    return total / window


class Extremes:
    """Extremes of 2, 4, 8, ... values, kept; of a window then by two overlapping ones: a value may count twice.

    Parameters
    ----------
    choose : ufunc
        ``np.maximum`` or ``np.minimum``.
    """

    def __init__(self, choose: np.ufunc, values: FloatArray) -> None:
        self._choose = choose
        self._runs = [values]  # of 1, 2, 4, ... values

    def of(self, window: int) -> FloatArray:
        """Extreme of the last `window` values; NaN for the first ``window - 1`` entries."""
        runs, n = self._runs, len(self._runs[0])
        extreme = np.empty(n)
        extreme[: window - 1] = np.nan
        if window > n:
            return extreme
        level = window.bit_length() - 1
        while len(runs) <= level:
            length = 1 << (len(runs) - 1)
            runs.append(self._choose(runs[-1][:-length], runs[-1][length:]))
        shift, run = window - (1 << level), runs[level]
        self._choose(run[: len(run) - shift], run[shift:], out=extreme[window - 1 :])
        return extreme
