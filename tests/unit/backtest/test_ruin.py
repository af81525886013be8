"""Ruin inside a bar: a short whose equity is gone at the bar's high is over there, whatever the close says."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.backtest.test_order_switches import FLAT, bars, filled, run

SPIKE = (100.0, 400.0, 100.0, 100.0)


def test_short_through_four_times_its_entry_is_ruined() -> None:
    """1,000 of equity, 10 units short at 100: it is gone at 200, and the bar closes at 100."""
    result = run(bars(FLAT, FLAT, SPIKE, FLAT), [-1] * 4, "short")
    assert filled(result)[1:] == [(2, "within", 10, 200, "ruin")]
    assert result.ruined
    assert result.equity.tolist() == [1_000, 1_000, 0, 0]
    assert result.accumulators.max_drawdown == 1.0
    assert [trade.exit_reason for trade in result.trades()] == ["ruin"]


def test_costs_of_ruin_leave_less_than_nothing() -> None:
    result = run(bars(FLAT, FLAT, SPIKE, FLAT), [-1] * 4, "short", taker_fee_bps=10, slippage_bps=100)
    entry, exit_ = result.fills
    cash = 1_000 - entry.quantity * entry.price - entry.fee
    assert exit_.price == pytest.approx(cash / -entry.quantity * 1.01, rel=1e-15)
    assert result.equity[-1] == pytest.approx(-(exit_.fee + exit_.slippage), rel=1e-9)
    assert result.accumulators.max_drawdown > 1.0


def test_open_beyond_it_fills_at_the_open() -> None:
    result = run(bars(FLAT, FLAT, (250, 400, 100, 100), FLAT), [-1] * 4, "short")
    assert filled(result)[1:] == [(2, "open", 10, 250, "ruin")]
    assert result.equity[-1] == -500


@pytest.mark.parametrize(("stop", "exit_"), [(0.5, (150, "stop_loss")), (2.0 / 3, (500 / 3, "stop_loss"))])
def test_a_nearer_stop_acts_first(stop: float, exit_: tuple[float, str]) -> None:
    result = run(bars(FLAT, FLAT, SPIKE, FLAT), [-1] * 4, "short", stop_loss=stop)
    assert filled(result)[1][3:] == (pytest.approx(exit_[0]), exit_[1])
    assert not result.ruined


def test_a_farther_stop_comes_too_late() -> None:
    """Funding of 300 leaves cash of 1,700, which is gone at 170; the stop lies at 190."""
    funding = np.array([0.0, -0.3, 0.0, 0.0])
    result = run(bars(FLAT, FLAT, SPIKE, FLAT), [-1] * 4, "short", stop_loss=0.9, funding=funding)
    assert filled(result)[1:] == [(2, "within", 10, 170, "ruin")]


def test_what_the_cap_left_of_a_stop_is_ruined() -> None:
    """The stop at 150 buys back 4 of 10; the rest has cash 1,400 behind it, and is gone at 233.33."""
    market = bars(FLAT, FLAT, (*SPIKE, 40), FLAT)
    result = run(market, [-1] * 4, "short", stop_loss=0.5, max_participation=0.1)
    assert filled(result)[1:] == [
        (2, "within", 4, 150, "stop_loss"),
        (2, "within", 6, pytest.approx(1_400 / 6), "ruin"),
    ]
    assert result.ruined


def test_a_bar_that_does_not_trade_ruins_nobody_inside() -> None:
    result = run(bars(FLAT, FLAT, (*SPIKE, 0), FLAT), [-1] * 4, "short")
    assert not result.ruined
    closed = run(bars(FLAT, FLAT, (100, 400, 100, 300, 0), FLAT), [-1] * 4, "short")
    assert filled(closed)[1:] == [(2, "close", 10, 300, "ruin")]


def test_a_short_of_less_than_all_equity_has_further_to_go() -> None:
    """Half of equity short: 5 units, 1,500 of cash, gone at 300."""
    assert filled(run(bars(FLAT, FLAT, SPIKE, FLAT), [-0.5] * 4, "short"))[1][3:] == (300, "ruin")
    assert not run(bars(FLAT, FLAT, (100, 299, 100, 100), FLAT), [-0.5] * 4, "short").ruined


def test_a_long_that_owes_funding_can_be_ruined_too() -> None:
    """10 units at 100, cash -500 after funding of half: equity is 0 at 50. At the close it would have been 500."""
    market = bars(FLAT, FLAT, (100, 100, 40, 100), FLAT)
    result = run(market, [1] * 4, funding=np.array([0.0, 0.5, 0.0, 0.0]))
    assert filled(result)[1:] == [(2, "within", -10, 50, "ruin")]


@pytest.mark.parametrize("quiet", [3, 40])
def test_quiet_bars_hide_no_spike(quiet: int) -> None:
    """With and without what makes the engine look at each bar."""
    market = bars(*[FLAT] * quiet, SPIKE, *[FLAT] * quiet)
    for options in ({}, {"rebalance_band": 0.9}, {"drawdown_limit": 0.99, "cooldown_bars": 2}, {"take_profit": 0.9}):
        result = run(market, [-1] * len(market), "short", **options)
        assert filled(result)[1:] == [(quiet, "within", 10, 200, "ruin")]
