"""The personality of a venue: its paths, its words, and what it answers instead of data."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.local.replay.feed import Feed
from infra.local.replay.wire import Call, Response

PAGE_NOT_FOUND = Response(404, b"<html><body><h2>404 Not found</h2></body></html>", {}, "text/html")


@dataclass(frozen=True)
class ReplayVenue:
    """One venue.

    Attributes
    ----------
    name
        First part of its paths; the file below ``venues`` has the same name.
    answer
        Answers a call, or gives None where the venue has no such path here.
    refuse
        From status (429, 418 or 503), seconds to wait and the clock (ms UTC) to the venue's own refusal.
    not_found
        What stands in place of an answer where there is no such path.
    symbol_param, interval_param
        What the venue calls them in a query, so that faults can be limited to them.
    """

    name: str
    answer: Callable[[Call, Feed], Response | None]
    refuse: Callable[[int, float, int], Response]
    not_found: Callable[[], Response] = lambda: PAGE_NOT_FOUND
    symbol_param: str = "symbol"
    interval_param: str = "interval"
