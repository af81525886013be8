"""Months, years and rolling windows."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.metrics.periods import monthly_returns, rolling_sharpe, window_sums, yearly_returns


def ms(*moments: str) -> IntArray:
    return np.array([int(datetime.fromisoformat(m).replace(tzinfo=UTC).timestamp() * 1000) for m in moments], np.int64)


def test_midnight_on_the_first_ends_the_month_before() -> None:
    closes = ms("2023-12-31T23:00", "2024-01-01T00:00", "2024-01-01T01:00", "2024-03-01T00:00")
    equity = np.array([110.0, 121.0, 60.5, 121.0])
    assert monthly_returns(closes, equity, 100.0) == [
        (2023, 12, pytest.approx(0.21)),
        (2024, 1, pytest.approx(-0.5)),
        (2024, 2, pytest.approx(1.0)),
    ]
    assert yearly_returns(closes, equity, 100.0) == [(2023, pytest.approx(0.21)), (2024, pytest.approx(0.0))]


def test_a_month_without_bars_has_no_return_and_ruin_none_either() -> None:
    closes = ms("2024-01-10", "2024-04-10", "2024-05-10")
    assert monthly_returns(closes, np.array([50.0, -1.0, -1.0]), 100.0) == [
        (2024, 1, -0.5),
        (2024, 4, pytest.approx(-1.02)),
        (2024, 5, None),
    ]
    assert monthly_returns(np.empty(0, np.int64), np.empty(0), 100.0) == []


def test_before_1970_is_a_month_too() -> None:
    assert monthly_returns(ms("1969-12-15"), np.array([1.0]), 1.0) == [(1969, 12, 0.0)]


@settings(max_examples=60)
@given(
    arrays(np.float64, st.integers(1, 300), elements=st.floats(-0.2, 0.2).map(lambda r: round(r, 5))),
    st.integers(2, 40),
)
def test_rolling_sharpe_is_that_of_each_window(returns: FloatArray, window: int) -> None:
    got = rolling_sharpe(returns, window, 8_760.0)
    assert len(got) == len(returns)
    assert np.isnan(got[: window - 1]).all()
    for end in range(window, len(returns) + 1):
        inside = returns[end - window : end]
        deviation = inside.std(ddof=1)
        if deviation > 1e-3 * np.abs(inside).max():
            expected = inside.mean() / deviation * 8_760**0.5
            assert got[end - 1] == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_a_window_without_movement_has_no_ratio() -> None:
    returns = np.concatenate((np.full(10, 0.3), np.zeros(10), [0.1, -0.1]))
    got = rolling_sharpe(returns, 5, 8_760.0)
    assert np.isnan(got[14:20]).all()
    assert np.isfinite(got[20:]).all()
    assert np.isnan(rolling_sharpe(returns, 1, 8_760.0)).all()


@settings(max_examples=60)
@given(arrays(np.int64, st.integers(1, 120), elements=st.integers(-(10**6), 10**6)), st.integers(1, 120))
def test_window_sums_are_pandas_rolling_sums(values: IntArray, window: int) -> None:
    if window <= len(values):
        theirs = pd.Series(values).rolling(window).sum().to_numpy()[window - 1 :]
        assert window_sums(values.astype(float), window).tolist() == theirs.tolist()
