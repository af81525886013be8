"""Entry orders: limits and stops that open a position inside a bar."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from candlecloud.backtest.execution import Execution
from candlecloud.backtest.orders import ENTRY_TYPES
from candlecloud.errors import InvalidParameterError
from tests.unit.backtest.test_order_switches import FLAT, bars, filled, run

LIMIT, STOP = ENTRY_TYPES.index("limit"), ENTRY_TYPES.index("stop")
COSTS: dict[str, Any] = {"taker_fee_bps": 50, "maker_fee_bps": 10, "slippage_bps": 100}


def limit(*rows: Any, targets: Any = 1, direction: str = "long", **rules: Any) -> Any:
    """A limit 2 % from the close of the first bar, 100."""
    wanted = [targets] * (len(rows) + 1) if isinstance(targets, int) else targets
    return run(bars(FLAT, *rows), wanted, direction, entry_type=LIMIT, entry_offset_bps=200, **rules)


def stop(*rows: Any, targets: Any = 1, direction: str = "long", **rules: Any) -> Any:
    """A stop 2 % from the close of the first bar, 100."""
    wanted = [targets] * (len(rows) + 1) if isinstance(targets, int) else targets
    return run(bars(FLAT, *rows), wanted, direction, entry_type=STOP, entry_offset_bps=200, **rules)


def test_limit_waits_for_its_price_and_pays_the_maker_fee() -> None:
    (fill,) = limit((100, 101, 98.5, 100), (99, 99, 97.5, 99), **COSTS).fills
    assert (fill.bar, fill.phase, fill.price, fill.slippage, fill.reason) == (2, "within", 98, 0, "target")
    assert fill.quantity == pytest.approx(1_000 / (98 * 1.001), rel=1e-15)
    assert fill.fee == pytest.approx(fill.quantity * 98 * 0.001, rel=1e-15)


def test_limit_of_a_short_sells_above() -> None:
    assert filled(limit((100, 101, 98, 100), (101, 103, 99, 100), targets=-1, direction="short")) == [
        (2, "within", pytest.approx(-1_000 / 102), 102, "target")
    ]


def test_limit_that_takes_at_its_first_open_pays_as_a_market_order_but_no_more_than_its_level() -> None:
    (fill,) = limit((96, 97, 95, 96), **COSTS).fills
    assert (fill.phase, fill.price) == ("open", pytest.approx(96 * 1.01))
    assert fill.fee == pytest.approx(fill.quantity * fill.price * 0.005, rel=1e-12)
    (fill,) = limit((97.5, 98, 97, 97), **COSTS).fills
    assert fill.price == 98


def test_limit_that_a_later_bar_opens_beyond_fills_at_the_better_open() -> None:
    (fill,) = limit((100, 101, 99, 99), (96, 97, 95, 96), **COSTS).fills
    assert (fill.bar, fill.phase, fill.price, fill.slippage) == (2, "open", 96, 0)
    assert fill.fee == pytest.approx(fill.quantity * 96 * 0.001, rel=1e-12)


def test_limit_must_be_traded_through() -> None:
    touched = [(100, 101, 98, 100), (100, 101, 97.6, 100), (100, 100, 97.5, 100)]
    (fill,) = limit(*touched, entry_through_ticks=1, tick_size=0.5).fills
    assert (fill.bar, fill.price) == (3, 98)
    assert limit(*touched, tick_size=0.5).fills[0].bar == 1


def test_stop_is_a_market_order_at_its_level() -> None:
    (fill,) = stop((100, 101, 99, 100), (101, 103, 100, 102), **COSTS).fills
    assert (fill.bar, fill.phase, fill.price) == (2, "within", pytest.approx(102 * 1.01))
    assert fill.fee == pytest.approx(fill.quantity * fill.price * 0.005, rel=1e-12)
    (gap,) = stop((100, 101, 99, 100), (105, 106, 104, 105), **COSTS).fills
    assert (gap.phase, gap.price) == ("open", pytest.approx(105 * 1.01))
    assert filled(stop((100, 101, 97, 98), targets=-1, direction="short"))[0][1:4:2] == ("within", 98)


def test_order_expires_and_no_other_follows_until_the_target_changes() -> None:
    idle = (100, 100, 90, 100, 0)
    result = limit(FLAT, idle, FLAT, (100, 100, 90, 90), entry_expires_bars=2)
    assert (result.fills, result.refused, result.waiting_target) == ((), ((3, "expired"),), None)
    assert limit(FLAT, idle, FLAT, (100, 100, 90, 90), entry_expires_bars=3).fills[0].bar == 4
    again = limit(FLAT, FLAT, FLAT, (100, 100, 97, 98), targets=[1, 1, 0, 1, 1], entry_expires_bars=1)
    assert [fill.bar for fill in again.fills] == [4]
    assert limit(FLAT, FLAT).waiting_target == 1.0


def test_a_newer_target_withdraws_it() -> None:
    assert limit(FLAT, (100, 100, 90, 90), targets=[1, 0, 0]).fills == ()


def test_level_stays_at_the_close_of_the_decision() -> None:
    assert filled(limit((110, 112, 105, 110), (110, 110, 97, 110)))[0][:4] == (
        2,
        "within",
        pytest.approx(1000 / 98),
        98,
    )


def test_reversal_leaves_at_the_open_and_enters_inside() -> None:
    result = limit((100, 100, 98, 100), (100, 103, 99, 101), FLAT, targets=[1, -1, -1, -1], direction="both")
    assert [(f.bar, f.phase, f.price, f.reason) for f in result.fills] == [
        (1, "within", 98, "target"),
        (2, "open", 100, "reversal"),
        (2, "within", 102, "target"),
    ]
    trade, position = result.trades()[0], result.open_position()
    market = result.backtest.bars
    assert (trade.entry_time, trade.exit_time) == (market.close_time[1], market.open_time[2])
    assert (trade.mae, trade.mfe, trade.holding_bars) == (0, 0, 1)
    assert position["entry_time"] == market.close_time[2]


def test_in_the_bar_of_an_entry_only_what_is_bad_counts() -> None:
    """The bar reaches the stop and the target after or before the entry: the stop counts, the target does not."""
    wide = (100, 120, 90, 110)
    assert filled(limit(wide, FLAT, stop_loss=0.05, take_profit=0.1))[1][1:] == (
        "within",
        pytest.approx(-1_000 / 98),
        pytest.approx(93.1),
        "stop_loss",
    )
    later = limit(wide, FLAT, FLAT, take_profit=0.1)
    assert len(later.fills) == 1
    trailing = limit((100, 120, 97, 110), (110, 112, 105, 111), trailing_stop=0.1)
    assert len(trailing.fills) == 1  # 120 is no best price, or the level would be 108


def test_a_stop_nearer_than_the_slippage_leaves_at_the_level() -> None:
    result = stop((100, 103, 100, 102), FLAT, stop_loss=0.001, slippage_bps=100)
    assert [(f.phase, f.reason, round(f.price, 6)) for f in result.fills] == [
        ("within", "target", 103.02),
        ("within", "stop_loss", 100.98),
    ]


def test_cap_cuts_an_entry_once_and_for_all() -> None:
    result = limit((100, 100, 97, 98, 40), (98, 98, 97, 97), max_participation=0.1)
    assert filled(result) == [(1, "within", 4, 98, "target")]
    assert (result.capped, result.waiting_target) == ((1,), None)


def test_ruin_in_the_bar_of_an_entry() -> None:
    result = limit((100, 300, 99, 100), FLAT, targets=-1, direction="short")
    assert [(f.phase, f.reason, f.price) for f in result.fills] == [
        ("within", "target", 102),
        ("within", "ruin", pytest.approx(204)),
    ]


def test_size_zero_withdraws_it() -> None:
    market = bars(FLAT, FLAT, FLAT, (100, 100, 90, 90))
    result = run(market, [1] * 4, size=np.array([1.0, 0.0, 0.0, 0.0]), entry_type=LIMIT, entry_offset_bps=200)
    assert (result.fills, result.refused) == ((), ((2, "size_zero"),))


@pytest.mark.parametrize("wrong", [{"entry_type": 3}, {"entry_through_ticks": 1}, {"entry_expires_bars": 0.5}])
def test_what_has_no_meaning_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        Execution(**wrong)
    assert caught.value.details["field"] in wrong
