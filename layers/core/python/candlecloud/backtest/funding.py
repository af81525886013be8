"""Funding settlements, bar by bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.market.ranges import TimeRange

_EIGHT_HOURS_MS = 8 * 3_600_000


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


def settlements(
    span: TimeRange, rates: Sequence[tuple[int, float]] | None, rate_per_8h: float | None
) -> tuple[Sequence[int], Sequence[float]]:
    """Times (ms UTC) and rates that fall into ``(start, end]``.

    Parameters
    ----------
    rates : sequence of (time, rate) or None
        Settled rates by time, ascending; without them `rate_per_8h` is due at 00:00, 08:00 and 16:00 UTC.
    """
    if rates is None:
        times = range((span.start // _EIGHT_HOURS_MS + 1) * _EIGHT_HOURS_MS, span.end + 1, _EIGHT_HOURS_MS)
        return times, [rate_per_8h or 0.0] * len(times)
    kept = [(time, rate) for time, rate in rates if span.start < time <= span.end]
    return [time for time, _ in kept], [rate for _, rate in kept]
