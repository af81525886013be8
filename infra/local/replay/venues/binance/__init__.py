"""Binance: spot and USD-M futures behind one address."""

from infra.local.replay.feed import Feed
from infra.local.replay.venue import ReplayVenue
from infra.local.replay.venues.binance import spot, usdm
from infra.local.replay.wire import Call, Response, json_response

REFUSALS = {
    429: (-1003, "Too many requests; current limit of IP(127.0.0.1) is 6000 requests per minute."),
    418: (-1003, "Way too much request weight used; IP banned until {until}."),
    503: (-1008, "Server is currently overloaded with other requests. Please try again later."),
}


def answer(call: Call, feed: Feed) -> Response | None:
    """Answer a path of either market."""
    return spot.answer(call, feed) or usdm.answer(call, feed)


def refuse(status: int, wait_s: float, now: int) -> Response:
    """Return Binance's own refusal; a ban says until when."""
    code, message = REFUSALS[status]
    return json_response({"code": code, "msg": message.format(until=now + int(wait_s * 1000))}, status)


VENUE = ReplayVenue("binance", answer, refuse)
