"""Figures per regime: samples, refusals, causality."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.errors import InvalidInputError
from candlecloud.metrics.regimes import (
    MIN_BARS,
    MIN_TRADES,
    describe_regimes,
    labels_in_force,
)

HOUR_MS = 3_600_000
NAMES = {0: "falling", 1: "rising"}
NO_BARS, NO_PROFITS = np.empty(0, np.int64), np.empty(0)


def test_a_bar_belongs_to_the_label_known_before_it() -> None:
    labels = np.array([0.0, 1.0, 2.0, 3.0])
    assert labels_in_force(labels, 2).tolist() == [1.0, 2.0]
    first = labels_in_force(labels, 0)
    assert np.isnan(first[0])
    assert first[1:].tolist() == [0.0, 1.0, 2.0]


def test_figures_by_hand() -> None:
    returns = np.tile([0.02, -0.01], 150)
    labels = np.repeat([0.0, 1.0, np.nan], 100)
    entries = np.arange(0, 300, 10)
    profits = np.where(np.arange(30) % 2 == 0, 3.0, -1.0)
    falling, rising, unknown = describe_regimes(returns, labels, NAMES, entries, profits, 8 * HOUR_MS)
    assert (falling.label, falling.bars, falling.trades, falling.refused) == ("falling", 100, 10, None)
    assert falling.share == pytest.approx(1 / 3)
    assert falling.metrics is not None
    assert falling.metrics.total_return == pytest.approx((1.02 * 0.99) ** 50 - 1)
    assert falling.metrics.max_drawdown == pytest.approx(0.01)
    deviation = 0.015 * (100 / 99) ** 0.5
    assert falling.metrics.volatility == pytest.approx(deviation * 1_095**0.5)
    assert falling.metrics.sharpe == pytest.approx(0.005 / deviation * 1_095**0.5)
    assert (falling.metrics.win_rate, falling.metrics.profit_factor) == (0.5, 3.0)
    assert rising.metrics == falling.metrics
    short = describe_regimes(returns, labels, NAMES, entries, profits, 7 * HOUR_MS)[0].metrics  # 29.2 days of bars
    assert short is not None
    assert short.sharpe is None
    assert short.volatility is not None
    assert (unknown.label, unknown.bars, unknown.trades, unknown.metrics) == ("unknown", 100, 10, None)


def test_drawdown_is_inside_the_joined_bars_only() -> None:
    """A loss between two stretches of a regime is not the regime's."""
    returns = np.concatenate((np.full(60, 0.01), np.full(5, -0.1), np.full(60, 0.01)))
    labels = np.concatenate((np.ones(60), np.zeros(5), np.ones(60)))
    falling, rising = describe_regimes(returns, labels, NAMES, NO_BARS, NO_PROFITS, HOUR_MS)
    assert rising.metrics is not None
    assert rising.metrics.max_drawdown == 0.0
    assert falling.refused == "5 bars are too few: figures need at least 100."
    assert falling.metrics is None


def test_too_few_trades_have_no_rate() -> None:
    returns, labels = np.tile([0.01, -0.01], 100), np.zeros(200)
    few = np.arange(MIN_TRADES - 1)
    row = describe_regimes(returns, labels, {0: "falling"}, few, np.ones(len(few)), HOUR_MS)[0]
    assert row.metrics is not None
    assert (row.trades, row.metrics.win_rate, row.metrics.profit_factor) == (9, None, None)
    enough = np.arange(MIN_TRADES)
    row = describe_regimes(returns, labels, {0: "falling"}, enough, np.ones(len(enough)), HOUR_MS)[0]
    assert row.metrics is not None
    assert (row.metrics.win_rate, row.metrics.profit_factor) == (1.0, None)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 500), st.integers(0, 40))
def test_regimes_partition_bars_and_trades(seed: int, n: int, n_trades: int) -> None:
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.0, 0.01, n)
    labels = rng.choice([0.0, 1.0, np.nan], n, p=[0.5, 0.4, 0.1])
    entries = np.sort(rng.integers(0, n, n_trades))
    rows = describe_regimes(returns, labels, NAMES, entries, rng.normal(size=n_trades), HOUR_MS)
    assert sum(row.bars for row in rows) == n
    assert sum(row.trades for row in rows) == n_trades
    assert sum(row.share for row in rows) == pytest.approx(1.0)
    growth = 1.0
    for row in rows:
        assert (row.metrics is None) != (row.refused is None)
        assert (row.metrics is not None) == (row.label != "unknown" and row.bars >= MIN_BARS)
        if row.metrics:
            assert 0.0 <= row.metrics.max_drawdown <= 1.0
            growth *= 1.0 + row.metrics.total_return
    if all(row.metrics for row in rows):
        assert growth == pytest.approx(np.prod(1.0 + returns), rel=1e-12)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="3 returns with 2 labels"):
        describe_regimes(np.zeros(3), np.zeros(2), NAMES, NO_BARS, NO_PROFITS, HOUR_MS)
    with pytest.raises(InvalidInputError, match="No name for the regime label 7"):
        describe_regimes(np.zeros(1), np.array([7.0]), NAMES, NO_BARS, NO_PROFITS, HOUR_MS)
