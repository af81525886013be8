"""Interval sets against plain sets of integers, and gaps on the grid."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from candlecloud.errors import InvalidRangeError
from candlecloud.market.gaps import covered_time, missing_ranges
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.timeframe import Timeframe

ranges = st.builds(lambda a, n: TimeRange(a, a + n), st.integers(0, 60), st.integers(0, 12))
sets = st.lists(ranges, max_size=8).map(IntervalSet)


def points(intervals: IntervalSet) -> set[int]:
    return {moment for item in intervals for moment in range(item.start, item.end)}


@given(sets, sets)
def test_algebra_equals_that_of_plain_sets(one: IntervalSet, other: IntervalSet) -> None:
    assert points(one.union(other)) == points(one) | points(other)
    assert points(one.difference(other)) == points(one) - points(other)
    assert points(one.intersection(other)) == points(one) & points(other)
    assert one.total == len(points(one))


@given(sets)
def test_ranges_are_sorted_disjoint_and_do_not_touch(one: IntervalSet) -> None:
    items = list(one)
    assert all(a.end < b.start for a, b in itertools.pairwise(items))


@given(st.sets(st.integers(0, 50)))
def test_grid_cover(slots: set[int]) -> None:
    cover = IntervalSet.from_grid([slot * 10 for slot in slots], 10)
    assert points(cover) == {slot * 10 + i for slot in slots for i in range(10)}


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidRangeError):
        TimeRange(5, 4)


@given(st.sets(st.integers(0, 99)), st.integers(0, 6_000_000), st.integers(0, 3_000_000))
def test_present_and_missing_add_up(minutes: set[int], start: int, length: int) -> None:
    timeframe = Timeframe("1m")
    wanted = TimeRange(start, start + length)
    missing = missing_ranges([m * 60_000 for m in minutes], wanted, timeframe)
    first, last = timeframe.ceil(wanted.start), timeframe.floor(wanted.end)
    whole = max(0, last - first)
    present = sum(1 for m in minutes if first <= m * 60_000 < last)
    assert missing.total + present * 60_000 == whole


@given(st.lists(st.integers(-200, 200), max_size=40), st.integers(1, 30), st.integers(0, 40))
def test_covered_time_is_that_of_candle_after_candle(times: list[int], step: int, cut: int) -> None:
    """In any order, repeated, off the grid; as numbers and as columns in one piece and in two."""
    wanted = IntervalSet.from_grid(times, step)
    column = pa.array(times, pa.timestamp("ms", tz="UTC"))
    halves = pa.chunked_array([column[:cut], column[cut:]])
    assert covered_time(times, step) == covered_time(column, step) == covered_time(halves, step) == wanted
    assert covered_time(iter(times), step) == wanted


def test_gaps_need_no_numpy() -> None:
    """A submission counts candles where there is none."""
    code = (
        "import sys; sys.modules['numpy'] = None; from candlecloud.market.gaps import covered_time as c; "
        "assert [r.end for r in c([9, 3, 0, 1], 1)] == [2, 4, 10]"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
