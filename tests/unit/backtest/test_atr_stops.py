"""Stops in average true ranges, and rebates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from candlecloud.backtest.bar_engine import simulate
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.simulation import Simulation
from candlecloud.errors import InvalidParameterError
from tests.unit.backtest.test_order_switches import FLAT, bars, filled


def run(market: Any, target: list[float], atr: list[float], direction: Any = "long", **rules: float) -> Simulation:
    backtest = Backtest(market, 1_000, direction=direction, average_true_range=np.array(atr))
    return simulate(backtest, np.array(target), Execution(**rules))  # type: ignore[arg-type]


def test_levels_are_multiples_of_the_range_before_the_entry() -> None:
    """4 at the close before the entry: the stop lies at 94, the target at 108, whatever the range becomes."""
    falls = bars(FLAT, FLAT, (100, 101, 95, 96), (96, 97, 93, 94), FLAT)
    result = run(falls, [1] * 5, [4, 9, 1, 1, 1], stop_loss_atr=1.5, take_profit_atr=2)
    assert filled(result)[1:] == [(3, "within", -10, 94, "stop_loss")]
    rises = bars(FLAT, FLAT, (100, 107, 99, 106), (106, 109, 105, 108), FLAT)
    result = run(rises, [1] * 5, [4, 9, 1, 1, 1], stop_loss_atr=1.5, take_profit_atr=2)
    assert filled(result)[1:] == [(3, "within", -10, 108, "take_profit")]


def test_trailing_stop_of_a_short_is_above_the_lowest_price() -> None:
    market = bars(FLAT, FLAT, (100, 100, 90, 91), (91, 97, 90, 96), (96, 99, 95, 98), FLAT)
    result = run(market, [-1] * 6, [4] * 6, "short", trailing_stop_atr=2)
    assert filled(result)[1:] == [(4, "within", 10, 98, "trailing_stop")]  # 90 + 8; bar 3 reached 97


def test_nothing_is_opened_before_the_range_is_known() -> None:
    unknown = float("nan")
    result = run(bars(*[FLAT] * 5), [1, 1, 0, 1, 1], [unknown, unknown, 4, 4, 4], stop_loss_atr=1)
    assert result.refused == ((1, "size_zero"),)
    assert [fill.bar for fill in result.fills] == [4]


def test_the_range_is_asked_for() -> None:
    market = bars(FLAT, FLAT)
    with pytest.raises(InvalidParameterError) as caught:
        simulate(Backtest(market, 1_000), np.ones(2), Execution(stop_loss_atr=1))
    assert caught.value.details["field"] == "average_true_range"
    for wrong in (np.ones(3), np.array([1.0, np.inf])):
        with pytest.raises(InvalidParameterError):
            Backtest(market, 1_000, average_true_range=wrong)


@pytest.mark.parametrize("multiple", [0.5, 3.0, 40.0])
@pytest.mark.parametrize("direction", ["long", "short"])
def test_quiet_bars_pass_no_trailing_level(direction: str, multiple: float) -> None:
    """Against a loop of three lines, with distances from a fraction of the price to far more than it."""
    rng = np.random.default_rng(7)
    close = np.round(100 * np.exp(rng.normal(0, 0.01, 400).cumsum()), 2)
    market = bars(*[(price, price + 0.5, price - 0.5, price) for price in close.tolist()])
    side = 1.0 if direction == "long" else -1.0
    result = run(market, [side] * 400, [5.0] * 400, direction, trailing_stop_atr=multiple)
    best, left = close[1], None
    for t in range(1, 400):
        if left is None and side * (close[t] - side * 0.5) <= side * (best - side * 5 * multiple):
            left = t
        best = max(best, close[t] + 0.5) if side > 0 else min(best, close[t] - 0.5)
    assert [fill.bar for fill in result.fills[1:]] == ([] if left is None else [left])


def test_a_rebate_is_received() -> None:
    market = bars(FLAT, FLAT, (100, 111, 100, 111), FLAT)
    result = simulate(
        Backtest(market, 1_000), np.ones(4), Execution(take_profit=0.1, maker_fee_bps=-10, taker_fee_bps=0)
    )
    assert result.fills[1].fee == pytest.approx(-10 * 110 * 0.001)
    assert result.equity[-1] == pytest.approx(1_100 + 1.1)
    assert result.accumulators.fees == pytest.approx(-1.1)
