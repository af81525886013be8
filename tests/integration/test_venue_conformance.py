"""Each venue profile against the replay exchange: what the profile says is what the venue does, through our client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from candlecloud.errors import (
    ExchangeUnavailableError,
    InvalidParameterError,
    MalformedResponseError,
    RateLimitedError,
    UnknownExchangeError,
    UnknownSymbolError,
)
from candlecloud.exchange.client import ExchangeClient, Page
from candlecloud.exchange.rows import ReadRows, read_rows
from candlecloud.exchange.venue_profile import RowsEndpoint, VenueProfile
from candlecloud.exchange.venues import VENUES, binance
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.market.timeframe import TIMEFRAMES
from infra.local.replay import ReplayExchange
from infra.local.replay.clock import parse_time
from tests.support.ingestion import HOUR, SkippingTime, client, recorded


class Case(NamedTuple):
    """A recorded series of a profile, and a moment at which the venue has a full page of it."""

    series: Series
    now: int


CASES = {
    ("binance", "spot"): Case(Series.of("binance", "BTC-USDT", "1h"), parse_time("2024-06-01T00:10:00Z")),
    ("binance", "linear"): Case(Series.of("binance", "NEAR-USDT_USDT", "1m"), parse_time("2023-08-20T00:00:10Z")),
    ("kraken", "spot"): Case(Series.of("kraken", "BTC-USD", "1h"), parse_time("2018-10-01T00:10:00Z")),
    ("kucoin", "spot"): Case(Series.of("kucoin", "BTC-USDT", "1h"), parse_time("2025-08-01T00:10:00Z")),
}


class Venue(NamedTuple):
    """One profile under test."""

    profile: VenueProfile
    series: Series
    step: int
    now: int
    closed: int
    client: ExchangeClient
    market: ReplayExchange

    @property
    def endpoint(self) -> RowsEndpoint:
        return self.profile.endpoint(CANDLES.name)

    def ask(self, start: int, count: int) -> list[int]:
        """Open times of one answer, as received."""
        page = self.client.fetch_window(self.series, CANDLES, TimeRange(start, start + count * self.step))
        return [candle.open_time for candle in self.read(page).rows]

    def read(self, page: Page) -> ReadRows:
        """The rows of an answer, as received."""
        return read_rows(page.rows, self.endpoint.layout, self.series)


@pytest.fixture(params=CASES, ids=lambda key: "-".join(key))
def venue(request: pytest.FixtureRequest, market: ReplayExchange) -> Iterator[Venue]:
    case = CASES[request.param]
    profile = VENUES[case.series.exchange].profile(case.series.symbol)
    market.set_clock(case.now)
    timeframe = case.series.timeframe
    exchange = client(market, case.series.exchange)
    yield Venue(profile, case.series, timeframe.ms, case.now, timeframe.floor(case.now), exchange, market)
    exchange.close()


def test_every_profile_has_a_case() -> None:
    assert set(CASES) == {(venue.name, profile.market) for venue in VENUES.values() for profile in venue.profiles}
    for (exchange, market), case in CASES.items():
        assert VENUES[exchange].profile(case.series.symbol).market == market


def test_the_clock_is_the_exchanges(venue: Venue) -> None:
    unit = venue.profile.server_time.unit_ms
    assert venue.client.server_time(venue.series.symbol) == venue.now // unit * unit


def test_a_window_is_half_open(venue: Venue) -> None:
    start = venue.closed - 300 * venue.step
    got = venue.ask(start, 20)
    inside = [time for time in got if start <= time < start + 20 * venue.step]
    assert sorted(inside) == list(range(start, start + 20 * venue.step, venue.step))
    if venue.endpoint.end_param is not None:
        assert sorted(got) == sorted(inside)
    else:
        assert min(got) == start


def test_rows_come_in_the_order_of_the_profile(venue: Venue) -> None:
    got = venue.ask(venue.closed - 300 * venue.step, 20)
    assert got == sorted(got, reverse=venue.endpoint.order == "newest_first")


def test_a_page_holds_as_many_as_the_profile_says(venue: Venue) -> None:
    limit = venue.endpoint.page_limit
    start = venue.closed - 2 * limit * venue.step
    got = sorted(venue.ask(start, 2 * limit))
    assert len(got) == limit
    if venue.endpoint.keeps == "oldest":
        assert got[0] == start
    else:
        assert got[-1] >= venue.closed - venue.step
    assert len(venue.ask(venue.closed - venue.endpoint.page_span * venue.step, venue.endpoint.page_span)) >= (
        venue.endpoint.page_span
    )


def test_history_ends_where_the_profile_says(venue: Venue) -> None:
    old = min(venue.ask(venue.closed - 2_000 * venue.step, venue.endpoint.page_span))
    reach = (venue.closed - old) // venue.step
    assert reach == (2_000 if venue.endpoint.history_cap is None else venue.endpoint.history_cap)


def test_every_value_is_where_the_profile_says(venue: Venue) -> None:
    start = venue.closed - 300 * venue.step
    page = venue.client.fetch_window(venue.series, CANDLES, TimeRange(start, start + 100 * venue.step))
    truth = recorded(venue.series.id)
    read = venue.read(page)
    got = {c.open_time: c for c in read.rows if c.open_time < start + 100 * venue.step}
    assert len(got) == 100
    assert all(truth[time] == candle for time, candle in got.items())
    assert read.bad == []
    assert len(page.payload_hash) == 64


def test_every_timeframe_has_a_name_that_the_venue_takes(venue: Venue) -> None:
    for name in TIMEFRAMES:
        series = Series.of(venue.series.exchange, venue.series.symbol.key, name)
        start = series.timeframe.floor(venue.now) - 3 * series.timeframe.ms
        venue.client.fetch_window(series, CANDLES, TimeRange(start, start + series.timeframe.ms))
    asked = venue.market.requests.entries()
    assert {entry.status for entry in asked} == {200}


def test_an_unknown_symbol_is_named_so(venue: Venue) -> None:
    symbol = "NOPE-USDT_USDT" if venue.profile.market == "linear" else "NOPE-USDT"
    series = Series.of(venue.series.exchange, symbol, venue.series.timeframe.name)
    with pytest.raises(UnknownSymbolError, match="does not list"):
        venue.client.fetch_window(series, CANDLES, TimeRange(venue.closed - 10 * venue.step, venue.closed))


@pytest.mark.parametrize(
    ("fault", "options", "error"),
    [
        ("rate_limit_429", {"retry_after_s": 7}, RateLimitedError),
        ("ban_418", {"retry_after_s": 90}, RateLimitedError),
        ("unavailable_503", {"from_gateway": True}, ExchangeUnavailableError),
        ("unavailable_503", {"from_gateway": False, "retry_after_s": 3}, ExchangeUnavailableError),
        ("html_200", {}, MalformedResponseError),
        ("truncated_json", {}, MalformedResponseError),
    ],
)
def test_faults_have_a_name(venue: Venue, fault: str, options: dict[str, Any], error: type[Exception]) -> None:
    venue.market.add_fault(fault, **options)
    with pytest.raises(error) as caught:
        venue.ask(venue.closed - 10 * venue.step, 10)
    assert type(caught.value) is error
    wait = options.get("retry_after_s")
    details = caught.value.details  # type: ignore[attr-defined]
    assert details.get("retry_after_s") == wait
    assert "127.0.0.1" not in f"{caught.value} {details}"


def test_silence_is_an_unavailable_exchange(market: ReplayExchange) -> None:
    market.add_fault("timeout", delay_s=1.0)
    exchange = client(market, timeout_ms=100)
    with pytest.raises(ExchangeUnavailableError, match="in time"):
        exchange.server_time(CASES["binance", "spot"].series.symbol)
    exchange.close()


def test_a_refused_connection_is_an_unavailable_exchange() -> None:
    exchange = ExchangeClient("kraken", base_url="http://127.0.0.1:9", min_interval_ms=0)
    with pytest.raises(ExchangeUnavailableError, match="no HTTP answer"):
        exchange.server_time(CASES["kraken", "spot"].series.symbol)
    exchange.close()


def test_after_a_ban_nothing_is_sent_until_its_end(market: ReplayExchange) -> None:
    market.add_fault("ban_418", times=1, retry_after_s=120)
    waits = SkippingTime()
    exchange, series = client(market, waits=waits), CASES["binance", "spot"].series
    with pytest.raises(RateLimitedError):
        exchange.server_time(series.symbol)
    sent = market.requests.total
    with pytest.raises(ExchangeUnavailableError, match="left alone") as caught:
        exchange.server_time(series.symbol)
    assert caught.value.details["circuit_open"]
    assert market.requests.total == sent
    waits.sleep(121)
    assert exchange.server_time(series.symbol) == market.now()
    exchange.close()


def test_the_pace_is_kept_whatever_asks(market: ReplayExchange) -> None:
    waits = SkippingTime()
    exchange = ExchangeClient(
        "binance", base_url=market.base_urls()["binance"], sleep=waits.sleep, clock_ms=waits.clock
    )
    for _ in range(5):
        exchange.server_time(CASES["binance", "spot"].series.symbol)
    exchange.close()
    pace = binance.SPOT.min_interval_ms / 1000
    assert len(waits.slept_s) == 4
    assert 3 * pace < sum(waits.slept_s) <= 4 * pace


def test_a_pace_faster_than_the_venue_allows_is_for_loopback_only() -> None:
    fast = ExchangeClient("binance", min_interval_ms=1)
    with pytest.raises(InvalidParameterError, match="too fast"):
        fast.server_time(CASES["binance", "spot"].series.symbol)
    fast.close()


@pytest.mark.parametrize(
    "url", ["http://example.org/binance", "ftp://127.0.0.1/binance", "//127.0.0.1", "http://10.0.0.1"]
)
def test_an_address_is_https_or_loopback(url: str) -> None:
    with pytest.raises(InvalidParameterError, match="https, or http on loopback"):
        ExchangeClient("binance", base_url=url)


@pytest.mark.parametrize("name", ["", "__class__", "ccxt", "Exchange", "binance ", "../kraken", "bitfinex"])
def test_only_exchanges_of_the_allow_list_are_looked_up(name: str) -> None:
    with pytest.raises(UnknownExchangeError):
        ExchangeClient(name)


def test_the_listing_is_asked_where_the_venue_can_say(market: ReplayExchange) -> None:
    for (name, _), case in CASES.items():
        market.set_clock(case.now)
        exchange = client(market, name)
        first = exchange.listing_start(case.series, CANDLES)
        exchange.close()
        assert first == (min(recorded(case.series.id)) if name == "binance" else None)


def test_a_price_is_quoted_for_exactly_the_symbol(market: ReplayExchange) -> None:
    market.set_clock("2024-06-01T00:10:00Z")
    exchange, series = client(market), CASES["binance", "spot"].series
    quote = exchange.quoted_price(series.symbol)
    exchange.close()
    truth = recorded(series.id)
    assert quote is not None
    assert quote.time == market.now()
    hour = truth[market.now() // HOUR * HOUR]
    assert quote.price == hour.open, "the running hour is what it was at its first moment"
