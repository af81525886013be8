"""The event form against the path form and the reference: trades exactly, sums to rounding; each set for itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.arrays import FloatArray
from candlecloud.backtest.engine import statistics_of_target
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.sweep_form import PlainCosts, fits_event_form, statistics_of_pairs, statistics_of_signals
from candlecloud.errors import InvalidParameterError
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.moving_average import compare_sma
from candlecloud.metrics.tallies import COLUMNS
from tests.golden.bars import bars_of
from tests.golden.reference import Bar, Rules, replay
from tests.support.recorded import btc_hours

HOURS = bars_from_table(btc_hours())
SUMS = ("sum_returns", "sum_squares", "sum_negative_squares", "sum_equity")
EXACT = [k for k, name in enumerate(COLUMNS) if name not in SUMS]
ROUNDED = [COLUMNS.index(name) for name in SUMS]


def path_row(bars: Bars, signal: Any, costs: PlainCosts, first: int) -> FloatArray:
    execution = Execution(
        taker_fee_bps=costs.fee_rate * 10_000.0,
        slippage_bps=costs.slippage_rate * 10_000.0,
        flatten_at_end=costs.flatten_at_end,
    )
    return statistics_of_target(bars, np.where(signal, 1.0, 0.0), execution, initial_equity=10_000.0, first=first)


def check_same(got: FloatArray, wanted: FloatArray, rounding: float = 1e-12) -> None:
    """Sums over a stretch are differences of running sums of a tile: the largest numbers of the tile round them."""
    assert got[EXACT].tolist() == wanted[EXACT].tolist()
    np.testing.assert_allclose(got[ROUNDED], wanted[ROUNDED], rtol=rounding, atol=rounding)


@st.composite
def markets(draw: st.DrawFn) -> tuple[Bars, list[bool], int]:
    n = draw(st.one_of(st.integers(1, 70), st.sampled_from([511, 512, 513, 575, 576, 1_025, 1_100])))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    spread = draw(st.sampled_from([0.0001, 0.01, 0.05]))
    ticks = np.rint(1_000 * np.exp(np.cumsum(rng.normal(0.0, spread, n)))).clip(4).astype(np.int64)
    opens = np.maximum(1, ticks + rng.integers(-3, 4, n))
    volumes = [None if v == 2 else float(v) for v in rng.choice([0, 1, 1, 1, 2], n).tolist()]
    signal = (rng.random(n) < draw(st.sampled_from([0.02, 0.3, 0.7]))).tolist()
    first = draw(st.sampled_from([0, 1, n // 3, n - 1]))
    return bars_of((opens / 100).tolist(), (ticks / 100).tolist(), volumes), signal, min(first, n - 1)


def check_case(market: tuple[Bars, list[bool], int], fee: float, slip: float, flatten: bool) -> None:
    bars, signal, first = market
    costs = PlainCosts(fee, slip, flatten)
    row = statistics_of_signals(bars, [np.array(signal)], costs, initial_equity=10_000.0, first=first)[0]
    check_same(row, path_row(bars, signal, costs, first), rounding=1e-10)  # single bars move by up to a fifth here
    rows = zip(
        bars.open.tolist(),
        bars.high.tolist(),
        bars.low.tolist(),
        bars.close.tolist(),
        bars.volume.tolist(),
        strict=True,
    )
    rules = Rules(taker_fee=fee, slippage=slip, flatten_at_end=flatten)
    wanted = replay([Bar(*r) for r in rows], [float(s) for s in signal], rules, cash=10_000.0, first=first)
    told = dict(zip(COLUMNS, row.tolist(), strict=True))
    assert told["final_equity"] == wanted.equity[-1]
    assert (told["n_trades"], told["n_fills"]) == (len(wanted.profits), len(wanted.fills))
    assert told["n_wins"] == sum(profit > 0 for profit in wanted.profits)


@settings(max_examples=150, deadline=None)
@given(markets(), st.sampled_from([0.0, 0.001, 0.05]), st.sampled_from([0.0, 0.0002, 0.09]), st.booleans())
def test_equals_the_path_form_and_the_reference(
    market: tuple[Bars, list[bool], int], fee: float, slip: float, flatten: bool
) -> None:
    check_case(market, fee, slip, flatten)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(markets(), st.sampled_from([0.0, 0.001, 0.05]), st.sampled_from([0.0, 0.0002, 0.09]), st.booleans())
def test_equals_them_on_ten_thousand_cases(
    market: tuple[Bars, list[bool], int], fee: float, slip: float, flatten: bool
) -> None:
    check_case(market, fee, slip, flatten)


PAIRS = np.array(
    [(fast, slow) for fast in (2, 5, 30, 99) for slow in (7, 60, 120, 400, 1_000) if fast < slow], np.int64
)
FAST, SLOW = np.ascontiguousarray(PAIRS[:, 0]), np.ascontiguousarray(PAIRS[:, 1])
COSTS = PlainCosts(0.001, 0.0002)


def test_pairs_on_real_hours_equal_the_path_form() -> None:
    rows = statistics_of_pairs(HOURS, FAST, SLOW, COSTS, initial_equity=10_000.0, first=1_000)
    for row, (fast, slow) in zip(rows, PAIRS.tolist(), strict=True):
        signal = compare_sma(HOURS.close_tick_sums, fast, slow) > 0
        check_same(row, path_row(HOURS, signal, COSTS, 1_000))


def test_a_set_does_not_depend_on_the_others() -> None:
    whole = statistics_of_pairs(HOURS, FAST, SLOW, COSTS, initial_equity=10_000.0, first=1_000)
    backwards = statistics_of_pairs(HOURS, FAST[::-1].copy(), SLOW[::-1].copy(), COSTS, initial_equity=1e4, first=1_000)
    assert backwards[::-1].tobytes() == whole.tobytes()
    for size in (1, 7):
        parts = [
            statistics_of_pairs(HOURS, FAST[k : k + size], SLOW[k : k + size], COSTS, initial_equity=1e4, first=1_000)
            for k in range(0, len(FAST), size)
        ]
        assert np.concatenate(parts).tobytes() == whole.tobytes()
    many = np.repeat(FAST, 40), np.repeat(SLOW, 40)
    assert statistics_of_pairs(HOURS, *many, COSTS, initial_equity=1e4, first=1_000)[::40].tobytes() == whole.tobytes()


def test_signals_and_pairs_are_the_same_row() -> None:
    signals = (compare_sma(HOURS.close_tick_sums, fast, slow) > 0 for fast, slow in PAIRS.tolist())
    by_words = statistics_of_signals(HOURS, signals, COSTS, initial_equity=1e4, first=1_000)
    assert (
        by_words.tobytes() == statistics_of_pairs(HOURS, FAST, SLOW, COSTS, initial_equity=1e4, first=1_000).tobytes()
    )


def test_the_real_tie_trades_nothing() -> None:
    """30/60 tie at 2023-08-13 03:00; an engine that sees 30 above 60 there has one trade more in these days."""
    tied = HOURS.index_of(1_691_895_600_000)
    days = HOURS.since(int(HOURS.open_time[tied - 400]))
    signal = compare_sma(days.close_tick_sums, 30, 60) > 0
    assert not signal[400]
    bogus = signal.copy()
    bogus[400] = True
    windows = np.array([30], np.int64), np.array([60], np.int64)
    row = statistics_of_pairs(days, *windows, COSTS, initial_equity=1e4, first=60)[0]
    trades = COLUMNS.index("n_fills")
    assert row[trades] == path_row(days, signal, COSTS, 60)[trades]
    assert row[COLUMNS.index("final_equity")] != path_row(days, bogus, COSTS, 60)[COLUMNS.index("final_equity")]


def test_averages_too_large_for_floats_are_compared_as_whole_numbers() -> None:
    rng = np.random.default_rng(4)
    ticks = 2**47 + rng.integers(0, 3, 900)
    bars = bars_of((ticks / 100).tolist(), (ticks / 100).tolist())
    row = statistics_of_pairs(bars, np.array([3]), np.array([50]), COSTS, initial_equity=1e4, first=60)[0]
    check_same(row, path_row(bars, compare_sma(bars.close_tick_sums, 3, 50) > 0, COSTS, 60))


def test_what_does_not_fit_is_refused() -> None:
    bars = bars_of([10, 11, 12], [10, 11, 12])
    assert not fits_event_form(bars, PlainCosts(0.6, 0.0))
    for fast, slow, first in (([3], [2], 0), ([0], [2], 0), ([1], [2, 3], 0), ([1], [2], 3)):
        with pytest.raises(InvalidParameterError):
            statistics_of_pairs(bars, np.array(fast), np.array(slow), COSTS, initial_equity=1e4, first=first)
    with pytest.raises(InvalidParameterError):
        statistics_of_signals(bars, [np.ones(2, bool)], COSTS, initial_equity=1e4)
