"""Venues: found without a list, complete, consistent, and strict about what they serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from candlecloud.catalogue import EXCHANGES
from candlecloud.errors import InvalidParameterError, InvalidTimeframeError, UnknownExchangeError
from candlecloud.exchange import venues
from candlecloud.exchange.venue_profile import VenueProfile
from candlecloud.exchange.venues import VENUES, binance, kraken, kucoin
from candlecloud.market.symbol import Symbol
from candlecloud.market.timeframe import TIMEFRAMES, Timeframe

ALL = [profile for venue in VENUES.values() for profile in venue.profiles]


def test_a_file_is_a_venue() -> None:
    files = sorted(path.stem for path in Path(venues.__file__).parent.glob("*.py") if path.stem != "__init__")
    assert list(VENUES) == files
    assert {profile.exchange for profile in ALL} == set(files)


def test_the_catalogue_names_every_venue_and_its_markets() -> None:
    listed = {exchange.name: exchange.markets for exchange in EXCHANGES.values()}
    assert listed == {venue.name: tuple(p.market for p in venue.profiles) for venue in VENUES.values()}


def test_a_misspelt_venue_is_told_the_nearest() -> None:
    with pytest.raises(UnknownExchangeError) as caught:
        VENUES.find("binanec")
    assert caught.value.hint.startswith("Did you mean binance?")


@pytest.mark.parametrize("profile", ALL, ids=lambda p: f"{p.exchange}-{p.market}")
def test_a_profile_is_consistent(profile: VenueProfile) -> None:
    assert set(profile.intervals) == set(TIMEFRAMES)
    candles = profile.endpoint("candles")
    assert 0 < candles.page_span <= candles.page_limit
    assert profile.min_interval_ms > 0
    assert profile.settle_lag_ms < profile.absence_lag_ms
    assert candles.history_cap is None or candles.history_cap < candles.page_limit
    positions = [v for k, v in vars(candles.layout).items() if v is not None and k != "time_unit_ms"]
    assert len(positions) == len(set(positions)), "two values are read from one position"
    assert (profile.weight_header is None) == (profile.weight_limit is None)


def test_pace_stays_within_the_published_limits() -> None:
    """Binance: weight 2 (spot) or 5 (futures, 1,000 rows) a page, per minute and address. Kraken: about one a second.
    KuCoin: weight 3 of 2,000 (public pool) in 30 s."""
    spot, linear = binance.SPOT, binance.LINEAR
    assert 2 * 60_000 / spot.min_interval_ms <= 0.5 * (spot.weight_limit or 0)
    assert 5 * 60_000 / linear.min_interval_ms <= 0.7 * (linear.weight_limit or 0)
    assert kraken.SPOT.min_interval_ms >= 1_000
    assert 3 * 30_000 / kucoin.SPOT.min_interval_ms <= 0.5 * 2_000


@pytest.mark.parametrize(
    ("exchange", "symbol", "market_id"),
    [
        ("binance", "BTC-USDT", "BTCUSDT"),
        ("binance", "NEAR-USDT_USDT", "NEARUSDT"),
        ("binance", "BTC-USDT_USDT-260626", "BTCUSDT_260626"),
        ("kraken", "BTC-USD", "XBTUSD"),
        ("kraken", "ETH-BTC", "ETHXBT"),
        ("kraken", "DOGE-USD", "XDGUSD"),
        ("kucoin", "BTC-USDT", "BTC-USDT"),
    ],
)
def test_market_ids(exchange: str, symbol: str, market_id: str) -> None:
    parsed = Symbol.parse(symbol)
    assert VENUES[exchange].profile(parsed).market_id(parsed) == market_id


@pytest.mark.parametrize(
    ("key", "symbol", "is_it"),
    [
        ("XXBTZUSD", "BTC-USD", True),
        ("XBTUSD", "BTC-USD", True),
        ("XETHXXBT", "ETH-BTC", True),
        ("SOLUSD", "SOL-USD", True),
        ("XETHZUSD", "BTC-USD", False),
        ("XXBTZEUR", "BTC-USD", False),
        ("", "BTC-USD", False),
    ],
)
def test_kraken_names_its_markets_in_two_ways(key: str, symbol: str, is_it: bool) -> None:
    assert kraken.SPOT.names_market(key, Symbol.parse(symbol)) is is_it


@pytest.mark.parametrize(
    ("exchange", "symbol"),
    [
        ("binance", "BTC-USD_BTC"),
        ("binance", "BTC-USD_BTC-260626-50000-C"),
        ("kraken", "BTC-USD_USD"),
        ("kucoin", "BTC-USDT_USDT"),
    ],
)
def test_markets_without_a_profile_are_refused(exchange: str, symbol: str) -> None:
    with pytest.raises(InvalidParameterError, match="not supported") as caught:
        VENUES[exchange].profile(Symbol.parse(symbol))
    assert "spot" in caught.value.hint


def test_a_timeframe_that_a_venue_lacks_is_named() -> None:
    profile = kraken.SPOT
    odd = VenueProfile(**{**vars(profile), "intervals": {"1h": "60"}})
    with pytest.raises(InvalidTimeframeError, match="kraken has no 1m candles"):
        odd.interval(Timeframe("1m"))


def test_closed_candles_are_read_once_more() -> None:
    assert binance.SPOT.reread_candles(Timeframe("1m")) == 10
    assert binance.SPOT.reread_candles(Timeframe("1d")) == 2
    assert kraken.SPOT.reread_candles(Timeframe("1m")) == 60
