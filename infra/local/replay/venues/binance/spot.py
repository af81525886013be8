"""Binance spot: the REST paths, limits, cursor rules and error bodies that market data needs."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from infra.local.replay.faults import Request
from infra.local.replay.feed import Answer, Feed, Query
from infra.local.replay.tape import Row
from infra.local.replay.venues.binance.ticker import live_ticker
from infra.local.replay.wire import Call, Response, fixed, integer, json_response

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
# Intervals that add up from 1970; 1s, 3d, 1w and 1M are valid too but nothing is recorded for them.
INTERVALS = {
    "1m": MINUTE, "3m": 3 * MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE,
    "1h": HOUR, "2h": 2 * HOUR, "4h": 4 * HOUR, "6h": 6 * HOUR, "8h": 8 * HOUR, "12h": 12 * HOUR, "1d": DAY,
}  # fmt: skip
UNRECORDED_INTERVALS = ("1s", "3d", "1w", "1M")
SYMBOL_RANGE = "^[A-Z0-9-_.]{1,20}$"
NUMBER_RANGE = "^[0-9]{1,20}$"
SPOT_DEFAULT_LIMIT, SPOT_LARGEST_LIMIT = 500, 1000


class BinanceError(Exception):
    """An error body of Binance: ``{"code": ..., "msg": ...}`` with status 400."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.response = json_response({"code": code, "msg": message}, 400)


def answer(call: Call, feed: Feed) -> Response | None:
    """Answer a spot path, or None when Binance spot has no such path here."""
    route = ROUTES.get(call.path)
    return None if route is None else guarded(route, call, feed)


def guarded(route: Callable[[Call, Feed], Response], call: Call, feed: Feed) -> Response:
    """Run a route and turn its errors into Binance's bodies."""
    try:
        return route(call, feed)
    except BinanceError as error:
        return error.response
    except ValueError as error:
        return illegal(str(error), NUMBER_RANGE).response


def illegal(name: str, legal: str) -> BinanceError:
    return BinanceError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def mandatory(params: Mapping[str, str], name: str) -> str:
    if not params.get(name):
        raise BinanceError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    return params[name]


def known_symbol(params: Mapping[str, str], listed: list[str]) -> str:
    """Return the asked symbol when the venue lists it."""
    symbol = mandatory(params, "symbol")
    if not symbol.isascii() or symbol != symbol.upper() or len(symbol) > 20 or "/" in symbol:
        raise illegal("symbol", SYMBOL_RANGE)
    if symbol not in listed:
        raise BinanceError(-1121, "Invalid symbol.")
    return symbol


def listed_symbols(feed: Feed, path: str) -> list[str]:
    body = feed.recordings.body("binance", path) or {"symbols": []}
    return [entry["symbol"] for entry in body["symbols"]]


def klines_query(call: Call, market: str, symbol: str, limit: int) -> Query:
    """Return the query of a klines call: ascending from startTime, else the newest up to endTime."""
    interval = mandatory(call.params, "interval")
    if interval not in INTERVALS and interval not in UNRECORDED_INTERVALS:
        raise BinanceError(-1120, "Invalid interval.")
    start = integer(call.params, "startTime")
    return Query(
        Request("binance", call.path, symbol, interval),
        market,
        symbol,
        INTERVALS.get(interval, 1),
        start,
        integer(call.params, "endTime"),
        limit,
        newest=start is None,
    )


def kline_text(row: Row, answer: Answer, places: tuple[int, int, int]) -> str:
    """Return one kline as JSON text; null stands where the recording does not say (never an invented number).

    Positions: open time, open, high, low, close, base volume, close time, quote volume, trades, taker base, taker
    quote, unused.
    """
    scales = answer.scales
    prices = '","'.join(fixed(price, scales.price, places[0]) for price in (row.open, row.high, row.low, row.close))
    base = fixed(row.volume_base, scales.base, places[1])
    quote = "null" if row.volume_quote is None else f'"{fixed(row.volume_quote, scales.quote, places[2])}"'
    trades = "null" if row.trades is None else row.trades
    return f'[{row.open_time},"{prices}","{base}",{row.close_time},{quote},{trades},null,null,"0"]'


def klines_response(answer: Answer, places: tuple[int, int, int]) -> Response:
    return Response(200, f"[{','.join(kline_text(row, answer, places) for row in answer.rows)}]".encode())


def ping(call: Call, feed: Feed) -> Response:
    return json_response({})


def server_time(call: Call, feed: Feed) -> Response:
    return json_response({"serverTime": feed.clock.now()})


def exchange_info(call: Call, feed: Feed) -> Response:
    """Return the recorded market list with the clock's time in it; ``symbol`` and ``symbols`` narrow it."""
    body: dict[str, Any] = dict(feed.recordings.body("binance", call.path) or {"symbols": []})
    body["serverTime"] = feed.clock.now()
    wanted = asked_symbols(call.params)
    if wanted is not None:
        if set(wanted) - {entry["symbol"] for entry in body["symbols"]}:
            raise BinanceError(-1121, "Invalid symbol.")
        body["symbols"] = [entry for entry in body["symbols"] if entry["symbol"] in wanted]
    return json_response(body)


def asked_symbols(params: Mapping[str, str]) -> list[str] | None:
    """Return the symbols a call names by ``symbol`` or by ``symbols`` (a JSON array), None when it names none."""
    if params.get("symbol"):
        return [params["symbol"]]
    if not params.get("symbols"):
        return None
    try:
        names = json.loads(params["symbols"])
    except json.JSONDecodeError:
        raise illegal("symbols", '^\\["[A-Z0-9-_.]{1,20}"...\\]$') from None
    return [str(name) for name in names]


def klines(call: Call, feed: Feed) -> Response:
    """Spot klines: 500 by default, more than 1000 is silently 1000."""
    symbol = known_symbol(call.params, listed_symbols(feed, "/api/v3/exchangeInfo"))
    limit = integer(call.params, "limit")
    if limit == 0:
        raise illegal("limit", NUMBER_RANGE)
    limit = min(limit or SPOT_DEFAULT_LIMIT, SPOT_LARGEST_LIMIT)
    return klines_response(feed.candles(klines_query(call, "spot", symbol, limit)), (8, 8, 8))


def ticker_24hr(call: Call, feed: Feed) -> Response:
    """Return 24h tickers at the clock; where no candle of that day is recorded, the recorded ticker as it was."""
    recorded = {entry["symbol"]: entry for entry in feed.recordings.body("binance", call.path) or []}
    recorded = {symbol: live_ticker(feed, symbol) or entry for symbol, entry in recorded.items()}
    wanted = asked_symbols(call.params)
    if wanted is None:
        return json_response(list(recorded.values()))
    if any(name not in recorded for name in wanted):
        raise BinanceError(-1121, "Invalid symbol.")
    return json_response(recorded[wanted[0]] if call.params.get("symbol") else [recorded[name] for name in wanted])


ROUTES: Mapping[str, Callable[[Call, Feed], Response]] = {
    "/api/v3/ping": ping,
    "/api/v3/time": server_time,
    "/api/v3/exchangeInfo": exchange_info,
    "/api/v3/klines": klines,
    "/api/v3/ticker/24hr": ticker_24hr,
}
