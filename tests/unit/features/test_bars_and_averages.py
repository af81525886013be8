"""Bars and moving averages: exact where exactness is promised."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.errors import CorruptObjectError, InvalidRangeError
from candlecloud.features.bars import bars_from_table, prefix_sums, price_scale, to_ticks
from candlecloud.features.families.moving_average import compare_sma, sma, window_sums
from candlecloud.market.candle import Candle
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.rows import rows_table
from candlecloud.market.series import Series
from tests.golden.dual_sma import dual_sma_targets

HOUR_MS = 3_600_000


def table_of(*prices: float, volume: float | None = 1.0) -> pa.Table:
    rows = [Candle(i * HOUR_MS, p, p, p, p, volume, None, None) for i, p in enumerate(prices)]
    return rows_table(CANDLES, rows, Series.of("binance", "BTC-USDT", "1h"), 0, "native")


def test_bars_from_candles() -> None:
    bars = bars_from_table(table_of(100.5, 99.25, volume=None))
    assert len(bars) == 2
    assert bars.scale == 2
    assert bars.close_ticks.tolist() == [10_050, 9_925]
    assert bars.close_tick_sums.tolist() == [0, 10_050, 19_975]
    assert bars.close_time.tolist() == [HOUR_MS, 2 * HOUR_MS]
    assert np.isnan(bars.volume).all()
    assert bars.traded.tolist() == [0, 1]
    assert bars_from_table(table_of(1.0, volume=0.0)).traded.tolist() == []


def test_bars_since_a_time_are_the_same_bars_later() -> None:
    bars = bars_from_table(table_of(1.0, 2.0, 3.5, 4.0))
    later = bars.since(HOUR_MS + 1)
    assert later.open_time.tolist() == [2 * HOUR_MS, 3 * HOUR_MS]
    assert later.close_ticks.tolist() == [35, 40]
    assert window_sums(later.close_tick_sums, 2).tolist() == [75]
    assert len(bars.since(9 * HOUR_MS)) == 0


def test_bars_refuse_two_candles_of_one_time() -> None:
    table = table_of(1.0)
    with pytest.raises(InvalidRangeError, match="one candle per open time"):
        bars_from_table(pa.concat_tables([table, table]))


@given(st.integers(0, 8), st.lists(st.integers(1, 10**11), min_size=1, max_size=20))
def test_ticks_give_the_price_back_bit_for_bit(scale: int, ticks: list[int]) -> None:
    prices = np.array([float(f"{t}e-{scale}") for t in ticks])
    assert to_ticks(prices, scale).tolist() == ticks
    assert price_scale([prices]) <= scale
    assert (np.array(ticks) / 10.0**scale == prices).all()


@pytest.mark.parametrize("prices", [[0.1 + 0.2], [1e15 + 0.125], [1 / 3]])
def test_prices_that_are_no_decimal_numbers_are_refused(prices: list[float]) -> None:
    with pytest.raises(CorruptObjectError):
        price_scale([np.array(prices)])
    with pytest.raises(CorruptObjectError):
        to_ticks(np.array(prices), 2)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(1, 10))
def test_sma_is_the_nearest_float_to_the_true_mean(ticks: list[int], window: int) -> None:
    average = sma(prefix_sums(np.array(ticks)), window)
    for t, value in enumerate(average):
        if t + 1 < window:
            assert np.isnan(value)
        else:
            assert value == float(Fraction(sum(ticks[t + 1 - window : t + 1]), window))


def test_windows_longer_than_the_series_are_empty() -> None:
    sums = prefix_sums(np.array([1, 2]))
    assert len(window_sums(sums, 3)) == 0
    assert np.isnan(sma(sums, 3)).all()
    assert compare_sma(sums, 1, 9).tolist() == [0, 0]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=60), st.integers(1, 6), st.integers(1, 6))
def test_comparison_is_exact_and_ties_are_zero(ticks: list[int], fast: int, more: int) -> None:
    got = compare_sma(prefix_sums(np.array(ticks)), fast, fast + more)
    assert got.tolist() == dual_sma_targets(ticks, fast, fast + more)


@settings(max_examples=20)
@given(st.lists(st.integers(2**52 - 3, 2**52), min_size=8, max_size=20))
def test_comparison_stays_exact_beyond_64_bits(ticks: list[int]) -> None:
    got = compare_sma(prefix_sums(np.array(ticks)), 3, 7)
    assert got.tolist() == dual_sma_targets(ticks, 3, 7)
    scaled = [t // 1_000 for t in ticks] * 200
    assert compare_sma(prefix_sums(np.array(scaled)), 900, 1_000).tolist() == dual_sma_targets(scaled, 900, 1_000)


@pytest.mark.parametrize("last", [-5, 0, 5])
def test_comparison_stays_exact_where_running_sums_pass_64_bits(last: int) -> None:
    ticks = np.full(2_000, 9_000_000_000_000_000, np.int64)
    ticks[-1] += last
    assert compare_sma(prefix_sums(ticks), 10, 2_000)[-1] == np.sign(last)
