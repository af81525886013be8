"""The bar engine against the reference: fills exactly, equity to the last bit, every column of the statistics."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from candlecloud.backtest import bar_engine
from candlecloud.backtest.bar_engine import simulate, statistics_of_target
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.orders import REASONS, REFUSALS
from candlecloud.backtest.vectorised_engine import PlainCosts, statistics_of_signals
from candlecloud.features.bars import bars_from_table
from candlecloud.metrics.accumulators import Accumulators
from candlecloud.metrics.curves import bar_returns, drawdowns, longest_time_under_water, longest_under_water
from tests.golden.cases import CASH, Case, cases, replayed
from tests.golden.reference import Replay, summed
from tests.support.recorded import btc_hours
from tests.support.uncompiled import uncompiled

PHASES = ("open", "within", "close")


def check_against_reference(case: Case) -> Replay:
    wanted = replayed(case)
    got = simulate(case.backtest, case.target, case.execution, case.size)
    fills = [(f.bar, PHASES[f.phase], f.change, f.held, f.price, f.fee, f.slippage, f.reason) for f in wanted.fills]
    assert [tuple(fill) for fill in got.fills] == fills
    assert list(got.profits) == wanted.profits
    assert (got.cash, got.quantity, got.ruined) == (wanted.cash, wanted.held, wanted.ruined)
    assert got.equity.tolist() == wanted.equity
    assert list(got.refused) == wanted.refused
    assert list(got.capped) == wanted.capped
    check_statistics(case, got.accumulators, wanted)
    alone = statistics_of_target(case.backtest, case.target, case.execution, case.size)
    assert alone.tobytes() == got.statistics.tobytes()
    trades = got.trades()
    assert [trade.pnl for trade in trades] == wanted.profits
    assert all(trade.mae >= 0.0 and trade.mfe >= 0.0 for trade in trades)
    return wanted


def check_statistics(case: Case, got: Accumulators, wanted: Replay) -> None:
    equity, bars = (
        np.array(wanted.equity),
        case.backtest.bars.since(case.backtest.bars.open_time[case.backtest.start_bar]),
    )
    returns, below = bar_returns(equity, CASH), drawdowns(equity, CASH)
    numbers = summed(wanted) | {
        "final_equity": equity[-1],
        "sum_returns": sum(returns.tolist()),
        "sum_squares": sum((returns * returns).tolist()),
        "sum_negative_squares": sum((np.minimum(returns, 0.0) ** 2).tolist()),
        "sum_equity": sum(wanted.equity),
        "max_drawdown": below.max(),
        "max_under_water_bars": longest_under_water(below),
        "max_under_water_ms": longest_time_under_water(below, bars.open_time, bars.close_time),
    }
    sums = {"sum_equity": sum(wanted.equity), "sum_returns": np.abs(returns).sum(), "sum_squares": 0.0}
    for name, value in got._asdict().items():
        close = pytest.approx(numbers[name], rel=1e-12, abs=1e-12 * abs(sums[name])) if name in sums else numbers[name]
        assert value == close, name


@settings(max_examples=400)
@given(cases())
def test_equals_the_reference(case: Case) -> None:
    for name in switches_that_fired(case, check_against_reference(case)):
        event(name)


def switches_that_fired(case: Case, seen: Replay) -> list[str]:
    """What happened in a case, by name."""
    execution, n = case.execution, len(case.backtest.bars)
    facts = {
        "impact": execution.impact_bps and seen.fills,
        "cap left a remainder": seen.capped,
        "remainder was carried": len(seen.capped) > 1 and len(seen.fills) > 1,
        "ambiguous exit": seen.ambiguous,
        "intrabar data asked": case.backtest.intrabar is not None
        and seen.ambiguous == 0
        and execution.has_stops
        and seen.fills,
        "tick": execution.tick_size and seen.fills,
        "lots": execution.lot_step and seen.fills,
        "funding paid": seen.funding > 0.0,
        "funding received": seen.funding < 0.0,
        "ruined": seen.ruined,
        "ruined inside a bar": any(f.phase == 1 and f.reason == "ruin" for f in seen.fills),
        "fills at the open and inside of one bar": len({f.bar for f in seen.fills}) < len(seen.fills),
        "entry inside a bar": any(f.phase == 1 and f.reason == "target" for f in seen.fills),
        "size per bar": not isinstance(case.size, float) and seen.fills,
        "start bar above 0": case.backtest.start_bar > 0 and seen.fills,
        "short": any(h < 0.0 for h in seen.holding),
        "unknown volume": np.isnan(case.backtest.bars.volume).any() and seen.fills,
        "gap through a stop": any(f.phase == 0 and f.reason in ("stop_loss", "trailing_stop") for f in seen.fills),
        "take-profit at the open": any(f.phase == 0 and f.reason == "take_profit" for f in seen.fills),
        "bars": n,
    }
    return [
        *(name for name, fact in facts.items() if fact),
        *sorted({f"fill: {fill.reason}" for fill in seen.fills}),
        *sorted({f"refused: {reason}" for _, reason in seen.refused}),
    ]


EVERY_SWITCH = {
    *("impact", "cap left a remainder", "remainder was carried", "ambiguous exit", "intrabar data asked"),
    *("tick", "lots"),
    *("entry inside a bar", "ruined inside a bar", "fills at the open and inside of one bar"),
    *("funding paid", "funding received", "ruined", "size per bar", "start bar above 0", "short", "unknown volume"),
    *("gap through a stop", "take-profit at the open"),
    *(f"fill: {reason}" for reason in REASONS),
    *(f"refused: {reason}" for reason in REFUSALS),
}


@pytest.mark.slow
def test_equals_the_reference_on_ten_thousand_cases() -> None:
    fired: Counter[str] = Counter()

    @settings(max_examples=10_000)
    @given(cases())
    def check(case: Case) -> None:
        fired.update(switches_that_fired(case, check_against_reference(case)))

    check()
    print("".join(f"\n{name:32} {count:6}" for name, count in sorted(fired.items())))
    too_few = {name for name in EVERY_SWITCH if fired[name] < 5}
    assert not too_few


@pytest.fixture
def plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine on the kernels' sources, as a machine without a compiler runs them."""
    for name in ("account", "stops", "entries", "quiet_bars", "bar_engine"):
        full = f"candlecloud.backtest.kernels.{name}"
        monkeypatch.setitem(sys.modules, full, uncompiled(full))
    monkeypatch.setattr(bar_engine, "bar_engine", sys.modules["candlecloud.backtest.kernels.bar_engine"])


@pytest.mark.usefixtures("plain_python")
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases())
def test_uncompiled_kernel_gives_the_same_bits(case: Case) -> None:
    assert str(bar_engine.bar_engine.__file__).endswith(".py")
    check_against_reference(case)


def test_compiled_and_uncompiled_rows_are_equal_on_real_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums too: the bits of a row don't depend on whether a compiler was there."""
    bars = bars_from_table(btc_hours().slice(0, 3_000))
    target = np.sign(np.sin(np.arange(len(bars)) / 17.0))
    execution = Execution(
        taker_fee_bps=10,
        maker_fee_bps=2,
        slippage_bps=2,
        impact_bps=100,
        max_participation=0.1,
        stop_loss=0.02,
        take_profit=0.03,
        trailing_stop=0.02,
        drawdown_limit=0.1,
        cooldown_bars=24,
        rebalance_band=0.05,
    )
    size = 0.5 + 0.5 * np.cos(np.arange(len(bars)) / 5.0) ** 2
    funding = np.where(np.arange(len(bars)) % 8 == 0, 1e-4, 0.0)
    backtest = Backtest(bars, CASH, direction="both", funding=funding)
    rows = [statistics_of_target(backtest, target, execution, size)]
    for name in ("account", "stops", "entries", "quiet_bars", "bar_engine"):
        full = f"candlecloud.backtest.kernels.{name}"
        monkeypatch.setitem(sys.modules, full, uncompiled(full))
    monkeypatch.setattr(bar_engine, "bar_engine", sys.modules["candlecloud.backtest.kernels.bar_engine"])
    rows.append(statistics_of_target(backtest, target, execution, size))
    assert rows[0].tobytes() == rows[1].tobytes()
    assert Accumulators.from_row(rows[0]).n_fills > 300


@settings(max_examples=200)
@given(cases(), st.data())
def test_vectorised_engine_gives_the_bar_engines_rows(case: Case, data: st.DataObject) -> None:
    """Long with all equity or flat, fixed costs: both engines do it."""
    long = case.target > 0.0
    execution = Execution(
        taker_fee_bps=data.draw(st.sampled_from([0.0, 10.0, 500.0])),
        slippage_bps=data.draw(st.sampled_from([0.0, 2.0, 900.0])),
        flatten_at_end=case.execution.flatten_at_end,
    )
    costs = PlainCosts(execution.taker_fee_bps / 1e4, execution.slippage_bps / 1e4, execution.flatten_at_end)
    row = statistics_of_target(replace(case.backtest, direction="long", funding=None), long * 1.0, execution)
    (events,) = statistics_of_signals(replace(case.backtest, direction="long", funding=None), [long], costs)
    np.testing.assert_allclose(events, row, rtol=1e-12, atol=1e-12 * len(long))
