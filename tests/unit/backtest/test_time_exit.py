"""Time exits: a position that has been held over so many closes is closed at the next open."""

from __future__ import annotations

import pytest

from candlecloud.backtest.execution import Execution
from candlecloud.errors import InvalidParameterError
from tests.unit.backtest.test_order_switches import FLAT, bars, filled, run

HIGHER = (110.0, 110.0, 110.0, 110.0)


def test_position_is_closed_after_so_many_closes_and_stays_out() -> None:
    result = run(bars(FLAT, FLAT, FLAT, FLAT, HIGHER, FLAT, FLAT), [1] * 7, max_bars=3)
    assert filled(result) == [(1, "open", 10, 100, "target"), (4, "open", -10, 110, "time")]
    (trade,) = result.trades()
    assert (trade.holding_bars, trade.exit_reason, trade.pnl) == (3, "time", 100)
    assert result.waiting_target is None


def test_a_changed_target_opens_again() -> None:
    result = run(bars(*[FLAT] * 7), [1, 1, 1, 0, 1, 1, 1], max_bars=2)
    assert [(fill.bar, fill.reason) for fill in result.fills] == [(1, "target"), (3, "time"), (5, "target")]


def test_a_new_target_at_the_same_close_comes_first() -> None:
    """A smaller target keeps the position, and its age; it leaves at the open after."""
    smaller = run(bars(*[FLAT] * 6), [1, 1, 0.5, 0.5, 0.5, 0.5], max_bars=2)
    assert [(fill.bar, fill.reason) for fill in smaller.fills] == [(1, "target"), (3, "target"), (4, "time")]
    turned = run(bars(*[FLAT] * 6), [1, 1, -1, -1, -1, -1], "both", max_bars=2)
    assert [(f.bar, f.reason) for f in turned.fills] == [(1, "target"), (3, "reversal"), (3, "target"), (5, "time")]


def test_bars_that_do_not_trade_count_and_fill_nothing() -> None:
    idle = (*FLAT, 0)
    result = run(bars(FLAT, FLAT, idle, idle, HIGHER, FLAT), [1] * 6, max_bars=2)
    assert filled(result)[1:] == [(4, "open", -10, 110, "time")]


def test_it_replaces_the_rest_of_an_entry_and_leaves_under_the_cap() -> None:
    market = bars(FLAT, *[(100, 100, 100, 100, 40)] * 6)
    result = run(market, [1] * 7, max_bars=2, max_participation=0.1)
    assert [(f.bar, f.quantity, f.reason) for f in result.fills] == [
        (1, 4, "target"),
        (2, 4, "target"),
        (3, -4, "time"),
        (4, -4, "time"),
    ]


@pytest.mark.parametrize("max_bars", [1, 5, 60, 200])
def test_quiet_bars_count(max_bars: int) -> None:
    result = run(bars(*[FLAT] * 150), [1] * 150, max_bars=max_bars)
    assert [fill.bar for fill in result.fills] == ([1, 1 + max_bars] if 1 + max_bars < 150 else [1])


def test_bars_are_whole() -> None:
    with pytest.raises(InvalidParameterError, match="max_bars"):
        Execution(max_bars=1.5)  # type: ignore[arg-type]
