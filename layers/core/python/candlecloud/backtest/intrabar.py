"""Intrabar data: where a bar holds both stop and take-profit, the finer bars inside it say which one came first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.errors import InvalidRangeError
from candlecloud.features.bars import Bars


@dataclass(frozen=True)
class IntrabarData:
    """Highs and lows of the finer bars, in time order.

    Attributes
    ----------
    start : IntArray, one longer than the bars
        Bar t holds the finer bars ``start[t]`` to ``start[t + 1] - 1``; a bar may hold none.
    high, low : FloatArray
        Quote currency.
    """

    start: IntArray
    high: FloatArray
    low: FloatArray

    def of_last(self, n_bars: int) -> IntrabarData:
        """Those in the last bars, without copying prices."""
        start = self.start[len(self.start) - 1 - n_bars :]
        return IntrabarData(start - start[0], self.high[start[0] :], self.low[start[0] :])


def intrabar_data(bars: Bars, finer: Bars) -> IntrabarData:
    """Sort finer bars into the bars that they lie in.

    Those outside every bar (before, after, or where a bar is absent) are left out; a bar whose finer bars are absent
    says nothing.

    Raises
    ------
    InvalidRangeError
        If a finer bar reaches over the edge of a bar.
    """
    begins = np.searchsorted(finer.open_time, bars.open_time)
    ends = np.searchsorted(finer.open_time, bars.close_time)
    last = np.maximum(ends - 1, 0)
    if len(finer) and np.any((ends > begins) & (finer.close_time[last] > bars.close_time)):
        raise InvalidRangeError(
            "A finer bar reaches over the end of a bar.", hint="Use a timeframe that divides that of the bars."
        )
    counts = ends - begins
    start = np.zeros(len(bars) + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    inside = np.repeat(begins - start[:-1], counts) + np.arange(start[-1])
    return IntrabarData(start, np.ascontiguousarray(finer.high[inside]), np.ascontiguousarray(finer.low[inside]))
