"""The vectorised engine against the bar loop of the specification, on whatever Hypothesis finds and on real hours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.backtest import vectorised_engine
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.statistics import COLUMN_NUMBERS
from candlecloud.backtest.vectorised_engine import (
    PlainCosts,
    fits_vectorised_engine,
    statistics_of_pairs,
    statistics_of_signals,
)
from candlecloud.errors import InvalidParameterError
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.families.moving_average import compare_sma
from tests.golden.bars import bars_of, with_gaps
from tests.golden.reference import Bar, Rules, replay, summed
from tests.golden.summary_oracle import time_under_water
from tests.support.recorded import btc_hours
from tests.support.uncompiled import uncompiled

EXACT = ("n_trades", "n_wins", "sum_profit", "sum_loss", "fees", "slippage", "notional", "n_fills", "bars_in_position")
COSTS = PlainCosts(0.001, 0.0002)


def by_bars(bars: Bars, signal: list[bool], costs: PlainCosts, *, cash: float, first: int) -> dict[str, float]:
    """The columns, from the bar loop of the specification, summed without error."""
    volumes = [None if math.isnan(v) else v for v in bars.volume.tolist()]
    rows = zip(bars.open.tolist(), bars.high.tolist(), bars.low.tolist(), bars.close.tolist(), volumes, strict=True)
    rules = Rules(taker_fee=costs.fee_rate, slippage=costs.slippage_rate, flatten_at_end=costs.flatten_at_end)
    account = replay([Bar(*row) for row in rows], [float(s) for s in signal], rules, cash=cash, first=first)
    sums = summed(account)
    assert not account.refused
    assert not account.ruined
    returns, peak, under, longest, drawdown = [], cash, 0, 0, 0.0
    for before, equity in zip([cash, *account.equity], account.equity, strict=False):
        returns.append(equity / before - 1.0)
        peak = max(peak, equity)
        under = under + 1 if equity < peak else 0
        longest, drawdown = max(longest, under), max(drawdown, 1.0 - equity / peak)
    return {
        **{name: float(sums[name]) for name in EXACT},
        "final_equity": account.equity[-1],
        "max_drawdown": drawdown,
        "max_under_water_bars": float(longest),
        "max_under_water_ms": float(time_under_water(account.equity, cash, hours_of(bars, first))),
        "sum_returns": math.fsum(returns),
        "sum_squares": math.fsum(r * r for r in returns),
        "sum_negative_squares": math.fsum(min(r, 0.0) ** 2 for r in returns),
        "sum_equity": math.fsum(account.equity),
        **_slack(bars, returns, account.fills),
    }


def hours_of(bars: Bars, first: int) -> list[tuple[int, int]]:
    """Open and close of each bar from one on."""
    return list(zip(bars.open_time[first:].tolist(), bars.close_time[first:].tolist(), strict=True))


def _slack(bars: Bars, returns: list[float], fills: Sequence[Any]) -> dict[str, float]:
    """What rounding may cost: a fill adds and takes sums over its whole tile, held or not: some bits of those."""
    steps = np.append(bars.close[1:] / bars.close[:-1], 2.0) - 1.0
    bits = 2.0**-51 * (len(fills) + 1)
    return {
        "slack_of_returns": bits * float(np.abs(steps).sum()) + 1e-12 * math.fsum(map(abs, returns)),
        "slack_of_squares": bits * float((steps * steps).sum()),
    }


def check_row(row: FloatArray, wanted: dict[str, float]) -> None:
    got = {name: float(row[number]) for name, number in COLUMN_NUMBERS.items()}
    exact = (*EXACT, "final_equity", "max_drawdown", "max_under_water_bars", "max_under_water_ms")
    assert {name: got[name] for name in exact} == {name: wanted[name] for name in exact}
    squares = wanted["slack_of_squares"]
    slack = {"sum_returns": wanted["slack_of_returns"], "sum_squares": squares, "sum_negative_squares": squares}
    for name, most in {**slack, "sum_equity": 0.0}.items():
        assert got[name] == pytest.approx(wanted[name], rel=1e-12, abs=1e-15 + most)
    assert {got[name] for name in ("funding", "ambiguous_exits", "refused_orders", "ruined")} == {0.0}


def above(ticks: list[int], fast: int, slow: int) -> list[bool]:
    """SMA(fast) > SMA(slow) in whole numbers."""
    return [
        t + 1 >= slow and sum(ticks[t + 1 - fast : t + 1]) * slow > sum(ticks[t + 1 - slow : t + 1]) * fast
        for t in range(len(ticks))
    ]


def uncompiled_accumulate_sets() -> Any:
    """The kernel and what it calls as plain Python, on whatever the arguments are."""
    kernel = uncompiled("candlecloud.backtest.kernels.vectorised_engine")
    for part, names in (
        ("tiles", ("precompute_fill_terms", "precompute_extremes", "precompute_averages")),
        ("signal_words", ("compare_averages", "copy_words", "find_fills")),
    ):
        module = uncompiled(f"candlecloud.backtest.kernels.{part}")
        for name in names:
            setattr(kernel, name, getattr(module, name))
    return kernel.accumulate_sets


@cache
def hours() -> Bars:
    return bars_from_table(btc_hours())


def cut(bars: Bars, start: int, stop: int) -> Bars:
    """Bars by number."""
    columns = (bars.open_time, bars.close_time, bars.open, bars.high, bars.low, bars.close, bars.volume)
    return Bars(*(column[start:stop] for column in columns), bars.scale, bars.close_tick_sums[start : stop + 1])


def market(seed: int, n: int, *, spread: int, silent: float) -> Bars:
    """A random walk in ticks with candles absent, some bars without volume and some whose volume nobody says."""
    rng = np.random.default_rng(seed)
    closes = np.maximum(10_000 + np.cumsum(rng.integers(-spread, spread + 1, n)), 50)
    opens = np.maximum(closes + rng.integers(-spread, spread + 1, n), 50)
    volumes = [None if u > 0.97 else 0.0 if u < silent else 1.0 for u in rng.random(n).tolist()]
    return with_gaps(bars_of((opens / 100).tolist(), (closes / 100).tolist(), volumes), rng)


def pairs(*grid: tuple[int, int]) -> tuple[IntArray, IntArray]:
    columns = np.array(grid, np.int64).reshape(-1, 2)
    return columns[:, 0].copy(), columns[:, 1].copy()


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    borders = st.sampled_from([510, 511, 512, 513, 514, 1_023, 1_024, 1_025, 1_100])
    n = draw(st.one_of(st.integers(1, 12), st.integers(13, 200), borders))
    first = draw(st.one_of(st.just(0), st.integers(0, min(n - 1, 70))))
    spread, silent = draw(st.sampled_from([1, 3, 60, 900])), draw(st.sampled_from([0.0, 0.02, 0.5, 0.98]))
    return {
        "bars": market(draw(st.integers(0, 2**32)), n, spread=spread, silent=silent),
        "first": first,
        "costs": PlainCosts(
            draw(st.sampled_from([0.0, 0.001, 0.00333, 0.1])),  # more ends where floats end: experiments.simulate
            draw(st.sampled_from([0.0, 0.0002, 0.0017, 0.1])),
            draw(st.booleans()),
        ),
        "flips": draw(st.sampled_from([0.01, 0.1, 0.9])),
        "dice": draw(st.integers(0, 2**32)),
    }


def check_case(case: dict[str, Any]) -> None:
    bars, first, costs = case["bars"], case["first"], case["costs"]
    rng = np.random.default_rng(case["dice"])
    fast = rng.integers(1, 9, 4)
    slow = fast + rng.integers(0, 12, 4)
    rows = statistics_of_pairs(Backtest(bars, 1e4, start_bar=first), fast, slow, costs)
    ticks = bars.close_ticks.tolist()
    for row, f, s in zip(rows, fast.tolist(), slow.tolist(), strict=True):
        check_row(row, by_bars(bars, above(ticks, f, s), costs, cash=1e4, first=first))
    signals = [np.cumsum(rng.random(len(bars)) < case["flips"]) % 2 == 1 for _ in range(3)]
    rows = statistics_of_signals(Backtest(bars, 1e4, start_bar=first), iter(signals), costs)
    for row, signal in zip(rows, signals, strict=True):
        check_row(row, by_bars(bars, signal.tolist(), costs, cash=1e4, first=first))


@settings(max_examples=150)
@given(cases())
@example(
    {
        "bars": market(1, 512, spread=60, silent=0.0),
        "first": 0,
        "costs": PlainCosts(0, 0, True),
        "flips": 1.0,
        "dice": 1,
    }
)
def test_equals_the_bar_loop(case: dict[str, Any]) -> None:
    check_case(case)


@pytest.mark.slow
@settings(max_examples=2_000)
@given(cases())
def test_equals_the_bar_loop_on_fourteen_thousand_sets(case: dict[str, Any]) -> None:
    check_case(case)


@pytest.mark.parametrize("flatten", [False, True])
def test_equals_the_bar_loop_on_real_hours(flatten: bool) -> None:
    bars, costs = hours(), PlainCosts(0.001, 0.0002, flatten)
    fast, slow = pairs((10, 50), (30, 60), (100, 400), (1, 2))
    rows = statistics_of_pairs(Backtest(bars, 1e4, start_bar=400), fast, slow, costs)
    for row, f, s in zip(rows, fast.tolist(), slow.tolist(), strict=True):
        signal = (compare_sma(bars.close_tick_sums, f, s) > 0).tolist()
        check_row(row, by_bars(bars, signal, costs, cash=1e4, first=400))


@pytest.mark.slow
def test_equals_the_bar_loop_on_a_grid_of_real_hours() -> None:
    bars = hours()
    fast, slow = pairs(*((f, s) for f in range(10, 101, 10) for s in range(50, 401, 50) if f < s))
    rows = statistics_of_pairs(Backtest(bars, 1e4), fast, slow, COSTS)
    for row, f, s in zip(rows, fast.tolist(), slow.tolist(), strict=True):
        signal = (compare_sma(bars.close_tick_sums, f, s) > 0).tolist()
        check_row(row, by_bars(bars, signal, COSTS, cash=1e4, first=0))


def test_pairs_and_their_signals_give_the_same_bytes() -> None:
    bars = hours()
    fast, slow = pairs(*((f, s) for f in (10, 20, 30, 50, 59) for s in (60, 100, 200, 333)))
    by_pairs = statistics_of_pairs(Backtest(bars, 1e4, start_bar=123), fast, slow, COSTS)
    signals = (compare_sma(bars.close_tick_sums, int(f), int(s)) > 0 for f, s in zip(fast, slow, strict=True))
    by_signals = statistics_of_signals(Backtest(bars, 1e4, start_bar=123), signals, COSTS)
    assert by_pairs.tobytes() == by_signals.tobytes()


def test_an_exact_tie_makes_no_trade() -> None:
    """SMA 30 and SMA 60 of 2023-08-13 03:00 are equal on paper; float averages see a crossing and trade on it."""
    bars = hours()
    tie = bars.index_of(1_691_895_600_000)
    assert compare_sma(bars.close_tick_sums, 30, 60)[tie] == 0
    around = cut(bars, tie - 200, tie + 50)
    fast, slow = pairs((30, 60))
    (row,) = statistics_of_pairs(Backtest(around, 1e4), fast, slow, COSTS)
    wanted = above(around.close_ticks.tolist(), 30, 60)
    assert not wanted[200]
    check_row(row, by_bars(around, wanted, COSTS, cash=1e4, first=0))


@pytest.mark.parametrize("reduced", ["_EXACT_AVERAGES", "_EXACT_SUMS"])
def test_ticks_too_large_for_float_averages_are_compared_in_whole_numbers(
    monkeypatch: pytest.MonkeyPatch, reduced: str
) -> None:
    bars = market(7, 700, spread=2, silent=0.1)
    fast, slow = pairs((3, 5), (2, 12))
    as_floats = statistics_of_pairs(Backtest(bars, 1e4, start_bar=9), fast, slow, COSTS)
    monkeypatch.setattr(vectorised_engine, reduced, 1)
    assert statistics_of_pairs(Backtest(bars, 1e4, start_bar=9), fast, slow, COSTS).tobytes() == as_floats.tobytes()


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.integers(2, 40), st.integers(3, 60))
def test_order_and_ties_hold_up_to_the_bound(seed: int, fast: int, slow: int) -> None:
    """The largest closes that floats may compare, nearly all alike: averages tie or differ by next to nothing."""
    fast, slow = sorted((fast, slow))
    largest = min(2**51 // (fast * slow), 2**53 // 200, 2**48) - 1
    ticks = largest - np.random.default_rng(seed).integers(0, 2, 150)
    bars = bars_of(ticks.tolist(), ticks.tolist(), scale=0)
    signal = above(ticks.tolist(), fast, slow)
    rows = statistics_of_pairs(Backtest(bars, 1e4), *pairs((fast, slow)), PlainCosts())
    wanted = statistics_of_signals(Backtest(bars, 1e4), [np.array(signal)], PlainCosts())
    assert rows.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("size", [1, 17, 1_000])
def test_a_row_does_not_depend_on_its_batch(size: int) -> None:
    bars = cut(hours(), 0, 3_000)
    fast, slow = pairs(*((f, s) for f in range(2, 42) for s in range(50, 80, 2)))
    together = statistics_of_pairs(Backtest(bars, 1e4, start_bar=33), fast, slow, COSTS)
    order = np.random.default_rng(size).permutation(len(fast))[: 40 * size]
    for start in range(0, len(order), size):
        part = order[start : start + size]
        alone = statistics_of_pairs(Backtest(bars, 1e4, start_bar=33), fast[part], slow[part], COSTS)
        assert alone.tobytes() == together[part].tobytes()


def test_signals_are_read_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    bars = market(3, 1_500, spread=60, silent=0.05)
    signals = np.random.default_rng(4).random((150, len(bars))) < 0.5
    together = statistics_of_signals(Backtest(bars, 1e4), signals, COSTS)
    monkeypatch.setattr(vectorised_engine, "_BITS_AT_ONCE", 7 * 64 * 24)
    assert statistics_of_signals(Backtest(bars, 1e4), iter(signals), COSTS).tobytes() == together.tobytes()
    assert statistics_of_signals(Backtest(bars, 1e4), [], COSTS).shape == (0, together.shape[1])


@settings(max_examples=15)
@given(cases())
def test_uncompiled_it_gives_the_same_bits(case: dict[str, Any]) -> None:
    bars, first, costs = case["bars"], case["first"], case["costs"]
    fast, slow = pairs((1, 2), (2, 7), (5, 9))
    signals = np.random.default_rng(case["dice"]).random((2, len(bars))) < case["flips"]
    compiled = [
        statistics_of_pairs(Backtest(bars, 1e4, start_bar=first), fast, slow, costs),
        statistics_of_signals(Backtest(bars, 1e4, start_bar=first), signals, costs),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectorised_engine, "accumulate_sets", uncompiled_accumulate_sets())
        plain = [
            statistics_of_pairs(Backtest(bars, 1e4, start_bar=first), fast, slow, costs),
            statistics_of_signals(Backtest(bars, 1e4, start_bar=first), signals, costs),
        ]
    assert [rows.tobytes() for rows in plain] == [rows.tobytes() for rows in compiled]


def test_what_does_not_fit_is_refused() -> None:
    good = bars_of([1.0, 2.0], [1.0, 2.0])
    assert fits_vectorised_engine(good, COSTS)
    for bars, costs in (
        (bars_of([0.0, 1.0], [1.0, 1.0]), COSTS),
        (bars_of([0.01, 2e7], [1.0, 1.0]), COSTS),
        (good, PlainCosts(0.51, 0.0)),
        (good, PlainCosts(0.0, -0.1)),
        (good, PlainCosts(math.nan, 0.0)),
        (cut(good, 0, 0), COSTS),
    ):
        assert not fits_vectorised_engine(bars, costs)
        with pytest.raises(InvalidParameterError):
            statistics_of_pairs(Backtest(bars, 1e4), *pairs((1, 2)), costs)


@pytest.mark.parametrize(("fast", "slow"), [([2], [1]), ([0], [3]), ([1, 2], [3])])
def test_windows_out_of_order_are_refused(fast: list[int], slow: list[int]) -> None:
    bars = bars_of([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(InvalidParameterError, match="fast"):
        statistics_of_pairs(Backtest(bars, 1e4), np.array(fast), np.array(slow), COSTS)


def test_signals_of_another_length_and_bad_starts_are_refused() -> None:
    bars = bars_of([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(InvalidParameterError, match="one entry per bar"):
        statistics_of_signals(Backtest(bars, 1e4), [np.array([True])], COSTS)
    for first, equity in ((2, 1e4), (-1, 1e4), (0, 0.0)):
        with pytest.raises(InvalidParameterError):
            statistics_of_signals(Backtest(bars, equity, start_bar=first), [], COSTS)
