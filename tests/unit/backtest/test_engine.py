"""The engine by hand and against the promises of its specification; `test_path_kernel` holds it to the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.backtest.assumptions import name_assumptions
from candlecloud.backtest.bar_engine import simulate
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.intrabar import IntrabarData
from candlecloud.backtest.orders import allowed_target
from candlecloud.errors import InsufficientDataError, InvalidParameterError
from candlecloud.strategies.builtin import STRATEGIES
from tests.golden.bars import HOUR_MS, bars_of


def costs(fee_bps: float = 0.0, slippage_bps: float = 0.0, *, flatten: bool = False) -> Execution:
    return Execution(taker_fee_bps=fee_bps, maker_fee_bps=fee_bps, slippage_bps=slippage_bps, flatten_at_end=flatten)


def test_one_round_trip_by_hand() -> None:
    bars = bars_of([100, 100, 110, 120], [100, 105, 115, 118])
    result = simulate(Backtest(bars, 1_000), np.array([1.0, 1.0, 0.0, 0.0]), costs(10, 20))
    entry = 100 * 1.002
    quantity = 1_000 / (entry * 1.001)
    left = quantity * (120 * 0.998) * 0.999
    (trade,) = result.trades()
    assert trade.entry_price == pytest.approx(entry, rel=1e-15)
    assert trade.exit_price == pytest.approx(120 * 0.998, rel=1e-15)
    assert trade.quantity == pytest.approx(quantity, rel=1e-15)
    assert result.equity.tolist() == pytest.approx([1_000, quantity * 105, quantity * 115, left], rel=1e-12)
    assert trade.pnl == pytest.approx(left - 1_000, rel=1e-12)
    assert trade.fees == pytest.approx(quantity * (entry + 120 * 0.998) * 0.001, rel=1e-12)
    assert trade.slippage == pytest.approx(quantity * (100 + 120) * 0.002, rel=1e-12)
    assert (trade.entry_time, trade.exit_time) == (HOUR_MS, 3 * HOUR_MS)
    assert (trade.holding_bars, trade.holding_seconds, trade.exit_reason) == (2, 7_200, "target")


def test_decision_at_a_close_fills_at_the_next_open_and_never_at_its_own_bar() -> None:
    bars = bars_of([10, 20, 30], [11, 21, 31])
    (fill,) = simulate(Backtest(bars, 100), np.array([0.0, 1.0, 1.0]), costs()).fills
    assert (fill.bar, fill.price) == (2, 30)


def test_last_decision_waits_for_a_bar_that_never_comes() -> None:
    result = simulate(Backtest(bars_of([10, 10], [10, 10]), 100), np.array([0.0, 1.0]), costs())
    assert result.fills == ()
    assert result.waiting_target == 1.0


def test_bar_without_volume_fills_nothing_and_the_order_waits() -> None:
    bars = bars_of([10, 20, 30, 40], [10, 20, 30, 40], [1, 0, 0, 1])
    (fill,) = simulate(Backtest(bars, 100), np.ones(4), costs()).fills
    assert (fill.bar, fill.price) == (3, 40)


def test_newer_target_takes_the_place_of_a_waiting_order() -> None:
    bars = bars_of([10, 20, 30], [10, 20, 30], [1, 0, 1])
    result = simulate(Backtest(bars, 100), np.array([1.0, 0.0, 0.0]), costs())
    assert result.fills == ()


def test_unknown_volume_fills() -> None:
    (fill,) = simulate(Backtest(bars_of([10, 20], [10, 20], [None, None]), 100), np.ones(2), costs()).fills
    assert fill.bar == 1


def test_lookback_bar_may_decide_for_the_first_bar() -> None:
    bars = bars_of([10, 20, 30], [10, 20, 30])
    result = simulate(Backtest(bars, 100, start_bar=2), np.ones(3), costs())
    assert [f.bar for f in result.fills] == [2]
    assert len(result.equity) == 1


@given(st.floats(0, 500), st.floats(0, 500), st.lists(st.integers(50, 5_000), min_size=3, max_size=30))
def test_fully_invested_never_borrows(fee: float, slippage: float, prices: list[int]) -> None:
    target = np.array([1.0 if i % 3 else 0.0 for i in range(len(prices))])
    result = simulate(Backtest(bars_of(prices, prices), 1_000), target, costs(fee, slippage))
    cash = 1_000.0
    for fill in result.fills:
        cash -= fill.quantity * fill.price + fill.fee
        assert cash >= -1e-9


def test_after_a_fill_the_position_is_the_wanted_fraction_of_what_is_left() -> None:
    bars = bars_of([100, 100, 90, 130], [100, 100, 90, 130])
    target = np.array([0.5, 0.8, 0.25, 0.25])
    result = simulate(Backtest(bars, 1_000), target, costs(50, 30))
    cash = 1_000.0
    assert len(result.fills) == 3
    for fill, fraction in zip(result.fills, (0.5, 0.8, 0.25), strict=True):
        cash -= fill.quantity * fill.price + fill.fee
        assert fill.held * fill.price == pytest.approx(fraction * (cash + fill.held * fill.price), rel=1e-12)


def test_change_of_side_is_two_fills_and_two_trades() -> None:
    bars = bars_of([100, 100, 110, 99], [100, 105, 111, 99])
    result = simulate(Backtest(bars, 1_000, direction="both"), np.array([1.0, -1.0, 0.0, 0.0]), costs(10, 0))
    long, short = result.trades()
    assert (long.direction, long.exit_reason) == ("long", "reversal")
    assert (short.direction, short.exit_reason) == ("short", "target")
    assert long.exit_time == short.entry_time
    assert short.pnl > 0
    assert result.equity[-1] == pytest.approx(1_000 + long.pnl + short.pnl, rel=1e-12)


def test_flatten_at_end_sells_at_the_last_close() -> None:
    bars = bars_of([100, 100, 100], [100, 100, 130])
    held = simulate(Backtest(bars, 1_000), np.ones(3), costs(0, 100))
    sold = simulate(Backtest(bars, 1_000), np.ones(3), costs(0, 100, flatten=True))
    assert held.trades() == []
    position = held.open_position()
    assert position is not None
    assert position["pnl"] == pytest.approx(held.equity[-1] - 1_000)
    (trade,) = sold.trades()
    assert (trade.exit_reason, trade.exit_price, trade.exit_time) == ("end", 130 * 0.99, 3 * HOUR_MS)
    assert sold.open_position() is None
    assert sold.equity[-1] == pytest.approx(held.equity[-1] * 0.99)


def test_flatten_at_end_needs_a_last_bar_that_trades() -> None:
    bars = bars_of([100, 100, 100], [100, 100, 130], [1, 1, 0])
    assert simulate(Backtest(bars, 1_000), np.ones(3), costs(flatten=True)).quantity > 0


def test_short_that_eats_the_equity_is_bought_back_and_nothing_trades_after() -> None:
    bars = bars_of([100, 100, 150, 250, 100], [100, 100, 210, 250, 100])
    target = np.array([-1.0, -1.0, -1.0, 0.0, -1.0])
    result = simulate(Backtest(bars, 1_000, direction="short"), target, costs())
    (trade,) = result.trades()
    assert result.ruined
    assert (trade.exit_reason, trade.exit_price) == ("ruin", 200)  # where nothing is left; the bar closes at 210
    assert result.equity.tolist() == [1_000, 1_000, 0, 0, 0]
    assert result.summary().cagr is None


def test_direction_drops_the_other_side() -> None:
    target = np.array([-1.0, 0.5, 1.0])
    assert allowed_target(target, "long").tolist() == [0, 0.5, 1]
    assert allowed_target(target, "short").tolist() == [-1, 0, 0]
    assert allowed_target(target, "both").tolist() == target.tolist()


@pytest.mark.parametrize("bad", [1.01, -1.01, float("nan"), float("inf")])
def test_targets_outside_the_bounds_are_refused(bad: float) -> None:
    with pytest.raises(InvalidParameterError):
        simulate(Backtest(bars_of([1, 1], [1, 1]), 1), np.array([0.0, bad]), costs())


def test_lengths_and_equity_are_checked() -> None:
    bars = bars_of([1, 1], [1, 1])
    for target, first, equity in [(np.zeros(3), 0, 1), (np.zeros(2), 2, 1), (np.zeros(2), 0, 0)]:
        with pytest.raises(InvalidParameterError):
            simulate(Backtest(bars, equity, start_bar=first), target, costs())


@settings(max_examples=60)
@given(st.lists(st.integers(1, 1_000), min_size=4, max_size=50), st.integers(1, 49), st.randoms())
def test_garbage_in_the_future_moves_no_earlier_decision(ticks: list[int], cut: int, dice: object) -> None:
    cut = min(cut, len(ticks) - 1)
    garbage = ticks[:cut] + [dice.randint(1, 10**7) for _ in ticks[cut:]]  # type: ignore[attr-defined]
    for name, parameters in (("dual_sma", {"fast": 2, "slow": 3}), ("buy_and_hold", {})):
        strategy = STRATEGIES.find(name)
        real, fake = (bars_of([1] * len(c), [t / 100 for t in c]) for c in (ticks, garbage))
        before, after = strategy.target(real, parameters), strategy.target(fake, parameters)
        assert before[:cut].tobytes() == after[:cut].tobytes()
        runs = [simulate(Backtest(b, 1), t, costs(10, 2)) for b, t in ((real, before), (fake, after))]
        early = [[f for f in r.fills if f.bar <= cut] for r in runs]
        assert early[0] == early[1]
        assert runs[0].equity[:cut].tobytes() == runs[1].equity[:cut].tobytes()


@pytest.mark.parametrize(
    "wrong",
    [
        {"taker_fee_bps": float("nan")},
        {"slippage_bps": -1.0},
        {"maker_fee_bps": -10.1},
        {"taker_fee_bps": -1.0},
        {"stop_loss": 0.1, "stop_loss_atr": 2.0},
        {"slippage_bps": float("inf")},
        {"taker_fee_bps": 10_000.0},
        {"stop_loss": 1.0},
        {"trailing_stop": 1.5},
        {"drawdown_limit": 0.1},
        {"drawdown_limit": 0.1, "cooldown_bars": 1.5},
        {"impact_bps": 10.0},
        {"max_participation": 1.1},
        {"slippage_bps": 5_000.0, "impact_bps": 5_000.0, "max_participation": 1.0},
    ],
)
def test_execution_refuses_what_has_no_meaning(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        Execution(**wrong)  # type: ignore[arg-type]
    assert caught.value.details["field"] in {*wrong, "max_participation", "cooldown_bars"}
    assert caught.value.hint


def test_inputs_of_other_bars_are_refused() -> None:
    bars = bars_of([10, 20, 30], [10, 20, 30])
    for size in (np.ones(2), np.array([1.0, np.nan, 1.0]), 1.5, -0.1):
        with pytest.raises(InvalidParameterError, match=r"[Ss]iz"):
            simulate(Backtest(bars, 100), np.ones(3), costs(), size)
    wrong: list[dict[str, Any]] = [
        {"funding": np.zeros(2)},
        {"funding": np.array([0.0, np.inf, 0.0])},
        {"intrabar": IntrabarData(np.zeros(3, np.int64), np.zeros(0), np.zeros(0))},
    ]
    for options in wrong:
        with pytest.raises(InvalidParameterError, match=r"Funding|intrabar"):
            Backtest(bars, 100, **options)


def test_unknown_volume_cannot_cap_a_fill() -> None:
    bars = bars_of([10, 20, 30], [10, 20, 30], [1, None, 1])
    with pytest.raises(InsufficientDataError) as caught:
        simulate(Backtest(bars, 100), np.ones(3), Execution(max_participation=0.1))
    assert caught.value.details["bars"] == 1
    assert simulate(Backtest(bars, 100, start_bar=2), np.ones(3), Execution(max_participation=0.1)).fills


def test_tick_that_rounds_a_price_to_nothing_is_refused() -> None:
    with pytest.raises(InvalidParameterError) as caught:
        simulate(Backtest(bars_of([10, 20], [10, 20]), 100), np.ones(2), Execution(tick_size=11))
    assert caught.value.details["field"] == "tick_size"


def test_every_switch_is_named() -> None:
    models = {"slippage": {"model": "fixed_bps", "bps": 2.0}, "sizing": {"model": "fixed_fraction"}}
    plain = name_assumptions(costs(10, 2), direction="both", funding=None, unknown_volume_bars=3, **models)
    assert plain["slippage"] == {"model": "fixed_bps", "bps": 2.0}
    assert plain["fee"]["taker_bps"] == 10
    assert plain["funding"] == "none: spot"
    assert plain["unknown_volume_bar"]["bars"] == 3
    assert plain["stops"] == plain["drawdown_limit"] == "off"
    execution = Execution(
        stop_loss=0.05,
        max_participation=0.1,
        drawdown_limit=0.2,
        cooldown_bars=5,
        rebalance_band=0.1,
        lot_step=0.01,
        flatten_at_end=True,
    )
    full = name_assumptions(
        execution,
        direction="long",
        funding={"model": "exchange", "rates": 7},
        unknown_volume_bars=0,
        finer_timeframe="1m",
        look_ahead_test=True,
        **models,
    )
    assert full.keys() == plain.keys()
    assert full["stops"]["stop_loss"] == 0.05
    assert full["stops"]["take_profit"] is None
    assert full["stops"]["both_in_one_bar"] == "the stop first"
    assert full["participation"]["max_participation"] == 0.1
    assert full["drawdown_limit"]["cooldown_bars"] == 5
    assert full["rebalance"]["band"] == 0.1
    assert full["market_rules"]["lot_step"] == 0.01
    assert full["funding"]["rates"] == 7
    assert full["flatten_at_end"] is True


def test_equity_that_a_stop_has_eaten_is_ruin() -> None:
    """A short is stopped out at a gap that costs more than there is: nothing is held at the close, and it is over."""
    bars = bars_of([100, 100, 250, 250, 100], [100, 100, 250, 250, 100])
    target = np.array([-1.0, -1.0, -1.0, 0.0, -1.0])
    result = simulate(Backtest(bars, 1_000, direction="short"), target, Execution(stop_loss=0.1))
    assert result.equity.tolist() == [1_000, 1_000, -500, -500, -500]
    assert result.ruined
    assert [fill.reason for fill in result.fills] == ["target", "stop_loss"]
