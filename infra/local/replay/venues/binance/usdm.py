"""Binance USD-M perpetuals: klines, funding rates, open interest and premium index."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from infra.local.replay.feed import Feed
from infra.local.replay.venues.binance.spot import (
    BinanceError,
    exchange_info,
    guarded,
    klines_query,
    klines_response,
    known_symbol,
    listed_symbols,
    mandatory,
    ping,
    server_time,
)
from infra.local.replay.wire import Call, Response, fixed, integer, json_response

DEFAULT_LIMIT, LARGEST_LIMIT = 500, 1500
FUNDING_DEFAULT_LIMIT, FUNDING_LARGEST_LIMIT = 100, 1000


def answer(call: Call, feed: Feed) -> Response | None:
    """Answer a futures path, or None when there is no such path here."""
    route = ROUTES.get(call.path)
    return None if route is None else guarded(route, call, feed)


def bounded_limit(params: Mapping[str, str], default: int, largest: int) -> int:
    """Return the asked limit; the futures API refuses what spot cuts down in silence."""
    limit = integer(params, "limit")
    if limit is not None and not 0 < limit <= largest:
        raise BinanceError(-1130, "Data sent for parameter 'limit' is not valid.")
    return limit or default


def klines(call: Call, feed: Feed) -> Response:
    symbol = known_symbol(call.params, listed_symbols(feed, "/fapi/v1/exchangeInfo"))
    limit = bounded_limit(call.params, DEFAULT_LIMIT, LARGEST_LIMIT)
    return klines_response(feed.candles(klines_query(call, "usdm", symbol, limit)), (0, 0, 0))


def funding_rate(call: Call, feed: Feed) -> Response:
    """Return settled funding rates, oldest first: from startTime on, else the newest up to endTime."""
    limit = bounded_limit(call.params, FUNDING_DEFAULT_LIMIT, FUNDING_LARGEST_LIMIT)
    start, end = integer(call.params, "startTime"), integer(call.params, "endTime")
    symbol = call.params.get("symbol")
    if symbol is not None:
        known_symbol(call.params, listed_symbols(feed, "/fapi/v1/exchangeInfo"))
    now = feed.clock.now()
    last = now if end is None else min(now, end)
    rates: list[dict[str, Any]] = []
    for entry in feed.recordings.select("funding", venue="binance"):
        if symbol not in (None, entry["symbol"]):
            continue
        funding = feed.recordings.funding(entry)
        span = range(0 if start is None else bisect_left(funding.time, start), bisect_right(funding.time, last))
        rates += [
            {
                "symbol": entry["symbol"],
                "fundingTime": funding.time[index],
                "fundingRate": signed(funding.rate[index], funding.scale),
            }
            for index in (span[-limit:] if start is None else span[:limit])
        ]
    rates.sort(key=lambda rate: int(rate["fundingTime"]))
    return json_response(rates[-limit:] if start is None else rates[:limit])


def signed(value: int, scale: int) -> str:
    return f"-{fixed(-value, scale, scale)}" if value < 0 else fixed(value, scale, scale)


def recorded_by_symbol(call: Call, feed: Feed) -> Response:
    """Return a recorded body of one symbol; a listed symbol without a recording is refused as unknown."""
    symbol = mandatory(call.params, "symbol")
    body = feed.recordings.body("binance", call.path, symbol=symbol)
    if body is None:
        raise BinanceError(-1121, "Invalid symbol.")
    return json_response(body)


def premium_index(call: Call, feed: Feed) -> Response:
    if call.params.get("symbol"):
        return recorded_by_symbol(call, feed)
    entries = feed.recordings.select("body", venue="binance", path=call.path)
    return json_response([feed.recordings.body("binance", call.path, **entry["query"]) for entry in entries])


def nothing_listed(call: Call, feed: Feed) -> Response:
    """COIN-M: the venue answers, nothing of it is recorded."""
    return json_response(
        {"timezone": "UTC", "serverTime": feed.clock.now(), "rateLimits": [], "exchangeFilters": [], "symbols": []}
    )


ROUTES: Mapping[str, Callable[[Call, Feed], Response]] = {
    "/fapi/v1/ping": ping,
    "/fapi/v1/time": server_time,
    "/fapi/v1/exchangeInfo": exchange_info,
    "/fapi/v1/klines": klines,
    "/fapi/v1/fundingRate": funding_rate,
    "/fapi/v1/openInterest": recorded_by_symbol,
    "/fapi/v1/premiumIndex": premium_index,
    "/dapi/v1/exchangeInfo": nothing_listed,
}
