"""Symbols, timeframes and series: every spelling has one meaning, and the way back exists."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candlecloud.errors import (
    InvalidInputError,
    InvalidRangeError,
    InvalidSymbolError,
    InvalidTimeframeError,
    UnknownExchangeError,
)
from candlecloud.market.instant import LATEST_MS, iso, read_instant
from candlecloud.market.series import Series
from candlecloud.market.symbol import Symbol
from candlecloud.market.timeframe import Timeframe

codes = st.text(
    st.characters(categories=["L", "N", "S", "P"], exclude_characters="/:-_~"), min_size=1, max_size=8
).filter(lambda text: not any(c.isspace() for c in text))
expiries = st.from_regex(r"[0-9]{6}", fullmatch=True)
strikes = st.from_regex(r"[1-9][0-9]{0,5}(\.[0-9]{1,2})?", fullmatch=True)
symbols = st.one_of(
    st.builds(Symbol, codes, codes),
    st.builds(Symbol, codes, codes, codes),
    st.builds(Symbol, codes, codes, codes, expiries),
    st.builds(Symbol, codes, codes, codes, expiries, strikes, st.sampled_from("CP")),
)


@pytest.mark.parametrize(
    ("ccxt", "key"),
    [
        ("BTC/USDT", "BTC-USDT"),
        ("BTC/USDT:USDT", "BTC-USDT_USDT"),
        ("BTC/USD:BTC-260626", "BTC-USD_BTC-260626"),
        ("BTC/USD:BTC-260626-50000-C", "BTC-USD_BTC-260626-50000-C"),
        ("USD.e/USDT", "USD.e-USDT"),
        ("$PAC/USDT", "~24PAC-USDT"),
    ],
)
def test_every_ccxt_form_has_one_key_and_back(ccxt: str, key: str) -> None:
    assert Symbol.parse(ccxt).key == key
    assert Symbol.parse(key).ccxt == ccxt
    assert Symbol.parse(ccxt) == Symbol.parse(key)


@given(symbols)
def test_symbols_round_trip_and_keys_are_safe(symbol: Symbol) -> None:
    if len(symbol.ccxt) <= 80 and len(symbol.key) <= 80:
        assert Symbol.parse(symbol.ccxt) == symbol
        assert Symbol.parse(symbol.key) == symbol
    assert re.fullmatch(r"[A-Za-z0-9.~_-]+", symbol.key)


@given(symbols, symbols)
def test_two_symbols_never_share_a_key(one: Symbol, other: Symbol) -> None:
    assert (one.key == other.key) == (one == other)


@pytest.mark.parametrize(
    "text",
    [
        *("", "BTC", "BTC/", "/USDT", "BTC/USDT/ETH", "BTC/USDT:", "BTC USDT", "BTC-USDT-ETH", "BTC\x00/USDT"),
        *("BTC/USDT:USDT-26", "BTC/USDT:USDT-260626-5", "BTC/USDT:USDT-260626-5-X", "../../etc/passwd", "BTC-USDT~"),
        *("~42TC-USDT", "B" * 90 + "/USDT"),
    ],
)
def test_what_is_no_symbol_is_refused(text: str) -> None:
    with pytest.raises(InvalidSymbolError):
        Symbol.parse(text)


@pytest.mark.parametrize(
    ("alias", "name"), [("1min", "1m"), ("60m", "1h"), ("24h", "1d"), ("1hour", "1h"), ("1day", "1d"), ("15m", "15m")]
)
def test_aliases(alias: str, name: str) -> None:
    assert Timeframe.parse(alias).name == name


@pytest.mark.parametrize("text", ["1M", "1H", "1D", "2m", "", "m", "1 m", "1h "])
def test_unknown_timeframes_are_errors_and_case_is_not_guessed(text: str) -> None:
    with pytest.raises(InvalidTimeframeError) as caught:
        Timeframe.parse(text)
    assert caught.value.details["allowed"] == ["1m", "5m", "15m", "1h", "1d"]


@given(st.sampled_from(["1m", "5m", "15m", "1h", "1d"]), st.integers(-(10**13), 10**13))
def test_the_grid(name: str, time_ms: int) -> None:
    timeframe = Timeframe(name)
    floor, ceil = timeframe.floor(time_ms), timeframe.ceil(time_ms)
    assert floor <= time_ms <= ceil
    assert ceil - floor in (0, timeframe.ms)
    assert timeframe.is_aligned(floor)
    assert timeframe.is_aligned(ceil)


def test_series_ids_are_reversible_and_checked() -> None:
    series = Series.of("binance", "BTC/USDT:USDT", "60m")
    assert series.id == "binance/BTC-USDT_USDT/1h"
    assert Series.parse(series.id) == series
    with pytest.raises(UnknownExchangeError):
        Series.of("__class__", "BTC/USDT", "1h")
    with pytest.raises(InvalidInputError):
        Series.parse("binance/BTC-USDT")


def test_series_of_spot_and_derivatives_sort_together() -> None:
    ids = ["binance/BTC-USDT/1h", "binance/BTC-USDT/1m", "binance/BTC-USDT_USDT/1h", "kraken/BTC-USD/1d"]
    assert [series.id for series in sorted(map(Series.parse, reversed(ids)))] == ids


@given(st.integers(100_000_000_000, LATEST_MS))
def test_moments_round_trip(time_ms: int) -> None:
    assert read_instant(iso(time_ms)) == read_instant(time_ms) == read_instant(str(time_ms)) == time_ms


@pytest.mark.parametrize(
    "value", ["", "soon", "2024-13-01", -1, LATEST_MS + 1, 1_700_000_000, True, 1.5, None, "2024", "9" * 30]
)
def test_what_is_no_moment_is_refused(value: object) -> None:
    with pytest.raises(InvalidRangeError):
        read_instant(value)
