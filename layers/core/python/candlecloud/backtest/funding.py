"""Funding settlements, bar by bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from candlecloud.arrays import FloatArray, IntArray


def funding_by_bar(open_time: IntArray, times: Sequence[int], rates: Sequence[float]) -> FloatArray:
    """Sum of the rates that fall due in each bar.

    A settlement belongs to the last bar that opened before it, so that what is held when it falls due pays it: one at
    the very open of a bar is paid by the position of the bar before, and one inside a gap by the bar before the gap.

    Parameters
    ----------
    open_time : IntArray, length n
        ms UTC, ascending.
    times, rates : sequences
        Settlements, ms UTC, and the fraction of the position's value that longs pay at each.

    Returns
    -------
    FloatArray, length n
        Settlements at or before the first open are nobody's.
    """
    due = np.zeros(len(open_time))
    bars = np.searchsorted(open_time, np.asarray(times, np.int64)) - 1
    known = bars >= 0
    np.add.at(due, bars[known], np.asarray(rates, np.float64)[known])
    return due
