"""The path form against the reference: fills exactly, equity to the last bit, every column of the statistics."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import event, given, settings

from candlecloud.backtest.engine import simulate, statistics_of_target
from candlecloud.backtest.orders import REASONS, REFUSALS
from candlecloud.metrics.curves import bar_returns, drawdowns, longest_under_water
from candlecloud.metrics.tallies import Tallies
from tests.golden.cases import CASH, Case, cases, replayed
from tests.golden.reference import Replay, summed

MOMENTS = ("open", "within", "close")


def check_against_reference(case: Case) -> Replay:
    wanted = replayed(case)
    got = simulate(case.bars, case.target, case.execution, **case.arguments())
    fills = [(f.bar, MOMENTS[f.moment], f.change, f.held, f.price, f.fee, f.slippage, f.reason) for f in wanted.fills]
    assert [tuple(fill) for fill in got.fills] == fills
    assert list(got.profits) == wanted.profits
    assert (got.cash, got.quantity, got.ruined) == (wanted.cash, wanted.held, wanted.ruined)
    assert got.equity.tolist() == wanted.equity
    assert list(got.refused) == wanted.refused
    assert list(got.capped) == wanted.capped
    check_statistics(got.tallies, wanted)
    alone = statistics_of_target(case.bars, case.target, case.execution, **case.arguments())
    assert alone.tobytes() == got.statistics.tobytes()
    trades = got.trades()
    assert [trade.pnl for trade in trades] == wanted.profits
    assert all(trade.mae >= 0.0 and trade.mfe >= 0.0 for trade in trades)
    return wanted


def check_statistics(got: Tallies, wanted: Replay) -> None:
    equity = np.array(wanted.equity)
    returns, below = bar_returns(equity, CASH), drawdowns(equity, CASH)
    numbers = summed(wanted) | {
        "final_equity": equity[-1],
        "sum_returns": sum(returns.tolist()),
        "sum_squares": sum((returns * returns).tolist()),
        "sum_negative_squares": sum((np.minimum(returns, 0.0) ** 2).tolist()),
        "sum_equity": sum(wanted.equity),
        "max_drawdown": below.max(),
        "max_under_water_bars": longest_under_water(below),
    }
    sums = {"sum_equity": sum(wanted.equity), "sum_returns": np.abs(returns).sum(), "sum_squares": 0.0}
    for name, value in got._asdict().items():
        close = pytest.approx(numbers[name], rel=1e-12, abs=1e-12 * abs(sums[name])) if name in sums else numbers[name]
        assert value == close, name


@settings(max_examples=400, deadline=None)
@given(cases())
def test_equals_the_reference(case: Case) -> None:
    for name in switches_that_fired(case, check_against_reference(case)):
        event(name)


def switches_that_fired(case: Case, seen: Replay) -> list[str]:
    """What happened in a case, by name."""
    execution, n = case.execution, len(case.bars)
    facts = {
        "impact": execution.impact_bps and seen.fills,
        "cap left a remainder": seen.capped,
        "remainder was carried": len(seen.capped) > 1 and len(seen.fills) > 1,
        "ambiguous exit": seen.ambiguous,
        "finer candles asked": case.fine is not None and seen.ambiguous == 0 and execution.has_stops and seen.fills,
        "tick": execution.tick_size and seen.fills,
        "lots": execution.lot_step and seen.fills,
        "funding paid": seen.funding > 0.0,
        "funding received": seen.funding < 0.0,
        "ruined": seen.ruined,
        "size per bar": not isinstance(case.size, float) and seen.fills,
        "first above 0": case.first > 0 and seen.fills,
        "short": any(h < 0.0 for h in seen.holding),
        "unknown volume": np.isnan(case.bars.volume).any() and seen.fills,
        "gap through a stop": any(f.moment == 0 and f.reason in ("stop_loss", "trailing_stop") for f in seen.fills),
        "take-profit at the open": any(f.moment == 0 and f.reason == "take_profit" for f in seen.fills),
        "bars": n,
    }
    return [
        *(name for name, fact in facts.items() if fact),
        *sorted({f"fill: {fill.reason}" for fill in seen.fills}),
        *sorted({f"refused: {reason}" for _, reason in seen.refused}),
    ]


EVERY_SWITCH = {
    *("impact", "cap left a remainder", "remainder was carried", "ambiguous exit", "finer candles asked"),
    *("tick", "lots"),
    *("funding paid", "funding received", "ruined", "size per bar", "first above 0", "short", "unknown volume"),
    *("gap through a stop", "take-profit at the open"),
    *(f"fill: {reason}" for reason in REASONS),
    *(f"refused: {reason}" for reason in REFUSALS),
}


@pytest.mark.slow
def test_equals_the_reference_on_ten_thousand_cases() -> None:
    fired: Counter[str] = Counter()

    @settings(max_examples=10_000, deadline=None)
    @given(cases())
    def check(case: Case) -> None:
        fired.update(switches_that_fired(case, check_against_reference(case)))

    check()
    print("".join(f"\n{name:32} {count:6}" for name, count in sorted(fired.items())))
    too_few = {name for name in EVERY_SWITCH if fired[name] < 30}
    assert not too_few
