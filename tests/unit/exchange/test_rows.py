"""Raw rows: read exactly or refused; nothing is invented."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candlecloud.exchange.rows import number, read_rows, whole
from candlecloud.exchange.venues import binance, kraken, kucoin
from candlecloud.market.series import Series

MINUTE = Series.of("binance", "ETH-BTC", "1m")
BINANCE = binance.SPOT.endpoint("candles").layout
KRAKEN = kraken.SPOT.endpoint("candles").layout
KUCOIN = kucoin.SPOT.endpoint("candles").layout
OPEN = 1_591_478_520_000


def binance_row(**changes: Any) -> list[Any]:
    row = [OPEN, "0.0251", "0.0252", "0.025", "0.02505", "22.19", OPEN + 59_999, "0.5549", 40, "10.9", "0.27", "0"]
    names = ("open_time", "open", "high", "low", "close", "base", "close_time", "quote", "trades")
    for name, value in changes.items():
        row[names.index(name)] = value
    return row


def test_binance_rows_keep_quote_volume_and_trades() -> None:
    found = read_rows([binance_row()], BINANCE, MINUTE)
    assert found.rows == [(OPEN, 0.0251, 0.0252, 0.025, 0.02505, 22.19, 0.5549, 40)]
    assert found.raw == [binance_row()]
    assert found.bad == []


def test_kraken_rows_are_in_seconds_with_a_count() -> None:
    row = [OPEN // 1000, "0.0251", "0.0252", "0.0250", "0.02505", "0.02511", "22.19000000", 4]
    (candle,) = read_rows([row], KRAKEN, MINUTE).rows
    assert candle == (OPEN, 0.0251, 0.0252, 0.025, 0.02505, 22.19, None, 4)


def test_kucoin_rows_are_open_close_high_low() -> None:
    row = [str(OPEN // 1000), "0.0251", "0.02505", "0.0252", "0.025", "22.19", "0.5549"]
    (candle,) = read_rows([row], KUCOIN, MINUTE).rows
    assert candle == (OPEN, 0.0251, 0.0252, 0.025, 0.02505, 22.19, 0.5549, None)


def test_null_stays_null() -> None:
    (candle,) = read_rows([binance_row(quote=None, trades=None, base=None)], BINANCE, MINUTE).rows
    assert (candle.volume_base, candle.volume_quote, candle.trades) == (None, None, None)


@pytest.mark.parametrize(
    "row",
    [
        None,
        "text",
        7,
        {},
        [],
        [OPEN],
        binance_row()[:8],
        binance_row(open=None),
        binance_row(open=""),
        binance_row(open="1_000"),
        binance_row(open="12,5"),
        binance_row(open=True),
        binance_row(open=[1]),
        binance_row(open=10**400),
        binance_row(quote=""),
        binance_row(trades="many"),
        binance_row(trades=1.5),
        binance_row(trades=2**63),
        binance_row(open_time=None),
        binance_row(open_time="soon"),
        binance_row(open_time=2**63),
        binance_row(open_time=float("inf")),
        binance_row(close_time=None),
        binance_row(close_time=OPEN + 60_000),
        binance_row(close_time=OPEN),
    ],
)
def test_what_cannot_be_read_is_malformed(row: Any) -> None:
    found = read_rows([row, binance_row()], BINANCE, MINUTE)
    assert len(found.rows) == 1
    (bad,) = found.bad
    assert (bad.reason, bad.row) == ("malformed", row)


def test_a_malformed_row_keeps_its_time_where_it_has_one() -> None:
    (bad,) = read_rows([binance_row(close=None)], BINANCE, MINUTE).bad
    assert bad.time == OPEN
    (bad,) = read_rows([binance_row(open_time="x")], BINANCE, MINUTE).bad
    assert bad.time is None


def test_a_row_of_a_longer_timeframe_is_malformed() -> None:
    hour = binance_row(close_time=OPEN + 3_599_999)
    assert read_rows([hour], BINANCE, MINUTE).bad[0].reason == "malformed"
    assert len(read_rows([hour], BINANCE, Series.of("binance", "ETH-BTC", "1h")).rows) == 1


def test_a_candle_that_an_outage_closed_early_is_read() -> None:
    assert len(read_rows([binance_row(close_time=OPEN + 39_000)], BINANCE, MINUTE).rows) == 1


def test_not_a_number_is_read_and_left_to_validation() -> None:
    (candle,) = read_rows([binance_row(close="NaN")], BINANCE, MINUTE).rows
    assert math.isnan(candle.close)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=0, max_value=10**9))
def test_decimal_strings_become_the_nearest_float(value: Decimal) -> None:
    assert number(str(value)) == float(value)


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())))
def test_reading_a_number_gives_a_number_or_a_plain_error(value: Any) -> None:
    for read in (number, whole):
        try:
            assert isinstance(read(value), int | float)
        except (TypeError, ValueError, OverflowError):
            continue


def test_whole_numbers() -> None:
    assert [whole(7), whole("7"), whole(7.0), whole("1591478520")] == [7, 7, 7, 1591478520]
    for value in (7.5, "7.5", True, None, "1_0", float("nan")):
        with pytest.raises((TypeError, ValueError)):
            whole(value)
