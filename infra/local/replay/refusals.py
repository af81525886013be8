"""What comes instead of data while a fault refuses: the venue's own refusal, or that of a gateway before it."""

from infra.local.replay.faults import Fault
from infra.local.replay.venue import ReplayVenue
from infra.local.replay.wire import Response

HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"
GATEWAY_503 = b"<html><head><title>503 Service Temporarily Unavailable</title></head></html>"
STATUS = {"rate_limit_429": 429, "ban_418": 418, "unavailable_503": 503}


def refusal(fault: Fault, venue: ReplayVenue, now: int) -> Response:
    """Return the answer of a refusing fault (all but ``timeout``, which answers nothing)."""
    if fault.name == "html_200":
        return Response(200, HTML, {}, "text/html")
    status, wait = STATUS[fault.name], fault.options["retry_after_s"]
    if fault.options.get("from_gateway"):
        response = Response(status, GATEWAY_503, {}, "text/html")
    else:
        response = venue.refuse(status, wait or 0, now)
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return response._replace(headers={**headers, **response.headers})
