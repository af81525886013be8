"""Kraken spot: assets, pairs, time and OHLC (at most the newest 720, ``since`` exclusive, running candle in)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from infra.local.replay.faults import Request
from infra.local.replay.feed import Answer, Feed, Query
from infra.local.replay.tape import Row
from infra.local.replay.venue import ReplayVenue
from infra.local.replay.wire import Call, Response, integer, json_response, plain

LARGEST_PAGE = 720
INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)  # minutes
UNRECORDED = (10080, 21600)  # weeks and half months do not add up from 1970
REFUSALS = {
    429: "EGeneral:Too many requests",
    418: "EGeneral:Temporary lockout",
    503: "EService:Unavailable",
}
UNSEEN_PAIR = "XETHZUSD"  # what a page of the wrong pair is called where only one pair is recorded


class KrakenError(Exception):
    """An error of Kraken: status 200 and ``{"error": ["ECategory:Message"]}``."""


def answer(call: Call, feed: Feed) -> Response | None:
    """Answer a Kraken path, or None when there is no such path here."""
    route = ROUTES.get(call.path)
    if route is None:
        return None
    try:
        return json_response({"error": [], "result": route(call, feed)})
    except KrakenError as error:
        return json_response({"error": [str(error)]})
    except ValueError:
        return json_response({"error": ["EGeneral:Invalid arguments"]})


def not_found() -> Response:
    return json_response({"error": ["EGeneral:Unknown method"]}, 404)


def refuse(status: int, wait_s: float, now: int) -> Response:
    return json_response({"error": [REFUSALS[status]]}, status)


def recorded_result(feed: Feed, path: str) -> dict[str, Any]:
    body = feed.recordings.body("kraken", path)
    return dict(body["result"]) if body else {}


def find_pair(feed: Feed, name: str) -> tuple[str, str]:
    """Return (key, altname) of a pair given by key, altname or websocket name."""
    for key, entry in recorded_result(feed, "/0/public/AssetPairs").items():
        if name in (key, entry["altname"], entry.get("wsname")):
            return key, entry["altname"]
    raise KrakenError("EQuery:Unknown asset pair")


def assets(call: Call, feed: Feed) -> dict[str, Any]:
    known = recorded_result(feed, call.path)
    if not call.params.get("asset"):
        return known
    wanted = call.params["asset"].split(",")
    found = {key: entry for key, entry in known.items() if key in wanted or entry["altname"] in wanted}
    if len(found) != len(wanted):
        raise KrakenError("EQuery:Unknown asset")
    return found


def asset_pairs(call: Call, feed: Feed) -> dict[str, Any]:
    known = recorded_result(feed, call.path)
    if not call.params.get("pair"):
        return known
    return {key: known[key] for key, _ in (find_pair(feed, name) for name in call.params["pair"].split(","))}


def server_time(call: Call, feed: Feed) -> dict[str, Any]:
    seconds = feed.clock.now() // 1000
    return {"unixtime": seconds, "rfc1123": format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)}


def ohlc(call: Call, feed: Feed) -> dict[str, Any]:
    """Return the newest candles after ``since``; the running one is always among them, ``last`` never is."""
    if not call.params.get("pair"):
        raise KrakenError("EGeneral:Invalid arguments")
    key, symbol = find_pair(feed, call.params["pair"])
    minutes = integer(call.params, "interval") or 1
    if minutes not in INTERVALS:
        raise KrakenError("EGeneral:Invalid arguments")
    step = 1 if minutes in UNRECORDED else minutes * 60_000
    since, now = integer(call.params, "since"), feed.clock.now()
    start = None if since is None else min(since * 1000 + 1, now - now % step)
    request = Request("kraken", call.path, symbol, str(minutes))
    found = feed.candles(Query(request, "spot", symbol, step, start, None, LARGEST_PAGE, newest=True))
    committed = [row.open_time for row in found.rows if row.closed]
    last = max(committed) if committed else max(0, now - now % step - step) if found.rows else (since or 0) * 1000
    return {page_name(key, found, feed): [ohlc_row(row, found) for row in found.rows], "last": last // 1000}


def page_name(key: str, found: Answer, feed: Feed) -> str:
    """Return the pair name over the rows: the asked one, unless a fault serves the wrong symbol."""
    if all(fault.name != "wrong_symbol" for fault in found.struck):
        return key
    other = find_pair(feed, found.symbol)[0]
    return other if other != key else UNSEEN_PAIR


def ohlc_row(row: Row, found: Answer) -> list[Any]:
    """Return [time s, open, high, low, close, vwap, volume, count]; vwap is null: no recording says it."""
    scales = found.scales
    prices = [plain(price, scales.price, at_least=1) for price in (row.open, row.high, row.low, row.close)]
    return [row.open_time // 1000, *prices, None, plain(row.volume_base, scales.base, at_least=8), row.trades]


ROUTES: Mapping[str, Callable[[Call, Feed], dict[str, Any]]] = {
    "/0/public/Assets": assets,
    "/0/public/AssetPairs": asset_pairs,
    "/0/public/Time": server_time,
    "/0/public/OHLC": ohlc,
}
VENUE = ReplayVenue("kraken", answer, refuse, not_found, symbol_param="pair")
