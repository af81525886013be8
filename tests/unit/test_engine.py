"""The engine against the bar loop, by hand, and against the promises of its specification."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.backtest.assumptions import name_assumptions
from candlecloud.backtest.costs import Costs
from candlecloud.backtest.engine import simulate
from candlecloud.backtest.orders import DIRECTIONS, allowed_target
from candlecloud.backtest.simulation import Simulation
from candlecloud.errors import InvalidParameterError
from candlecloud.strategies.registry import find_strategy
from tests.golden.bars import HOUR_MS, bars_of
from tests.golden.oracle import dual_sma_targets, replay

TARGETS = st.one_of(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0]), st.floats(-1, 1))
VOLUMES = st.sampled_from([0.0, 0.0, 1.5, 3.0, None])


@st.composite
def cases(draw: st.DrawFn) -> dict[str, object]:
    n = draw(st.integers(1, 60))
    low, high = draw(st.sampled_from([(9_000, 11_000), (1, 40_000), (100, 104)]))
    ticks = st.integers(low, high)
    opens = draw(st.lists(ticks, min_size=n, max_size=n))
    closes = draw(st.lists(ticks, min_size=n, max_size=n))
    if draw(st.booleans()):
        fast = draw(st.integers(1, 6))
        targets = dual_sma_targets(closes, fast, draw(st.integers(fast + 1, 12)))
    else:
        targets = draw(st.lists(TARGETS, min_size=n, max_size=n))
    return {
        "opens": [t / 100 for t in opens],
        "closes": [t / 100 for t in closes],
        "volumes": draw(st.lists(VOLUMES, min_size=n, max_size=n)),
        "targets": targets,
        "direction": draw(st.sampled_from(DIRECTIONS)),
        "fee_bps": draw(st.sampled_from([0.0, 10.0, 33.3, 500.0])),
        "slippage_bps": draw(st.sampled_from([0.0, 2.0, 17.0, 900.0])),
        "flatten": draw(st.booleans()),
        "first": draw(st.integers(0, n - 1)),
    }


def check_against_bar_loop(case: dict[str, object]) -> None:
    bars = bars_of(case["opens"], case["closes"], case["volumes"])
    costs = Costs(case["fee_bps"], case["slippage_bps"])
    target = np.array(case["targets"])
    got = simulate(
        bars,
        target,
        costs,
        initial_equity=10_000.0,
        direction=case["direction"],
        flatten_at_end=case["flatten"],
        first=case["first"],
    )
    wanted = replay(
        list(zip(case["opens"], case["closes"], case["volumes"], strict=True)),
        allowed_target(target, case["direction"]).tolist(),
        fee=costs.fee_rate,
        slip=costs.slippage_rate,
        cash=10_000.0,
        first=case["first"],
        flatten=case["flatten"],
    )
    assert [(f.bar, f.at_close, f.quantity, f.price, f.fee) for f in got.fills] == wanted["fills"]
    assert list(got.profits) == wanted["profits"]
    assert [t.pnl for t in got.trades()] == wanted["profits"]
    assert (got.cash, got.quantity, got.ruined) == (wanted["cash"], wanted["held"], wanted["ruined"])
    np.testing.assert_allclose(got.equity, wanted["equity"], rtol=1e-12, atol=1e-9)
    in_position = [bool(q) for q in _held_at_closes(got, len(bars))]
    assert got.bars_in_position == sum(in_position)


def _held_at_closes(simulation: Simulation, n: int) -> list[float]:
    held = dict.fromkeys(range(simulation.first, n), 0.0)
    for fill in simulation.fills:
        held.update(dict.fromkeys(range(fill.bar, n), fill.held))
    return list(held.values())


@settings(max_examples=400, deadline=None)
@given(cases())
def test_equals_the_bar_loop(case: dict[str, object]) -> None:
    check_against_bar_loop(case)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(cases())
def test_equals_the_bar_loop_on_ten_thousand_cases(case: dict[str, object]) -> None:
    check_against_bar_loop(case)


def test_one_round_trip_by_hand() -> None:
    bars = bars_of([100, 100, 110, 120], [100, 105, 115, 118])
    result = simulate(bars, np.array([1.0, 1.0, 0.0, 0.0]), Costs(10, 20), initial_equity=1_000)
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
    (fill,) = simulate(bars, np.array([0.0, 1.0, 1.0]), Costs(), initial_equity=100).fills
    assert (fill.bar, fill.price) == (2, 30)


def test_last_decision_waits_for_a_bar_that_never_comes() -> None:
    result = simulate(bars_of([10, 10], [10, 10]), np.array([0.0, 1.0]), Costs(), initial_equity=100)
    assert result.fills == ()
    assert result.waiting_target == 1.0


def test_bar_without_volume_fills_nothing_and_the_order_waits() -> None:
    bars = bars_of([10, 20, 30, 40], [10, 20, 30, 40], [1, 0, 0, 1])
    (fill,) = simulate(bars, np.ones(4), Costs(), initial_equity=100).fills
    assert (fill.bar, fill.price) == (3, 40)


def test_newer_target_takes_the_place_of_a_waiting_order() -> None:
    bars = bars_of([10, 20, 30], [10, 20, 30], [1, 0, 1])
    result = simulate(bars, np.array([1.0, 0.0, 0.0]), Costs(), initial_equity=100)
    assert result.fills == ()


def test_unknown_volume_fills() -> None:
    (fill,) = simulate(bars_of([10, 20], [10, 20], [None, None]), np.ones(2), Costs(), initial_equity=100).fills
    assert fill.bar == 1


def test_lookback_bar_may_decide_for_the_first_bar() -> None:
    bars = bars_of([10, 20, 30], [10, 20, 30])
    result = simulate(bars, np.ones(3), Costs(), initial_equity=100, first=2)
    assert [f.bar for f in result.fills] == [2]
    assert len(result.equity) == 1


@settings(deadline=None)
@given(st.floats(0, 500), st.floats(0, 500), st.lists(st.integers(50, 5_000), min_size=3, max_size=30))
def test_fully_invested_never_borrows(fee: float, slippage: float, prices: list[int]) -> None:
    target = np.array([1.0 if i % 3 else 0.0 for i in range(len(prices))])
    result = simulate(bars_of(prices, prices), target, Costs(fee, slippage), initial_equity=1_000)
    cash = 1_000.0
    for fill in result.fills:
        cash -= fill.quantity * fill.price + fill.fee
        assert cash >= -1e-9


def test_after_a_fill_the_position_is_the_wanted_fraction_of_what_is_left() -> None:
    bars = bars_of([100, 100, 90, 130], [100, 100, 90, 130])
    target = np.array([0.5, 0.8, 0.25, 0.25])
    result = simulate(bars, target, Costs(50, 30), initial_equity=1_000)
    cash = 1_000.0
    assert len(result.fills) == 3
    for fill, fraction in zip(result.fills, (0.5, 0.8, 0.25), strict=True):
        cash -= fill.quantity * fill.price + fill.fee
        assert fill.held * fill.price == pytest.approx(fraction * (cash + fill.held * fill.price), rel=1e-12)


def test_change_of_side_is_two_fills_and_two_trades() -> None:
    bars = bars_of([100, 100, 110, 99], [100, 105, 111, 99])
    result = simulate(bars, np.array([1.0, -1.0, 0.0, 0.0]), Costs(10, 0), initial_equity=1_000, direction="both")
    long, short = result.trades()
    assert (long.direction, long.exit_reason) == ("long", "reversal")
    assert (short.direction, short.exit_reason) == ("short", "target")
    assert long.exit_time == short.entry_time
    assert short.pnl > 0
    assert result.equity[-1] == pytest.approx(1_000 + long.pnl + short.pnl, rel=1e-12)


def test_flatten_at_end_sells_at_the_last_close() -> None:
    bars = bars_of([100, 100, 100], [100, 100, 130])
    held = simulate(bars, np.ones(3), Costs(0, 100), initial_equity=1_000)
    sold = simulate(bars, np.ones(3), Costs(0, 100), initial_equity=1_000, flatten_at_end=True)
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
    assert simulate(bars, np.ones(3), Costs(), initial_equity=1_000, flatten_at_end=True).quantity > 0


def test_short_that_eats_the_equity_is_bought_back_and_nothing_trades_after() -> None:
    bars = bars_of([100, 100, 150, 250, 100], [100, 100, 210, 250, 100])
    target = np.array([-1.0, -1.0, -1.0, 0.0, -1.0])
    result = simulate(bars, target, Costs(), initial_equity=1_000, direction="short")
    (trade,) = result.trades()
    assert result.ruined
    assert (trade.exit_reason, trade.exit_price) == ("ruin", 210)
    assert result.equity.tolist() == pytest.approx([1_000, 1_000, -100, -100, -100])
    assert result.summary().cagr is None


def test_direction_drops_the_other_side() -> None:
    target = np.array([-1.0, 0.5, 1.0])
    assert allowed_target(target, "long").tolist() == [0, 0.5, 1]
    assert allowed_target(target, "short").tolist() == [-1, 0, 0]
    assert allowed_target(target, "both").tolist() == target.tolist()


@pytest.mark.parametrize("bad", [1.01, -1.01, float("nan"), float("inf")])
def test_targets_outside_the_bounds_are_refused(bad: float) -> None:
    with pytest.raises(InvalidParameterError):
        simulate(bars_of([1, 1], [1, 1]), np.array([0.0, bad]), Costs(), initial_equity=1)


def test_lengths_and_equity_are_checked() -> None:
    bars = bars_of([1, 1], [1, 1])
    for target, first, equity in [(np.zeros(3), 0, 1), (np.zeros(2), 2, 1), (np.zeros(2), 0, 0)]:
        with pytest.raises(InvalidParameterError):
            simulate(bars, target, Costs(), initial_equity=equity, first=first)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 1_000), min_size=4, max_size=50), st.integers(1, 49), st.randoms())
def test_garbage_in_the_future_moves_no_earlier_decision(ticks: list[int], cut: int, dice: object) -> None:
    cut = min(cut, len(ticks) - 1)
    garbage = ticks[:cut] + [dice.randint(1, 10**7) for _ in ticks[cut:]]  # type: ignore[attr-defined]
    for name, parameters in (("dual_sma", {"fast": 2, "slow": 3}), ("buy_and_hold", {})):
        strategy = find_strategy(name)
        real, fake = (bars_of([1] * len(c), [t / 100 for t in c]) for c in (ticks, garbage))
        before, after = strategy.target(real, parameters), strategy.target(fake, parameters)
        assert before[:cut].tobytes() == after[:cut].tobytes()
        runs = [simulate(b, t, Costs(10, 2), initial_equity=1) for b, t in ((real, before), (fake, after))]
        early = [[f for f in r.fills if f.bar <= cut] for r in runs]
        assert early[0] == early[1]
        assert runs[0].equity[:cut].tobytes() == runs[1].equity[:cut].tobytes()


def test_every_switch_is_named() -> None:
    names = name_assumptions(
        Costs(10, 2), direction="both", flatten_at_end=True, is_derivative=True, unknown_volume_bars=3
    )
    assert names["slippage"] == {"model": "fixed_bps", "bps": 2}
    assert names["funding"].startswith("not charged")
    assert names["unknown_volume_bar"]["bars"] == 3
    assert names["flatten_at_end"] is True
