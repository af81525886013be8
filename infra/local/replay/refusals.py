"""What a venue answers instead of data while a fault refuses: status, headers and the venue's own error body."""

from collections.abc import Mapping

from infra.local.replay.faults import Fault
from infra.local.replay.wire import Response, json_response

HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"
GATEWAY_503 = b"<html><head><title>503 Service Temporarily Unavailable</title></head></html>"
STATUS = {"rate_limit_429": 429, "ban_418": 418, "unavailable_503": 503}
BINANCE = {
    429: {"code": -1003, "msg": "Too many requests; current limit of IP(127.0.0.1) is 6000 requests per minute."},
    418: {"code": -1003, "msg": "Way too much request weight used; IP banned until {until}."},
    503: {"code": -1008, "msg": "Server is currently overloaded with other requests. Please try again later."},
}
KRAKEN = {
    429: {"error": ["EGeneral:Too many requests"]},
    418: {"error": ["EGeneral:Temporary lockout"]},
    503: {"error": ["EService:Unavailable"]},
}
KUCOIN = {
    429: {"code": "429000", "msg": "Too Many Requests"},
    418: {"code": "403000", "msg": "Access to this IP is temporarily denied"},
    503: {"code": "503", "msg": "Service Unavailable"},
}
BODIES: Mapping[str, Mapping[int, Mapping[str, object]]] = {"binance": BINANCE, "kraken": KRAKEN, "kucoin": KUCOIN}


def refusal(fault: Fault, venue: str, now: int) -> Response:
    """Return the answer of a refusing fault (all but ``timeout``, which answers nothing)."""
    if fault.name == "html_200":
        return Response(200, HTML, {}, "text/html")
    status = STATUS[fault.name]
    wait = fault.options["retry_after_s"]
    headers = {} if wait is None else {"Retry-After": str(wait)}
    if fault.options.get("from_gateway"):
        return Response(status, GATEWAY_503, headers, "text/html")
    body = dict(BODIES[venue][status])
    if "{until}" in str(body.get("msg")):
        body["msg"] = str(body["msg"]).format(until=now + int((wait or 0) * 1000))
    if venue == "kucoin" and status == 429:
        headers["gw-ratelimit-reset"] = str(int((wait or 0) * 1000))
    return json_response(body, status, headers)
