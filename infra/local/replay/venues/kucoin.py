"""KuCoin spot: symbols, time and candles (seconds, newest first, open-close-high-low, 1500 a page)."""

from collections.abc import Callable, Mapping
from typing import Any

from infra.local.replay.faults import Request
from infra.local.replay.feed import Answer, Feed, Query
from infra.local.replay.tape import Row
from infra.local.replay.venue import ReplayVenue
from infra.local.replay.wire import Call, Response, integer, json_response, plain

LARGEST_PAGE, DEFAULT_PAGE = 1500, 100
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TYPES = {
    "1min": MINUTE, "3min": 3 * MINUTE, "5min": 5 * MINUTE, "15min": 15 * MINUTE, "30min": 30 * MINUTE,
    "1hour": HOUR, "2hour": 2 * HOUR, "4hour": 4 * HOUR, "6hour": 6 * HOUR, "8hour": 8 * HOUR, "12hour": 12 * HOUR,
    "1day": DAY,
}  # fmt: skip
REFUSALS = {
    429: ("429000", "Too Many Requests"),
    418: ("403000", "Access to this IP is temporarily denied"),
    503: ("503", "Service Unavailable"),
}
UNRECORDED_TYPES = ("1week", "1month")


class KucoinError(Exception):
    """An error body of KuCoin: ``{"code": ..., "msg": ...}`` with status 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.response = json_response({"code": code, "msg": message}, 400)


def answer(call: Call, feed: Feed) -> Response | None:
    """Answer a KuCoin path, or None when there is no such path here."""
    route = ROUTES.get(call.path)
    try:
        if route is not None:
            return json_response({"code": "200000", "data": route(call, feed)})
    except KucoinError as error:
        return error.response
    except ValueError as error:
        return KucoinError("400100", f"{error}: not a whole number of seconds").response
    asked = {"symbol": call.params["symbol"]} if "symbol" in call.params else {}
    body = feed.recordings.body("kucoin", call.path, **asked)
    return None if body is None else json_response(body)


def not_found() -> Response:
    return json_response({"code": "404000", "msg": "Url not found"}, 404)


def refuse(status: int, wait_s: float, now: int) -> Response:
    """Return KuCoin's own refusal; the wait also stands in a header of its gateway."""
    code, message = REFUSALS[status]
    headers = {"gw-ratelimit-reset": str(int(wait_s * 1000))} if status == 429 else {}
    return json_response({"code": code, "msg": message}, status, headers)


def server_time(call: Call, feed: Feed) -> int:
    return feed.clock.now()


def listed_symbols(feed: Feed) -> list[str]:
    body = feed.recordings.body("kucoin", "/api/v2/symbols") or {"data": []}
    return [entry["symbol"] for entry in body["data"]]


def candles(call: Call, feed: Feed) -> list[list[str | None]]:
    """Return candles with ``startAt <= time < endAt``; of more than 1500 the newest 1500."""
    kind, symbol = call.params.get("type"), call.params.get("symbol")
    if kind not in TYPES and kind not in UNRECORDED_TYPES:
        raise KucoinError("400100", "Incorrect candlestick type.")
    if not symbol or symbol not in listed_symbols(feed):
        raise KucoinError("900001", "symbol not exists")
    start, end = integer(call.params, "startAt"), integer(call.params, "endAt")
    found = feed.candles(
        Query(
            Request("kucoin", call.path, symbol, kind),
            "spot",
            symbol,
            TYPES.get(kind, 1),
            start * 1000 if start else None,
            end * 1000 - 1 if end else None,
            LARGEST_PAGE if start or end else DEFAULT_PAGE,
            newest=True,
        )
    )
    return [candle_row(row, found) for row in reversed(found.rows)]


def candle_row(row: Row, found: Answer) -> list[str | None]:
    """Return [time s, open, close, high, low, base volume, turnover]; null where the recording does not say."""
    scales = found.scales
    prices = [plain(price, scales.price) for price in (row.open, row.close, row.high, row.low)]
    turnover = None if row.volume_quote is None else plain(row.volume_quote, scales.quote)
    return [str(row.open_time // 1000), *prices, plain(row.volume_base, scales.base), turnover]


ROUTES: Mapping[str, Callable[[Call, Feed], Any]] = {
    "/api/v1/timestamp": server_time,
    "/api/v1/market/candles": candles,
}
VENUE = ReplayVenue("kucoin", answer, refuse, not_found, interval_param="type")
