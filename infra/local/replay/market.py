"""The market that is served: recordings, clock, faults and log, and the answer to each call. No sockets here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local.replay.clock import ReplayClock, parse_time
from infra.local.replay.faults import BODY_FAULTS, REFUSALS, Fault, FaultBook, Request
from infra.local.replay.feed import Feed, Refused
from infra.local.replay.recorded import Recordings
from infra.local.replay.refusals import refusal
from infra.local.replay.requests_log import RequestLog
from infra.local.replay.venue import PAGE_NOT_FOUND, ReplayVenue
from infra.local.replay.venues import find_venues
from infra.local.replay.wire import Call, Response

DEFAULT_CLOCK = "2025-08-18T18:20:00Z"


class ReplayMarket:
    """All venues at one moment.

    ``clock`` is ms UTC or ISO-8601; ``rate`` is recorded ms per real ms (0 = frozen); ``folder`` holds the recorded
    files with their manifest.
    """

    def __init__(self, clock: int | str = DEFAULT_CLOCK, rate: float = 0.0, folder: Path | None = None) -> None:
        self.clock = ReplayClock(parse_time(clock), rate)
        self.faults = FaultBook()
        self.requests = RequestLog()
        self.recordings = Recordings.open(folder)
        self.feed = Feed(self.recordings, self.clock, self.faults)

    def now(self) -> int:
        """Return the replay clock in ms UTC."""
        return self.clock.now()

    def set_clock(self, now: int | str, rate: float = 0.0) -> None:
        """Set the clock to ms UTC or ISO-8601 and let it run at ``rate`` recorded ms per real ms (0 = frozen)."""
        self.clock.set(parse_time(now), rate)

    def advance(self, by_ms: int) -> int:
        """Move the clock by ``by_ms`` and return the new time."""
        return self.clock.advance(by_ms)

    def add_fault(self, name: str, **fields: Any) -> Fault:
        """Switch on a fault by name; fields are those of ``Fault``, windows may be ms or ISO-8601.

        Fields that ``Fault`` does not have are taken as the fault's own options (``retry_after_s=3``).
        """
        own = {key: fields.pop(key) for key in list(fields) if key not in Fault.__dataclass_fields__}
        options = {**fields.pop("options", {}), **own}
        return self.faults.add(Fault.from_dict({"name": name, "options": options, **fields}))

    def clear_faults(self) -> int:
        """Switch off all faults and return how many were on."""
        return self.faults.clear()

    def reset(self, clock: int | str = DEFAULT_CLOCK) -> None:
        """Return to the first state: clock set and frozen, no faults, nothing logged or sent; recordings stay read."""
        self.set_clock(clock)
        self.faults.clear()
        self.requests.clear()
        self.feed.forget()

    def recorded_series(self) -> dict[str, tuple[int, int]]:
        """Return what is recorded: series id (``binance/BTC-USDT/1h``) -> first open time and end, ms UTC."""
        found = {}
        for entry in self.recordings.select("candles"):
            columns = self.recordings.candles(entry)
            series = f"{entry['venue']}/{entry['unified']}/{entry['timeframe']}"
            found[series] = (columns.open_time[0], columns.end)
        return found

    def respond(self, venue: str, path: str, params: Mapping[str, str]) -> Response | float:
        """Answer a venue's path; a float is the time in seconds to stay silent in place of an answer."""
        found = find_venues().get(venue)
        if found is None:
            return PAGE_NOT_FOUND
        now = self.now()
        request = Request(venue, path, params.get(found.symbol_param), params.get(found.interval_param))
        self.faults.begin()
        response = self._answer(found, Call(venue, path, params), request, now)
        status = 0 if isinstance(response, float) else response.status
        self.requests.add(now, venue, path, dict(params), status, self.faults.struck_here())
        return response

    def _answer(self, venue: ReplayVenue, call: Call, request: Request, now: int) -> Response | float:
        refusing = self.faults.strike(REFUSALS, request, now, lambda fault: fault.window is None)
        if refusing:
            return _refuse(refusing[0], venue, now)
        try:
            response = venue.answer(call, self.feed) or venue.not_found()
        except Refused as refused:
            return _refuse(refused.fault, venue, now)
        for fault in self.faults.strike(BODY_FAULTS, request, now):
            response = response._replace(body=response.body[: int(len(response.body) * float(fault.options["keep"]))])
        return response


def _refuse(fault: Fault, venue: ReplayVenue, now: int) -> Response | float:
    return float(fault.options["delay_s"]) if fault.name == "timeout" else refusal(fault, venue, now)
