"""Every switch of order handling, worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from candlecloud.backtest.bar_engine import simulate
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.intrabar import intrabar_data
from candlecloud.backtest.simulation import Simulation
from candlecloud.errors import InvalidRangeError
from candlecloud.features.bars import Bars, prefix_sums, to_ticks
from tests.golden.bars import HOUR_MS

Row = tuple[float, float, float, float] | tuple[float, float, float, float, float]


def bars(*rows: Row, step: int = HOUR_MS, start: int = 0) -> Bars:
    """Bars from open, high, low, close, and volume (1,000 if left out)."""
    full = np.array([(*row, 1_000.0)[:5] for row in rows])
    open_, high, low, close, volume = (np.ascontiguousarray(column) for column in full.T)
    times = start + np.arange(len(rows), dtype=np.int64) * step
    return Bars(times, times + step, open_, high, low, close, volume, 2, prefix_sums(to_ticks(close, 2)))


def run(market: Bars, target: Sequence[float], direction: Any = "long", **options: Any) -> Simulation:
    """1,000 of cash; options of `Execution` and of `Backtest` together, and the size."""
    size = options.pop("size", 1.0)
    shared = {name: options.pop(name) for name in ("funding", "intrabar", "optimistic") if name in options}
    backtest = Backtest(market, 1_000, direction=direction, **shared)
    return simulate(backtest, np.array(target), Execution(**options), size)


def filled(result: Simulation) -> list[tuple[int, str, float, float, str]]:
    """Fills as bar, phase, quantity, price, reason."""
    return [(f.bar, f.phase, round(f.quantity, 9), round(f.price, 9), f.reason) for f in result.fills]


FLAT = (100.0, 100.0, 100.0, 100.0)


def test_stop_fills_at_its_level_and_stays_out_until_the_target_changes() -> None:
    market = bars(FLAT, (100, 102, 99, 101), (101, 101, 94, 98), FLAT, FLAT, FLAT)
    result = run(market, [1, 1, 1, 1, 0, 0], stop_loss=0.05, taker_fee_bps=10, slippage_bps=0)
    quantity = 1_000 / (100 * 1.001)
    entry, exit_ = result.fills
    assert (entry.bar, entry.phase, entry.price) == (1, "open", 100)
    assert (exit_.bar, exit_.phase, exit_.price, exit_.reason) == (2, "within", 95, "stop_loss")
    assert exit_.fee == pytest.approx(quantity * 95 * 0.001, rel=1e-15)
    (trade,) = result.trades()
    assert trade.exit_time == market.close_time[2]
    assert (trade.mae, trade.mfe) == (pytest.approx(0.05), pytest.approx(0.02))
    assert trade.holding_bars == 1
    assert result.waiting_target is None


def test_stop_that_the_open_jumps_over_fills_at_the_open_with_slippage() -> None:
    market = bars(FLAT, (100, 101, 99, 100), (90, 93, 89, 92), FLAT)
    result = run(market, [1, 1, 1, 1], stop_loss=0.05, slippage_bps=100)
    assert filled(result)[1][1:4:2] == ("open", pytest.approx(90 * 0.99))
    (trade,) = result.trades()
    assert trade.exit_time == market.open_time[2]
    assert trade.mae == pytest.approx(1 - 99 / 101)  # nothing of the bar that it left at the open


def test_short_stop_is_the_mirror_of_a_long_one() -> None:
    market = bars(FLAT, (100, 104, 99, 100), (100, 107, 98, 106), FLAT)
    result = run(market, [-1, -1, -1, -1], "short", stop_loss=0.05)
    assert filled(result) == [(1, "open", -10, 100, "target"), (2, "within", 10, 105, "stop_loss")]
    (trade,) = result.trades()
    assert (trade.pnl, trade.mae, trade.mfe) == (pytest.approx(-50), pytest.approx(0.05), pytest.approx(0.01))


def test_take_profit_is_a_limit_order() -> None:
    market = bars(FLAT, (100, 101, 99, 100), (100, 112, 99, 103), (108, 109, 107, 108))
    costly = {"taker_fee_bps": 50, "maker_fee_bps": 10, "slippage_bps": 100}
    result = run(market, [1, 1, 1, 1], take_profit=0.1, **costly)
    entry, exit_ = result.fills
    assert entry.price == pytest.approx(101)
    assert (exit_.phase, exit_.reason, exit_.slippage) == ("within", "take_profit", 0)
    assert exit_.price == pytest.approx(111.1)  # a tenth above the entry price, not above the open
    assert exit_.fee == pytest.approx(entry.quantity * 111.1 * 0.001)


def test_take_profit_that_the_open_jumps_over_fills_at_the_better_open() -> None:
    market = bars(FLAT, FLAT, (115, 116, 114, 115))
    assert filled(run(market, [1, 1, 1], take_profit=0.1))[1] == (2, "open", -10, 115, "take_profit")


BOTH = bars(FLAT, FLAT, (100, 111, 94, 100), FLAT)


@pytest.mark.parametrize(("optimistic", "reason", "price"), [(False, "stop_loss", 95), (True, "take_profit", 110)])
def test_bar_that_holds_stop_and_target_is_taken_badly_and_counted(optimistic: bool, reason: str, price: float) -> None:
    result = run(BOTH, [1, 1, 1, 1], stop_loss=0.05, take_profit=0.1, optimistic=optimistic)
    assert filled(result)[1] == (2, "within", -10, price, reason)
    assert result.accumulators.ambiguous_exits == 1


def test_finer_candles_say_which_came_first() -> None:
    quarters = bars(
        (100, 104, 99, 103), (103, 111, 102, 104), (104, 105, 94, 100), step=HOUR_MS // 4, start=2 * HOUR_MS
    )
    intrabar = intrabar_data(BOTH, quarters)
    assert intrabar.start.tolist() == [0, 0, 0, 3, 3]
    result = run(BOTH, [1, 1, 1, 1], stop_loss=0.05, take_profit=0.1, intrabar=intrabar)
    assert filled(result)[1][3:] == (110, "take_profit")
    assert result.accumulators.ambiguous_exits == 0


def test_finer_candles_must_lie_inside_the_bars() -> None:
    with pytest.raises(InvalidRangeError):
        intrabar_data(BOTH, bars(FLAT, step=HOUR_MS, start=HOUR_MS // 2))
    outside = intrabar_data(BOTH, bars(FLAT, FLAT, step=HOUR_MS, start=10 * HOUR_MS))
    assert outside.start.tolist() == [0] * 5


def test_trailing_stop_follows_the_best_price_of_the_bars_before() -> None:
    market = bars(FLAT, (100, 105, 100, 104), (104, 120, 103, 118), (118, 119, 107, 110))
    result = run(market, [1, 1, 1, 1], trailing_stop=0.1)
    # Bar 2 rises to 120, but its low of 103 came against the level of bar 1's high: 94.5. Bar 3 meets 108.
    assert filled(result)[1] == (3, "within", -10, 108, "trailing_stop")


def test_rebalancing_forgets_no_best_price() -> None:
    calm = [(112.0, 112.0, 112.0, 112.0)] * 10
    market = bars(FLAT, FLAT, (100, 120, 100, 120), (114, 114, 112, 112), *calm, (112, 112, 105, 105), FLAT)
    result = run(market, [0.5] * len(market), trailing_stop=0.1, rebalance_band=0.03)
    reasons = [(fill.bar, fill.reason) for fill in result.fills]
    assert reasons == [(1, "target"), (3, "rebalance"), (14, "trailing_stop")]
    assert result.fills[-1].price == pytest.approx(108)


def test_cap_carries_what_is_left_over_three_bars() -> None:
    market = bars(FLAT, *[(100, 100, 100, 100, 40)] * 4, FLAT)
    result = run(market, [1, 1, 1, 1, 1, 0], max_participation=0.1)
    assert filled(result) == [
        (1, "open", 4, 100, "target"),
        (2, "open", 4, 100, "target"),
        (3, "open", 2, 100, "target"),
    ]
    assert result.capped == (1, 2)
    assert result.accumulators.capped_fills == 2
    just = bars(FLAT, (100, 100, 100, 100, 100), FLAT)
    assert run(just, [1, 1, 1], max_participation=0.1).capped == ()  # exactly the cap
    short_of = run(market, [1, 1, 0, 0, 0, 0], max_participation=0.1)
    assert filled(short_of)[2:] == [(3, "open", -4, 100, "target"), (4, "open", -4, 100, "target")]


def test_cap_leaves_the_rest_of_a_stop_to_the_next_bars() -> None:
    market = bars(FLAT, FLAT, (100, 100, 90, 91, 60), (92, 93, 91, 92, 60), FLAT)
    result = run(market, [1, 1, 1, 1, 1], stop_loss=0.05, max_participation=0.1)
    assert filled(result)[1:] == [(2, "within", -6, 95, "stop_loss"), (3, "open", -4, 92, "stop_loss")]
    (trade,) = result.trades()
    assert trade.exit_price == pytest.approx((6 * 95 + 4 * 92) / 10)


def test_order_that_still_waits_at_the_end_is_filled() -> None:
    market = bars(FLAT, (100, 100, 100, 100, 40))
    assert run(market, [1, 1], max_participation=0.1).waiting_target == 1.0


def test_impact_grows_with_the_share_of_the_volume() -> None:
    market = bars(FLAT, (100, 100, 100, 100, 20), FLAT)
    result = run(market, [1, 1, 1], slippage_bps=10, impact_bps=200, max_participation=1)
    (fill,) = result.fills
    share = 1_000 / 100.1 / 20  # of the quantity before impact
    assert fill.price == pytest.approx(100 * (1 + 0.001 + 0.02 * share), rel=1e-15)
    assert fill.held == pytest.approx(1_000 / fill.price, rel=1e-15)


def test_prices_go_to_the_worse_tick_and_quantities_to_whole_lots() -> None:
    market = bars(FLAT, FLAT, FLAT, FLAT)
    buy, sell = run(market, [1, 0, 0, 0], slippage_bps=7, tick_size=0.05, lot_step=0.3).fills
    assert (buy.price, sell.price) == (pytest.approx(100.1), pytest.approx(99.9))
    assert buy.quantity == pytest.approx(9.9)  # 1,000 / 100.1 = 9.99, in lots of 0.3
    assert sell.held == 0


def test_market_rules_refuse_what_is_too_small() -> None:
    market = bars(FLAT, FLAT, FLAT)
    assert run(market, [1, 1, 1], lot_step=11).refused == ((1, "below_lot_step"),)
    below = run(market, [0.5, 0.5, 0.5], min_notional=501)
    assert (below.refused, below.fills) == (((1, "below_min_notional"),), ())
    assert below.accumulators.refused_orders == 1
    assert run(market, [0.5, 0.5, 0.5], min_notional=500).fills
    assert run(market, [1, 1, 1], size=0.0).refused == ((1, "size_zero"),)


def test_leaving_is_never_refused() -> None:
    market = bars(FLAT, FLAT, (1, 1, 1, 1), FLAT)
    assert filled(run(market, [1, 0, 0, 0], min_notional=500))[-1] == (2, "open", -10, 1, "target")


@pytest.mark.parametrize(("side", "paid"), [(1.0, 10 * 110 * 0.01), (-1.0, -10 * 110 * 0.01)])
def test_funding_is_paid_by_longs_and_received_by_shorts(side: float, paid: float) -> None:
    market = bars(FLAT, (100, 110, 100, 110), (110, 110, 100, 100), FLAT)
    result = run(market, [side, 0, 0, 0], "both", funding=np.array([0.5, 0.01, 0.5, 0.0]))
    assert result.equity[1] == pytest.approx(1_000 + side * 100 - paid)
    assert result.accumulators.funding == pytest.approx(paid)
    (trade,) = result.trades()
    assert trade.funding == pytest.approx(paid)
    assert trade.pnl == pytest.approx(side * 100 - paid)


def test_drawdown_limit_sells_waits_and_starts_anew() -> None:
    market = bars(FLAT, FLAT, (100, 100, 89, 89), (88, 88, 88, 88), (87, 87, 87, 87), (86, 86, 86, 86), FLAT, FLAT)
    result = run(market, [1] * 8, drawdown_limit=0.1, cooldown_bars=2)
    # Bar 2 closes 11 % under the peak: flat at bar 3. The targets of bars 2 and 3 count as 0, that of bar 4 as 1.
    assert [(f.bar, f.price, f.reason) for f in result.fills] == [
        (1, 100, "target"),
        (3, 88, "drawdown_limit"),
        (5, 86, "target"),
    ]
    assert result.accumulators.n_trades == 1


def test_band_brings_a_drifted_position_back() -> None:
    market = bars(FLAT, FLAT, (120, 140, 120, 140), (140, 140, 140, 140), FLAT)
    assert len(run(market, [0.5] * 5).fills) == 1
    result = run(market, [0.5] * 5, rebalance_band=0.06)
    # 5 units of 140 are 700 of 1,200, a share of 0.583: 0.083 from a half. 600 / 140 units are a half.
    assert filled(result)[:2] == [
        (1, "open", 5, 100, "target"),
        (3, "open", pytest.approx(600 / 140 - 5), 140, "rebalance"),
    ]
    assert len(run(market, [0.5] * 5, rebalance_band=0.09).fills) == 1


def test_size_multiplies_the_target_at_its_close() -> None:
    market = bars(FLAT, FLAT, FLAT)
    result = run(market, [0, 1, 1], size=np.array([0.9, 0.25, 0.5]))
    assert filled(result) == [(2, "open", 2.5, 100, "target")]


def test_costs_that_turn_an_order_round_refuse_it() -> None:
    market = bars(FLAT, FLAT, FLAT, FLAT)
    # At the open 49.75 % are held; sold at 99 they would be 49.5 %, less than the 49.7 % wanted.
    result = run(market, [0.5, 0.497, 0.497, 0.497], taker_fee_bps=100, slippage_bps=100)
    assert len(result.fills) == 1
    assert result.refused == ((2, "costs_reverse"),)


@pytest.mark.parametrize("percent", [1, 2, 5, 10, 20, 30])
def test_a_touch_of_a_level_is_enough(percent: int) -> None:
    """100 * 1.1 is 110.00000000000001 in floats; a high of exactly 110 reaches it all the same."""
    for entry in range(100, 300):  # whole prices, so that every level is a price of two decimals
        for name, cents in (("take_profit", entry * (100 + percent)), ("stop_loss", entry * (100 - percent))):
            level = cents / 100
            touching = (entry, max(entry, level), min(entry, level), entry)
            market = bars((entry,) * 4, touching, (entry,) * 4)
            result = run(market, [1, 1, 1], **{name: percent / 100})
            assert [fill.reason for fill in result.fills] == ["target", name]
            assert result.fills[1].price == pytest.approx(level, rel=2e-15)
