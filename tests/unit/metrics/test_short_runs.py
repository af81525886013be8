"""Runs of a few bars: nothing that is put per year, and nothing that is no number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.backtest.bar_engine import simulate
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.features.bars import Bars, prefix_sums, to_ticks
from candlecloud.metrics.annual import MIN_RETURNS, MIN_SPAN_MS
from candlecloud.metrics.distribution import describe_distribution
from candlecloud.metrics.relative import compare_with_benchmark

DAY_MS = 86_400_000
RATES = ("cagr", "sharpe", "sortino", "calmar", "turnover", "alpha", "information_ratio")
DEVIATIONS = ("volatility", "tracking_error")


def market(rng: np.random.Generator, n: int, bar_ms: int, move: float) -> Bars:
    """A random walk in cents, at times with steps of half the price, and candles absent."""
    close = np.round(np.clip(100.0 * np.exp(np.cumsum(rng.normal(0.0, move, n))), 0.01, 1e9), 2)
    open_ = np.concatenate(([100.0], close[:-1]))
    opened = np.cumsum(rng.choice([1, 1, 1, 9], n)) * bar_ms
    high, low = np.maximum(open_, close), np.minimum(open_, close)
    return Bars(opened, opened + bar_ms, open_, high, low, close, np.ones(n), 2, prefix_sums(to_ticks(close, 2)))


def figures_of(bars: Bars, target: Any) -> dict[str, Any]:
    run, held = (
        simulate(Backtest(bars, 10_000.0, direction="both"), wanted, Execution(taker_fee_bps=10.0))
        for wanted in (target, np.ones(len(bars)))
    )
    relative = compare_with_benchmark(run.equity, held.equity, 10_000.0, run.span_ms / len(run.equity))
    distribution = describe_distribution(run.equity, 10_000.0)
    return {**run.summary().to_dict(), **distribution.to_dict(), **relative.to_dict()}


@settings(max_examples=150)
@given(
    st.integers(0, 2**32),
    st.integers(1, 80),
    st.sampled_from([60_000, 3_600_000, DAY_MS]),
    st.sampled_from([0.0, 1e-6, 0.01, 0.5]),
)
def test_no_rate_per_year_from_a_few_bars(seed: int, n: int, bar_ms: int, move: float) -> None:
    rng = np.random.default_rng(seed)
    bars = market(rng, n, bar_ms, move)
    found = figures_of(bars, rng.choice([-1.0, 0.0, 0.5, 1.0], n))
    span = int(bars.close_time[-1] - bars.open_time[0])
    if span < MIN_SPAN_MS:
        assert {found[name] for name in RATES} == {None}
    if n < MIN_RETURNS:
        assert {found[name] for name in (*DEVIATIONS, "sharpe", "sortino", "alpha", "information_ratio")} == {None}
    assert all(value is None or math.isfinite(value) for value in found.values())
    largest = 1e9  # moves of half the price, day after day, for at most two years
    assert all(abs(found[name] or 0.0) < largest for name in DEVIATIONS)


def test_two_hours_of_a_rising_market_have_no_yearly_return() -> None:
    """The return was 6.9e16 a year, the Sharpe ratio 66."""
    opened = np.arange(2) * 3_600_000
    price = np.array([100.0, 101.0, 102.0])
    bars = Bars(
        opened, opened + 3_600_000, price[:2], price[1:], price[:2], price[1:], np.ones(2), 0, np.zeros(3, np.int64)
    )
    found = figures_of(bars, np.ones(2))
    assert found["total_return"] > 0.0
    assert {found[name] for name in (*RATES, *DEVIATIONS)} == {None}
