"""The summary against numbers worked out by hand and against slower, plainer formulas."""

from __future__ import annotations

import math
import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.arrays import FloatArray
from candlecloud.metrics.accumulators import COLUMNS, Accumulators
from candlecloud.metrics.annual import YEAR_MS, bars_per_year, growth_per_year
from candlecloud.metrics.curves import (
    accumulate_curve,
    bar_returns,
    drawdowns,
    longest_time_under_water,
    longest_under_water,
)
from candlecloud.metrics.figures import Metrics
from candlecloud.metrics.summary import Extent, summary_columns, summary_of

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def summary_of_curve(equity: list[float], initial: float = 100.0, **activity: Any) -> Metrics:
    accumulators = accumulate_curve(np.array(equity, float), initial, activity.pop("profits", ()))._replace(**activity)
    n = len(equity)
    return summary_of(accumulators, initial_equity=initial, n_bars=n, span_ms=n * DAY_MS)


def test_a_year_has_365_days() -> None:
    assert bars_per_year(HOUR_MS) == 8_760
    assert bars_per_year(60_000) == 525_600


def test_growth_per_year() -> None:
    assert growth_per_year(1.21, 2 * YEAR_MS) == pytest.approx(0.1, rel=1e-14)
    assert growth_per_year(1.1, YEAR_MS) == pytest.approx(0.1, rel=1e-14)
    assert growth_per_year(0.0, YEAR_MS) is None
    assert growth_per_year(-1.0, YEAR_MS) is None
    assert growth_per_year(2.0, 0) is None
    assert growth_per_year(1e9, 60_000) is None  # a rate above the largest float is no number


def test_returns_start_at_the_initial_equity_and_end_at_ruin() -> None:
    assert bar_returns(np.array([110.0, 99.0]), 100.0).tolist() == pytest.approx([0.1, -0.1])
    assert bar_returns(np.array([50.0, -5.0, -5.0, -5.0]), 100.0).tolist() == pytest.approx([-0.5, -1.1, 0.0, 0.0])


def test_drawdown_counts_from_the_initial_equity() -> None:
    equity = np.array([90.0, 100.0, 120.0, 60.0, 90.0, 121.0])
    assert drawdowns(equity, 100.0).tolist() == pytest.approx([0.1, 0, 0, 0.5, 0.25, 0])


@pytest.mark.parametrize(
    ("drawdown", "bars"), [([0, 0], 0), ([0.1, 0.2], 2), ([0, 0.1, 0.1, 0, 0.1], 2), ([0, 0.1, 0, 0.1, 0.1, 0.1], 3)]
)
def test_longest_time_under_water(drawdown: list[float], bars: int) -> None:
    assert longest_under_water(np.array(drawdown, float)) == bars
    opened = np.arange(len(drawdown)) * HOUR_MS
    assert longest_time_under_water(np.array(drawdown, float), opened, opened + HOUR_MS) == bars * HOUR_MS


@pytest.mark.parametrize(
    ("drawdown", "hours"),
    [
        ([0, 0.1, 0.1, 0.1], 10),  # to the last close, the gap before it included
        ([0, 0.1, 0.1, 0], 9),  # to the open of the bar that closed at a peak again
        ([0, 0, 0, 0.1], 8),  # from the close at the peak, the gap behind it included
        ([0, 0, 0, 0], 0),  # a gap between two peaks is no time below one
        ([0.1, 0, 0, 0], 1),  # from the first open
        ([0, 0.1, 0, 0.1], 8),  # not from a peak before the last one
    ],
)
def test_time_under_water_goes_by_the_clock(drawdown: list[float], hours: int) -> None:
    opened = np.array([0, 1, 2, 10]) * HOUR_MS  # seven hours are absent before the last bar
    assert longest_time_under_water(np.array(drawdown, float), opened, opened + HOUR_MS) == hours * HOUR_MS


def test_summary_by_hand() -> None:
    got = summary_of_curve(
        [110.0, 99.0, 108.9, *[110.0] * 27],
        profits=(30.0, -10.0, -10.0, 0.0),
        bars_in_position=3,
        max_under_water_ms=2 * DAY_MS + 999,
        notional=424.0,
        fees=2.0,
        slippage=1.0,
        funding=-0.5,
    )
    returns = [0.1, -0.1, 0.1, 110.0 / 108.9 - 1, *[0.0] * 26]
    root = math.sqrt(365)
    assert got.total_return == pytest.approx(0.1)
    assert got.volatility == pytest.approx(statistics.stdev(returns) * root)
    assert got.sharpe == pytest.approx(statistics.fmean(returns) / statistics.stdev(returns) * root)
    assert got.sortino == pytest.approx(statistics.fmean(returns) / math.sqrt(0.01 / 30) * root)
    assert got.max_drawdown == pytest.approx(0.1)
    assert (got.max_drawdown_bars, got.max_drawdown_seconds) == (2, 2 * 86_400)
    assert got.cagr == pytest.approx(1.1 ** (365 / 30) - 1, rel=1e-12)
    assert got.calmar == got.cagr / got.max_drawdown
    assert (got.n_trades, got.win_rate, got.profit_factor) == (4, 0.25, 1.5)
    assert got.exposure == 0.1
    assert got.turnover == pytest.approx(424.0 / ((99 + 108.9 + 28 * 110) / 30) * 365 / 30)
    assert (got.fees, got.slippage, got.funding, got.final_equity) == (2.0, 1.0, -0.5, 110.0)
    assert got.expectancy == 10.0 / 4
    assert got.cost_share == pytest.approx(2.5 / 12.5)


def test_cost_share_needs_a_profit_to_share() -> None:
    assert summary_of_curve([110.0]).cost_share == 0.0
    assert summary_of_curve([99.0], fees=3.0).cost_share == pytest.approx(1.5)  # costs ate all, and half as much again
    assert summary_of_curve([97.0], fees=3.0).cost_share is None
    assert summary_of_curve([90.0], fees=3.0).cost_share is None


def test_numbers_that_do_not_exist_are_none() -> None:
    flat = summary_of_curve([100.0] * 30)
    assert (flat.total_return, flat.max_drawdown, flat.max_drawdown_bars, flat.volatility) == (0.0, 0.0, 0, 0.0)
    assert (flat.sharpe, flat.sortino, flat.calmar, flat.win_rate, flat.profit_factor) == (None,) * 5
    one = summary_of_curve([101.0])
    assert (one.volatility, one.sharpe, one.sortino, one.cagr, one.turnover) == (None,) * 5
    assert (one.expectancy, one.cost_share) == (None, 0.0)


def test_a_spread_of_rounding_is_no_spread() -> None:
    steady = summary_of_curve([100.0 * 1.01**k for k in range(1, 200)])
    assert (steady.volatility, steady.sharpe) == (0.0, None)


@settings(max_examples=100)
@given(st.lists(st.floats(1.0, 1e6), min_size=30, max_size=200))
def test_equals_the_plain_formulas(equity: list[float]) -> None:
    got = summary_of_curve(equity)
    before = [100.0, *equity[:-1]]
    returns = [b / a - 1 for a, b in zip(before, equity, strict=True)]
    highest, depth, stretch, longest = 100.0, 0.0, 0, 0
    for value in equity:
        highest = max(highest, value)
        depth = max(depth, 1 - value / highest)
        stretch = 0 if value == highest else stretch + 1
        longest = max(longest, stretch)
    assert got.max_drawdown == depth
    assert got.max_drawdown_bars == longest
    mean = math.fsum(returns) / len(returns)
    variance = math.fsum((r - mean) ** 2 for r in returns) / (len(returns) - 1)
    rounding = 1e-6 * math.sqrt(math.fsum(r * r for r in returns) / len(returns))  # the root of a difference of sums
    assert got.volatility == pytest.approx(math.sqrt(variance) * math.sqrt(365), rel=1e-9, abs=rounding * 20)


CURVES = st.lists(st.floats(1.0, 1e6), min_size=1, max_size=60)


@settings(max_examples=100)
@given(st.lists(CURVES, min_size=1, max_size=6), st.data())
def test_a_sweep_has_the_bits_of_its_single_runs(curves: list[list[float]], data: st.DataObject) -> None:
    n = min(map(len, curves))
    rows = []
    for curve in curves:
        profits = data.draw(st.lists(st.floats(-10, 10), max_size=4))
        rows.append(accumulate_curve(np.array(curve[:n]), 100.0, profits=profits))
    extent = Extent(initial_equity=100.0, n_bars=n, span_ms=n * DAY_MS)
    columns = summary_columns(np.array(rows), **extent)
    for k, row in enumerate(np.array(rows)):
        for name, wanted in summary_of(Accumulators.from_row(row), **extent).to_dict().items():
            got = float(columns[name][k])
            assert got == wanted or (wanted is None and math.isnan(got)), name


@settings(max_examples=100)
@given(CURVES, st.integers(-6, 6))
def test_the_unit_of_money_changes_no_ratio(equity: list[float], power: int) -> None:
    factor = 2.0**power  # a power of two moves no bit
    ours = summary_of_curve(equity, notional=300.0, fees=1.0, profits=(2.0, -1.0)).to_dict()
    scaled = summary_of_curve(
        [value * factor for value in equity],
        100.0 * factor,
        notional=300.0 * factor,
        fees=factor,
        profits=(2.0 * factor, -factor),
    ).to_dict()
    money = {"final_equity", "fees", "expectancy"}
    assert {k: v for k, v in scaled.items() if k not in money} == {k: v for k, v in ours.items() if k not in money}
    assert all(scaled[k] == ours[k] * factor for k in money)


@settings(max_examples=100)
@given(CURVES)
def test_signs_and_bounds(equity: list[float]) -> None:
    got = summary_of_curve(equity)
    assert 0.0 <= got.max_drawdown < 1.0
    assert 0 <= got.max_drawdown_bars <= len(equity)
    mean = float(np.add.reduce(bar_returns(np.array(equity), 100.0)))
    for ratio in (got.sharpe, got.sortino):
        assert ratio is None or math.copysign(1.0, ratio) == math.copysign(1.0, mean)


def test_a_row_is_named_column_by_column() -> None:
    row = np.arange(len(COLUMNS), dtype=float)
    assert Accumulators.from_row(row)._asdict() == dict(zip(COLUMNS, row.tolist(), strict=True))


def test_absent_candles_make_no_better_sharpe_ratio() -> None:
    """The same prices with nine of ten candles absent: fewer bars a year, each with a larger return."""
    steps = np.random.default_rng(8).normal(0.0002, 0.01, 20_000)
    whole = 100.0 * np.cumprod(1.0 + steps)
    sparse = whole[9::10]

    def told(equity: FloatArray) -> Metrics:
        accumulators = accumulate_curve(equity, 100.0)
        return summary_of(accumulators, initial_equity=100.0, n_bars=len(equity), span_ms=20_000 * HOUR_MS)

    every, some = told(whole), told(sparse)
    assert some.cagr == every.cagr
    assert every.sharpe is not None
    assert some.sharpe == pytest.approx(every.sharpe, rel=0.05)
    assert some.volatility == pytest.approx(every.volatility, rel=0.05)
