"""Higher timeframes: bars made of lower ones on the UTC grid, and their values from when they are available."""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.errors import InvalidTimeframeError
from candlecloud.features.bars import Bars, prefix_sums


def resample_bars(bars: Bars, timeframe_ms: int) -> Bars:
    """Bars of a higher timeframe.

    Open is the first open, close the last close, high and low the extremes, volume the sum (unknown if one is). A
    higher bar closes at the end of its interval. One whose end lies after the last bar's close is not closed yet and
    left out; so is the first one if the bars begin inside it. Candles that are absent inside an interval are not
    invented: a higher bar is made of those that exist, if there is one.

    Parameters
    ----------
    timeframe_ms : int
        A multiple of the bars' own.

    Raises
    ------
    InvalidTimeframeError
        If it is no such multiple.
    """
    if len(bars) == 0 or timeframe_ms == bars.timeframe_ms:
        return bars
    if timeframe_ms < bars.timeframe_ms or timeframe_ms % bars.timeframe_ms:
        raise InvalidTimeframeError(
            f"Bars of {bars.timeframe_ms // 1000} s can't make bars of {timeframe_ms // 1000} s.",
            hint="Use a feature timeframe that is a multiple of the run's, or leave it out.",
        )
    interval = bars.open_time // timeframe_ms
    first = np.flatnonzero(np.diff(interval, prepend=interval[0] - 1))
    last = np.append(first[1:], len(bars)) - 1
    open_time = interval[first] * timeframe_ms
    closed = open_time + timeframe_ms <= bars.close_time[-1]
    closed[0] &= open_time[0] == bars.open_time[0]
    return Bars(
        open_time=open_time[closed],
        close_time=open_time[closed] + timeframe_ms,
        open=bars.open[first][closed],
        high=np.maximum.reduceat(bars.high, first)[closed],
        low=np.minimum.reduceat(bars.low, first)[closed],
        close=bars.close[last][closed],
        volume=np.add.reduceat(bars.volume, first)[closed],
        scale=bars.scale,
        close_tick_sums=prefix_sums(bars.close_ticks[last][closed]),
    )


def align(values: FloatArray, available_at: IntArray, close_time: IntArray, shift: int = 0) -> FloatArray:
    """The newest value that is available at each bar's close, or the one `shift` values before it.

    Parameters
    ----------
    values : FloatArray, length m
    available_at : IntArray, length m
        When each may be known, ms UTC, increasing: the close time of its higher bar.
    close_time : IntArray, length n
        Closes of the bars that ask.
    shift : int
        At least 0.

    Returns
    -------
    FloatArray, length n
        NaN before the first.
    """
    known = np.searchsorted(available_at, close_time, side="right") - shift
    return np.concatenate([[np.nan], values])[np.maximum(known, 0)]
