"""Kelly's bet on a strategy's own past returns, for small bets: mean over variance (Thorp 2006, section 7).

Returns are rounded to multiples of 2**-30 (about 1e-9) and summed as whole numbers, so that a window of the same
returns gives the same bits wherever the bars begin.
"""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.features.bars import prefix_sums

_UNIT = 2.0**30
_LARGEST = 2.0**31 - 1.0  # a return of 200 %: its square fits 64 bits
_LOW_BITS = 2**32 - 1


def kelly_of_returns(close: FloatArray, target: FloatArray, window: int, minimum: int) -> FloatArray:
    """Mean over sample variance of the last `window` returns that a unit position earned, up to each bar.

    Parameters
    ----------
    close : FloatArray, length n
    target : FloatArray, length n
        Position after each close, in [-1, 1].
    window, minimum : int
        ``2 <= minimum <= window``; before `minimum` returns the bet is 0.

    Returns
    -------
    FloatArray, length n
        Fractions of equity, at least 0, finite: 0 where the mean is not above 0; where it is and nothing varies, the
        largest float.
    """
    earned = target[:-1] * (close[1:] / close[:-1] - 1.0)
    holds = target[:-1] != 0.0
    units = np.rint((earned[holds] * _UNIT).clip(-_LARGEST, _LARGEST)).astype(np.int64)
    known = prefix_sums(holds.astype(np.int64))[: len(close)]  # returns known at bar t: of bars held before it
    first = np.maximum(known - window, 0)
    count = (known - first).astype(np.float64)
    sums, squares = _between(units, first, known).astype(np.float64), _squares_between(units, first, known)
    spread = count * squares - sums * sums  # count * (count - 1) * variance
    with np.errstate(divide="ignore", invalid="ignore"):
        bet = np.where(spread > 0.0, sums * (count - 1.0) * _UNIT / spread, np.finfo(np.float64).max)
    return np.where((known >= minimum) & (sums > 0.0), bet, 0.0)


def _between(values: IntArray, first: IntArray, last: IntArray) -> IntArray:
    """Sums of the values from `first` up to, not including, `last`."""
    sums = prefix_sums(values)
    return np.asarray(sums[last] - sums[first], np.int64)


def _squares_between(values: IntArray, first: IntArray, last: IntArray) -> FloatArray:
    squares = values * values
    low, high = _between(squares & _LOW_BITS, first, last), _between(squares >> 32, first, last)
    return high.astype(np.float64) * 2.0**32 + low.astype(np.float64)
