"""What a series should hold and does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.timeframe import Timeframe

Times: TypeAlias = Iterable[int] | pa.Array | pa.ChunkedArray
"""ms UTC in any order: Python's whole numbers, or a column of a table of candles, which is hundreds of times faster."""


def missing_ranges(open_times: Times, wanted: TimeRange, timeframe: Timeframe) -> IntervalSet:
    """The part of `wanted` whose candles are not among `open_times`.

    `wanted` is first narrowed to whole candles: those that open at or after its start and close at or before its end.
    """
    start = timeframe.ceil(wanted.start)
    whole = TimeRange(start, max(start, timeframe.floor(wanted.end)))
    return IntervalSet([whole]).difference(covered_time(open_times, timeframe.ms))


def covered_time(open_times: Times, step: int) -> IntervalSet:
    """The time covered by candles of length `step` ms that open at `open_times`; from one hole to the next at once."""
    times = _whole_numbers(open_times)
    if not len(times):
        return IntervalSet()
    steps = _steps(times)
    if len(steps) and pc.min(steps).as_py() < 0:
        times = times.sort()
        steps = _steps(times)
    lasts = pc.indices_nonzero(pc.greater(steps, step)).to_pylist()
    starts = times.take([0, *(last + 1 for last in lasts)]).to_pylist()
    ends = times.take([*lasts, len(times) - 1]).to_pylist()
    return IntervalSet(TimeRange(start, end + step) for start, end in zip(starts, ends, strict=True))


def _whole_numbers(open_times: Times) -> pa.Array:
    """In one piece."""
    if not isinstance(open_times, pa.Array | pa.ChunkedArray):
        open_times = pa.array(open_times, pa.int64())
    times = open_times.cast(pa.int64())
    return times.combine_chunks() if isinstance(times, pa.ChunkedArray) else times


def _steps(times: pa.Array) -> pa.Array:
    """From each time to the next."""
    return pc.subtract(times.slice(1), times.slice(0, len(times) - 1))
