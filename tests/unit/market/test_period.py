"""Periods tile time, and their names are read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candlecloud.errors import InvalidRangeError
from candlecloud.market.period import Period, period_of, period_range, periods_between
from candlecloud.market.ranges import TimeRange


@given(st.sampled_from(["month", "year"]), st.integers(0, 2_000_000_000_000))
def test_periods_tile_time(unit: Period, time_ms: int) -> None:
    period = period_of(unit, time_ms)
    span = period_range(unit, period)
    assert span.contains(time_ms)
    assert period_of(unit, span.end) != period
    assert periods_between(unit, TimeRange(time_ms, span.end + 1)) == [period, period_of(unit, span.end)]


@pytest.mark.parametrize(
    ("unit", "period"), [("month", "2024"), ("month", "2024-13"), ("month", "x"), ("year", "2024-01")]
)
def test_what_is_no_period_is_refused(unit: Period, period: str) -> None:
    with pytest.raises(InvalidRangeError):
        period_range(unit, period)
