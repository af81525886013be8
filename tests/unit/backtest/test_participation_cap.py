"""The participation cap: how much may trade in a bar, what waits, and what is refused."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings

from candlecloud.backtest.bar_engine import simulate
from tests.golden.cases import Case, cases
from tests.unit.backtest.test_order_switches import FLAT, bars, filled, run

CAPPED_CASES = cases().filter(lambda case: case.execution.max_participation > 0.0)
EXEMPT = ("take_profit", "ruin", "end")


def fullest_bar(case: Case) -> float:
    """Largest share of a bar's cap that was traded. It knows fills, bars and the cap; no rule of the engine."""
    result = simulate(case.backtest, case.target, case.execution, case.size)
    traded: Counter[int] = Counter()
    for fill in result.fills:
        if fill.reason not in EXEMPT:
            traded[fill.bar] += abs(fill.quantity)
    most_held = max((abs(fill.held) for fill in result.fills), default=0.0)
    rounding = 1e-9 * case.execution.lot_step + 2e-12 * most_held
    volume = case.backtest.bars.volume
    shares = [
        (quantity - rounding) / max(case.execution.max_participation * volume[bar], 1e-300)
        for bar, quantity in traded.items()
    ]
    return float(max(shares, default=0.0))


@settings(max_examples=500)
@given(CAPPED_CASES)
def test_no_bar_trades_more_than_the_cap(case: Case) -> None:
    assert fullest_bar(case) <= 1.0 + 1e-12


@pytest.mark.slow
def test_no_bar_of_ten_thousand_cases_trades_more_than_the_cap() -> None:
    shares: list[float] = []

    @settings(max_examples=10_000)
    @given(CAPPED_CASES)
    def check(case: Case) -> None:
        shares.append(fullest_bar(case))
        assert shares[-1] <= 1.0 + 1e-12

    check()
    assert np.mean(np.array(shares) > 0.999) > 0.1  # the cap was met, not only kept


def test_a_reversal_takes_the_cap_once() -> None:
    market = bars(FLAT, FLAT, *[(100, 100, 100, 100, 120)] * 2, FLAT)
    result = run(market, [1, -1, -1, -1, -1], "both", max_participation=0.1)
    assert filled(result)[1:] == [
        (2, "open", -10, 100, "reversal"),
        (2, "open", -2, 100, "target"),
        (3, "open", -8, 100, "target"),
    ]
    assert result.capped == (2,)


def test_a_stop_in_the_bar_of_a_fill_has_what_the_fill_left() -> None:
    market = bars(FLAT, (100, 100, 90, 90, 120), (90, 90, 90, 90, 120), FLAT)
    result = run(market, [1, 1, 1, 1], stop_loss=0.05, max_participation=0.1)
    assert filled(result) == [
        (1, "open", 10, 100, "target"),
        (1, "within", -2, 95, "stop_loss"),
        (2, "open", -8, 90, "stop_loss"),
    ]


def test_a_stop_in_a_bar_whose_cap_is_used_up_waits_for_the_next() -> None:
    market = bars(FLAT, (100, 100, 90, 90, 80), (89, 90, 89, 90, 80), FLAT)
    result = run(market, [1, 1, 1, 1], stop_loss=0.05, max_participation=0.1)
    assert filled(result) == [(1, "open", 8, 100, "target"), (2, "open", -8, 89, "stop_loss")]
    assert result.capped == (1, 1)  # the entry, and the stop


def test_impact_is_of_all_that_the_bar_has_traded() -> None:
    market = bars(FLAT, (100, 100, 90, 90, 100), FLAT)
    result = run(market, [0.5, 0.5, 0.5], stop_loss=0.05, impact_bps=200, max_participation=1)
    entry, stop = result.fills
    share = 5 / 100
    assert entry.price == pytest.approx(100 * (1 + 0.02 * share), rel=1e-15)
    level = entry.price * 0.95
    assert stop.price == pytest.approx(level * (1 - 0.02 * 2 * entry.quantity / 100), rel=1e-15)


@pytest.mark.parametrize(
    ("rule", "reason"), [({"lot_step": 11}, "below_lot_step"), ({"min_notional": 1_001}, "below_min_notional")]
)
def test_an_order_that_is_too_small_in_itself_is_refused(rule: dict[str, float], reason: str) -> None:
    market = bars(FLAT, *[(100, 100, 100, 100, 40)] * 4)
    result = run(market, [1, 1, 1, 1, 1], max_participation=0.1, **rule)
    assert (result.refused, result.capped, result.fills) == (((1, reason),), (), ())
    assert result.waiting_target is None


@pytest.mark.parametrize(
    ("rule", "quantity", "refused"),
    [({"lot_step": 5}, 5, ()), ({"min_notional": 500}, 6, ((4, "below_min_notional"),))],
)
def test_an_order_that_only_the_cap_makes_too_small_waits(
    rule: dict[str, float], quantity: float, refused: tuple[tuple[int, str], ...]
) -> None:
    market = bars(FLAT, *[(100, 100, 100, 100, 40)] * 2, (100, 100, 100, 100, 60), FLAT)
    result = run(market, [1, 1, 1, 1, 1], max_participation=0.1, **rule)
    assert result.capped[:2] == (1, 2)
    assert (result.fills[0].bar, result.fills[0].quantity) == (3, quantity)
    # What is left may be too small in itself.
    assert result.refused == refused


def test_whole_lots_that_fit_the_cap_leave_no_rest() -> None:
    """1,000 buy 9.9 units; of the lots of 3 they are 9, and 9.5 may trade."""
    market = bars(FLAT, (101, 101, 101, 101, 95), FLAT)
    result = run(market, [1, 1, 1], lot_step=3, max_participation=0.1)
    assert (result.capped, result.refused) == ((), ())
    assert [fill.quantity for fill in result.fills] == [9]


def test_a_rest_keeps_its_weight_until_the_size_is_zero() -> None:
    market = bars(FLAT, *[(100, 100, 100, 100, 40)] * 3, *[FLAT] * 3)
    sizes = np.array([1.0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0])
    result = run(market, [1] * 7, size=sizes, max_participation=0.1)
    assert filled(result)[:3] == [
        (1, "open", 4, 100, "target"),
        (2, "open", 4, 100, "target"),
        (3, "open", 2, 100, "target"),
    ]
    early = np.array([1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0])
    result = run(market, [1] * 7, size=early, max_participation=0.1)
    assert filled(result)[2:] == [(3, "open", -4, 100, "target"), (4, "open", -4, 100, "target")]
    assert result.refused == ((3, "size_zero"),)


def test_a_rebalance_that_meets_size_zero_is_noted() -> None:
    result = run(bars(*[FLAT] * 5), [1] * 5, size=np.array([1.0, 1.0, 0.0, 0.0, 0.0]), rebalance_band=0.1)
    assert filled(result)[1:] == [(3, "open", -10, 100, "rebalance")]
    assert result.refused == ((3, "size_zero"),)


def test_a_rebalance_is_withdrawn_when_the_drift_falls_back_before_a_bar_trades() -> None:
    idle = (140, 140, 140, 140, 0)
    back = (100.0, 100.0, 100.0, 100.0, 0)
    high = (140, 140, 140, 140)
    drifted = run(bars(FLAT, FLAT, idle, idle, high), [0.5] * 5, rebalance_band=0.06)
    assert [fill.reason for fill in drifted.fills] == ["target", "rebalance"]
    fallen_back = run(bars(FLAT, FLAT, idle, back, high), [0.5] * 5, rebalance_band=0.06)
    assert [fill.reason for fill in fallen_back.fills] == ["target"]


def test_a_capped_rebalance_goes_on_to_its_weight() -> None:
    """5 units of 140 are 0.71 too many; after 0.4 the drift is inside the band, and the rest is sold all the same."""
    high = (140.0, 140.0, 140.0, 140.0)
    market = bars(FLAT, FLAT, (120, 140, 120, 140), (*high, 4), high, high)
    result = run(market, [0.5] * 6, rebalance_band=0.06, max_participation=0.1)
    assert filled(result)[1:] == [
        (3, "open", -0.4, 140, "rebalance"),
        (4, "open", pytest.approx(600 / 140 - 4.6), 140, "rebalance"),
    ]


def test_dust_is_no_position() -> None:
    """Seven times 0.1 is not 0.7 in floats: what is left of seven capped fills is not worth a fill of its own."""
    market = bars(FLAT, (100, 100, 100, 100, 7), *[(100, 100, 100, 100, 1)] * 9)
    result = run(market, [0.07] + [0] * 10, max_participation=0.1)
    assert [fill.bar for fill in result.fills] == [1, *range(2, 9)]
    assert result.fills[-1].held == 0.0
    assert result.fills[0].quantity == pytest.approx(-sum(fill.quantity for fill in result.fills[1:]), rel=1e-15)
    assert (len(result.trades()), result.capped) == (1, tuple(range(2, 8)))
    assert result.equity[-1] == pytest.approx(1_000, rel=1e-15)


def test_after_a_capped_stop_no_level_counts() -> None:
    """The rest is an order to be flat: a take-profit that the next bar reaches does not act."""
    market = bars(FLAT, FLAT, (100, 100, 90, 91, 60), (92, 120, 91, 92, 20), (93, 93, 93, 93, 60))
    result = run(market, [1] * 5, stop_loss=0.05, take_profit=0.1, max_participation=0.1)
    assert filled(result)[1:] == [
        (2, "within", -6, 95, "stop_loss"),
        (3, "open", -2, 92, "stop_loss"),
        (4, "open", -2, 93, "stop_loss"),
    ]


def test_the_best_price_goes_on_while_a_rest_waits() -> None:
    """A capped trailing stop, then a new target for the rest: its level follows the highest price since the entry."""
    market = bars(FLAT, FLAT, (100, 120, 100, 118), (118, 130, 105, 125, 10), (125, 125, 112, 118), FLAT)
    result = run(market, [1, 1, 1, 0.9, 0.9, 0.9], trailing_stop=0.1, max_participation=0.1)
    assert filled(result)[1] == (3, "within", -1, 108, "trailing_stop")
    # The new target finds 9 of 10 units. Bar 3 rose to 130, so the level is 117 on bar 4.
    assert filled(result)[-1][:2] == (4, "within")
    assert result.fills[-1].price == pytest.approx(117)
