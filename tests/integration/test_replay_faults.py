"""Each fault of the replay exchange, seen through unmodified ccxt and through the raw answer."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import ccxt
import pytest

from infra.local.replay import FAULT_NAMES, Fault, ReplayExchange
from tests.support.replay import connect

MINUTE, HOUR = 60_000, 3_600_000
VENUES = ("binance", "kraken", "kucoin")
CLOCKS = {"binance": "2025-08-18T18:20:30Z", "kraken": "2018-06-01T10:30:00Z", "kucoin": "2025-08-18T18:20:30Z"}
SYMBOLS = {"binance": "BTC/USDT", "kraken": "BTC/USD", "kucoin": "BTC/USDT"}


class Venue:
    """One venue on the replay exchange: ccxt, its hourly candles, and the raw times of a page."""

    def __init__(self, name: str, market: ReplayExchange, timeout_ms: int = 10_000) -> None:
        self.name, self.market = name, market
        market.set_clock(CLOCKS[name])
        self.ccxt = connect(name, market, timeout_ms)
        self.ccxt.load_markets()
        self.symbol = SYMBOLS[name]
        self.running = market.now() - market.now() % HOUR

    def rows(self, hours: int = 12) -> list[list[Any]]:
        """Return the newest hourly candles, the running one included, as ccxt gives them."""
        since = self.running - (hours - 1) * HOUR
        rows: list[list[Any]] = self.ccxt.fetch_ohlcv(self.symbol, "1h", since, hours + 5)
        return rows

    def raw(self, hours: int = 12) -> list[list[Any]]:
        """Return the same page unparsed, in the venue's own order, times in ms."""
        since = self.running - (hours - 1) * HOUR
        if self.name == "binance":
            return self.ccxt.publicGetKlines({"symbol": "BTCUSDT", "interval": "1h", "startTime": since})
        if self.name == "kraken":
            page = self.ccxt.publicGetOHLC({"pair": "XXBTZUSD", "interval": 60, "since": since // 1000 - 1})["result"]
            rows = next(rows for name, rows in page.items() if name != "last")
        else:
            request = {"symbol": "BTC-USDT", "type": "1hour", "startAt": since // 1000}
            rows = self.ccxt.publicGetMarketCandles({**request, "endAt": self.market.now() // 1000 + HOUR})["data"]
        return [[int(row[0]) * 1000, *row[1:]] for row in rows]

    def opens(self, hours: int = 12) -> list[int]:
        return [row[0] for row in self.raw(hours)]


@pytest.fixture(params=VENUES)
def venue(request: pytest.FixtureRequest, market: ReplayExchange) -> Venue:
    return Venue(request.param, market)


def test_every_fault_of_the_list_is_tested_here() -> None:
    text = Path(__file__).read_text()
    assert {name for name in FAULT_NAMES if f'"{name}"' not in text} == set()


@pytest.mark.parametrize(
    ("fault", "errors"),
    [
        ("rate_limit_429", (ccxt.DDoSProtection, ccxt.RateLimitExceeded)),
        ("ban_418", (ccxt.DDoSProtection, ccxt.RateLimitExceeded, ccxt.ExchangeError)),
        ("unavailable_503", (ccxt.ExchangeNotAvailable,)),
    ],
)
def test_refusals(venue: Venue, fault: str, errors: tuple[type[Exception], ...]) -> None:
    venue.market.add_fault(fault, venue=venue.name, times=1, retry_after_s=7)
    with pytest.raises(errors):
        venue.rows()
    assert venue.ccxt.last_response_headers["Retry-After"] == "7"
    assert str(venue.market.requests.entries()[-1].status) == fault[-3:]
    assert len(venue.rows()) == 12


def test_503_in_the_venues_own_words(venue: Venue) -> None:
    """ccxt tells Binance's -1008 apart by the real host, so on loopback it is a bare ExchangeError."""
    venue.market.add_fault("unavailable_503", times=1, from_gateway=False)
    with pytest.raises(ccxt.BaseError) as caught:
        venue.rows()
    assert isinstance(caught.value, ccxt.ExchangeNotAvailable) == (venue.name != "binance")
    assert "-1008" in str(caught.value) or venue.name != "binance"


def test_timeout(market: ReplayExchange) -> None:
    venue = Venue("binance", market, timeout_ms=200)
    market.add_fault("timeout", times=1, delay_s=30)
    began = time.monotonic()
    with pytest.raises(ccxt.RequestTimeout):
        venue.rows()
    assert time.monotonic() - began < 5
    assert market.requests.entries()[-1].status == 0
    assert len(venue.rows()) == 12


def test_a_timeout_that_ends_is_a_broken_connection(market: ReplayExchange) -> None:
    venue = Venue("binance", market)
    market.add_fault("timeout", times=1, delay_s=0)
    with pytest.raises(ccxt.NetworkError):
        venue.rows()
    assert len(venue.rows()) == 12


def test_html_with_status_200(venue: Venue) -> None:
    """ccxt raises nothing for it: what comes back is the page's text or rows of nothing."""
    venue.market.add_fault("html_200", times=1)
    try:
        rows: Any = venue.rows()
    except (ccxt.BaseError, AttributeError, TypeError):
        rows = []
    assert all(row[0] is None for row in rows)
    assert venue.market.requests.entries()[-1].faults == ["html_200"]


def test_truncated_json(market: ReplayExchange) -> None:
    market.add_fault("truncated_json", times=1, keep=0.6)
    response = market.respond("binance", "/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1h"})
    assert not isinstance(response, float)
    assert (response.status, response.body[:2]) == (200, b"[[")
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.body)


def test_empty_page(venue: Venue) -> None:
    venue.market.add_fault("empty_page", times=1)
    assert venue.rows() == []
    assert len(venue.rows()) == 12


def test_repeated_page(venue: Venue) -> None:
    venue.market.add_fault("repeated_page", times=1)
    first = venue.opens(12)  # nothing to repeat yet: passes, and does not count
    assert venue.opens(3) == first
    assert len(venue.opens(3)) == 3


def test_reversed_page(venue: Venue) -> None:
    right = venue.opens()
    venue.market.add_fault("reversed_page", times=1)
    assert venue.opens() == right[::-1]
    assert venue.opens() == right


def test_missing_window(venue: Venue) -> None:
    hidden = (venue.running - 5 * HOUR, venue.running - 2 * HOUR)
    fault = venue.market.add_fault("missing_window", window=hidden)
    assert [row[0] for row in venue.rows(8)] == [venue.running - n * HOUR for n in (7, 6, 2, 1, 0)]
    assert len(venue.opens(2)) == 2
    assert fault.struck == 1
    venue.market.clear_faults()
    assert len(venue.rows(8)) == 8


def test_a_page_fills_up_beyond_a_missing_window(market: ReplayExchange) -> None:
    venue = Venue("binance", market)
    start = venue.running - 10 * HOUR
    market.add_fault("missing_window", window=(start + HOUR, start + 3 * HOUR))
    request = {"symbol": "BTCUSDT", "interval": "1h", "limit": 4}
    ascending = venue.ccxt.publicGetKlines({**request, "startTime": start})
    newest = venue.ccxt.publicGetKlines({**request, "endTime": start + 4 * HOUR})
    assert [(row[0] - start) // HOUR for row in ascending] == [0, 3, 4, 5]
    assert [(row[0] - start) // HOUR for row in newest] == [-1, 0, 3, 4]


def test_restated_candle(venue: Venue) -> None:
    at = venue.running - 3 * HOUR
    before = {row[0]: row for row in venue.rows()}
    # The venue says one thing now and another from the next minute on.
    venue.market.add_fault(
        "restated_candle", window=(at, at + HOUR), clock=(venue.market.now() + MINUTE, venue.running + 10 * HOUR)
    )
    assert {row[0]: row for row in venue.rows()} == before
    venue.market.advance(MINUTE)
    after = {row[0]: row for row in venue.rows()}
    changed = [when for when in before if after[when] != before[when] and when != venue.running]
    assert changed == [at]
    _, _, high, low, close, volume = after[at]
    assert volume > before[at][5]
    assert low <= close <= high


def test_unclosed_last_is_stamped_final(market: ReplayExchange) -> None:
    venue = Venue("binance", market)
    assert venue.raw()[-1][6] == venue.running + HOUR - 1
    market.add_fault("unclosed_last")
    assert venue.raw()[-1][6] == market.now() - 1
    kraken = Venue("kraken", market)
    result = kraken.ccxt.publicGetOHLC({"pair": "XXBTZUSD", "interval": 60})["result"]
    assert result["last"] * 1000 == kraken.running


def test_unclosed_last_settles_late(market: ReplayExchange) -> None:
    """A candle just closed is served as it was before its end; after the lag it is whole."""
    venue = Venue("binance", market)
    hour = venue.running - HOUR
    market.add_fault("unclosed_last", lag_ms=5_000)
    market.set_clock(venue.running + 4_999)
    early = next(row for row in venue.raw() if row[0] == hour)
    market.set_clock(venue.running + 5_000)
    settled = next(row for row in venue.raw() if row[0] == hour)
    assert float(early[5]) < float(settled[5])
    assert early[7:9] == [None, None]
    assert settled[8] > 0


def test_future_candle(venue: Venue) -> None:
    right = set(venue.opens())
    venue.market.add_fault("future_candle", times=1, count=2)
    assert set(venue.opens()) - right == {venue.running + HOUR, venue.running + 2 * HOUR}
    assert set(venue.opens()) == right


def test_off_grid(venue: Venue) -> None:
    at = venue.running - 3 * HOUR
    venue.market.add_fault("off_grid", window=(at, at + HOUR), times=1)
    opens = venue.opens()
    assert at not in opens
    assert [when for when in opens if when % HOUR] == [at + 7_000]


@pytest.mark.parametrize("field", ["open", "high", "low", "close", "volume_base"])
def test_nan(venue: Venue, field: str) -> None:
    at = venue.running - 3 * HOUR
    venue.market.add_fault("nan", window=(at, at + HOUR), times=1, field=field)
    row = next(row for row in venue.rows() if row[0] == at)
    spoiled = [index for index, value in enumerate(row) if value is None or math.isnan(value)]
    assert spoiled == [("open", "high", "low", "close", "volume_base").index(field) + 1]


def test_wrong_symbol_serves_the_other_candles(market: ReplayExchange) -> None:
    for name in ("binance", "kucoin"):
        venue = Venue(name, market)
        bitcoin = venue.rows()
        market.add_fault("wrong_symbol", times=1)
        assert venue.rows() == venue.ccxt.fetch_ohlcv("ETH/USDT", "1h", bitcoin[0][0], 17)
        assert venue.rows() == bitcoin


def test_wrong_symbol_on_kraken_is_named(market: ReplayExchange) -> None:
    venue = Venue("kraken", market)
    market.add_fault("wrong_symbol", times=1)
    assert "XXBTZUSD" not in venue.ccxt.publicGetOHLC({"pair": "XXBTZUSD", "interval": 60})["result"]


def test_matching_by_venue_path_symbol_interval_skip_and_times(market: ReplayExchange) -> None:
    venue = Venue("binance", market)
    fault = market.add_fault(
        "empty_page", venue="binance", path="klines", symbol="BTCUSDT", interval="1h", skip=1, times=2
    )
    venue.ccxt.fetch_time()
    venue.ccxt.fetch_ohlcv("ETH/USDT", "1h", venue.running - HOUR)
    venue.ccxt.fetch_ohlcv("BTC/USDT", "1m", venue.running)
    assert (fault.matched, fault.struck) == (0, 0)
    assert [len(venue.rows(3)) for _ in range(4)] == [3, 0, 0, 3]
    assert (fault.matched, fault.struck) == (4, 2)
    assert [entry.faults for entry in market.requests.entries()[-4:]] == [[], ["empty_page"], ["empty_page"], []]


def test_a_refusal_can_strike_only_a_window(market: ReplayExchange) -> None:
    venue = Venue("binance", market)
    market.add_fault("rate_limit_429", window=(venue.running - 8 * HOUR, venue.running - 7 * HOUR))
    assert len(venue.rows(7)) == 7
    with pytest.raises(ccxt.DDoSProtection):
        venue.rows(9)


def test_a_clock_window_limits_any_fault(market: ReplayExchange) -> None:
    venue = Venue("binance", market)
    market.add_fault("unavailable_503", clock=(market.now() + MINUTE, market.now() + 2 * MINUTE))
    venue.ccxt.fetch_time()
    market.advance(MINUTE)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        venue.ccxt.fetch_time()
    market.advance(MINUTE)
    venue.ccxt.fetch_time()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"name": "earthquake"}, "unknown fault 'earthquake': use one of rate_limit_429"),
        ({}, "a fault needs a name"),
        ({"name": "nan", "colour": 1}, "unknown field colour: a fault has clock"),
        ({"name": "nan", "options": {"colour": 1}}, "has no option colour: its options are field"),
        ({"name": "nan", "options": {"field": "trades"}}, "give one of open, high, low, close, volume_base"),
        ({"name": "timeout", "options": {"delay_s": "long"}}, "give a number of 0 or more"),
        ({"name": "unavailable_503", "options": {"from_gateway": 1}}, "give true or false"),
        ({"name": "missing_window"}, "needs a window"),
        ({"name": "off_grid", "window": [2, 1]}, "its end must lie after its start"),
        ({"name": "off_grid", "window": "today"}, "is not a window"),
    ],
)
def test_a_bad_fault_says_what_to_do(text: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Fault.from_dict(text)
