"""The control endpoints under ``/_replay/``: clock, faults, request log."""

from collections.abc import Mapping
from typing import Any

from infra.local.replay.clock import format_time, parse_time
from infra.local.replay.faults import Fault
from infra.local.replay.market import ReplayMarket
from infra.local.replay.wire import Response, json_response

PREFIX = "/_replay"


class ControlError(Exception):
    """A control request that cannot be done; its text says what to do."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def control(
    market: ReplayMarket,
    base_urls: Mapping[str, str],
    method: str,
    path: str,
    params: Mapping[str, str],
    body: Mapping[str, Any],
) -> Response:
    """Answer one control request."""
    try:
        match path.removeprefix(PREFIX).strip("/").split("/"):
            case [""]:
                content: Any = overview(market, base_urls)
            case ["clock"]:
                content = clock(market, method, body)
            case ["faults", *rest]:
                content = faults(market, method, rest, body)
            case ["requests"]:
                content = request_log(market, method, params)
            case _:
                return json_response({"error": f"no such control path: use {PREFIX}/ clock, faults or requests"}, 404)
    except ControlError as error:
        return json_response({"error": str(error)}, error.status)
    except (ValueError, TypeError) as error:
        return json_response({"error": str(error)}, 400)
    return json_response(content)


def overview(market: ReplayMarket, base_urls: Mapping[str, str]) -> dict[str, Any]:
    series = {
        name: {"first_open_time": format_time(first), "end": format_time(end)}
        for name, (first, end) in market.recorded_series().items()
    }
    return {"clock": clock_state(market), "base_urls": dict(base_urls), "series": series}


def clock_state(market: ReplayMarket) -> dict[str, Any]:
    now = market.now()
    return {"now_ms": now, "now": format_time(now), "rate": market.clock.rate}


def clock(market: ReplayMarket, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """GET reads; POST takes any of ``now`` (ms or ISO-8601), ``advance_ms``, ``rate``."""
    if method == "POST":
        if unknown := set(body) - {"now", "advance_ms", "rate"}:
            raise ControlError(400, f"unknown field {', '.join(sorted(unknown))}: use now, advance_ms or rate")
        market.clock.set(
            parse_time(body["now"]) if "now" in body else None, float(body["rate"]) if "rate" in body else None
        )
        market.clock.advance(int(body.get("advance_ms", 0)))
    elif method != "GET":
        raise ControlError(405, "the clock takes GET and POST")
    return clock_state(market)


def faults(market: ReplayMarket, method: str, rest: list[str], body: Mapping[str, Any]) -> dict[str, Any]:
    """GET lists, POST switches one on, DELETE switches all off, or the one whose id follows."""
    if method == "GET":
        return {"faults": [fault.to_dict() for fault in market.faults.active()]}
    if method == "POST":
        return market.faults.add(Fault.from_dict(body)).to_dict()
    if method == "DELETE":
        return {"cleared": market.faults.clear(int(rest[0]) if rest else None)}
    raise ControlError(405, "faults take GET, POST and DELETE")


def request_log(market: ReplayMarket, method: str, params: Mapping[str, str]) -> dict[str, Any]:
    """GET returns counts and the newest requests (``venue``, ``path``, ``limit`` narrow them); DELETE forgets."""
    log = market.requests
    if method == "DELETE":
        log.clear()
    recent = log.entries(params.get("venue"), params.get("path"), int(params.get("limit", 100)))
    return log.summary() | {"recent": [entry._asdict() for entry in recent]}
