"""The replay exchange itself: recordings, clock, faults and log behind one loopback address."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from infra.local.replay import binance, binance_usdm, kraken, kucoin
from infra.local.replay.clock import ReplayClock, parse_time
from infra.local.replay.faults import BODY_FAULTS, REFUSALS, Fault, FaultBook, Request
from infra.local.replay.feed import Feed, Refused
from infra.local.replay.recorded import Recordings
from infra.local.replay.refusals import refusal
from infra.local.replay.requests_log import RequestLog
from infra.local.replay.server import ReplayServer
from infra.local.replay.wire import Call, Response

DEFAULT_CLOCK = "2025-08-18T18:20:00Z"
Answering = Callable[[Call, Feed], Response | None]
VENUES: Mapping[str, tuple[Answering, ...]] = {
    "binance": (binance.answer, binance_usdm.answer),
    "kraken": (kraken.answer,),
    "kucoin": (kucoin.answer,),
}
NOT_FOUND: Mapping[str, Callable[[], Response]] = {"kraken": kraken.not_found, "kucoin": kucoin.not_found}
PAGE_NOT_FOUND = Response(404, b"<html><body><h2>404 Not found</h2></body></html>", {}, "text/html")


class ReplayExchange:
    """A market on loopback that unmodified ccxt talks to.

    Use it as a context manager, or call ``start`` and ``stop``. ``clock`` is ms UTC or ISO-8601; ``rate`` is recorded
    ms per real ms (0 = frozen); ``folder`` holds the recorded files with their manifest.
    """

    def __init__(self, clock: int | str = DEFAULT_CLOCK, rate: float = 0.0, folder: Path | None = None) -> None:
        self.clock = ReplayClock(parse_time(clock), rate)
        self.faults = FaultBook()
        self.requests = RequestLog()
        self.recordings = Recordings.open(folder)
        self.feed = Feed(self.recordings, self.clock, self.faults)
        self._server: ReplayServer | None = None

    def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1 (port 0 = any free one) and return the base URL."""
        if self._server is None:
            self._server = ReplayServer(port, self)
            # A short poll makes stop() quick; accepting a connection does not wait for it.
            threading.Thread(target=self._server.serve_forever, args=(0.05,), name="replay", daemon=True).start()
        return self.base_url

    def stop(self) -> None:
        if self._server is not None:
            self._server.close_all()
            self._server = None

    def __enter__(self) -> "ReplayExchange":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        if self._server is None:
            raise RuntimeError("the replay exchange is not running: call start() or use it in a with block")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def base_urls(self) -> dict[str, str]:
        """Return the base URL of each venue, the only setting that ccxt needs changed."""
        return {venue: f"{self.base_url}/{venue}" for venue in VENUES}

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
        if venue not in VENUES:
            return PAGE_NOT_FOUND
        now = self.now()
        symbol = params.get("symbol") or params.get("pair")
        interval = params.get("interval") or params.get("type")
        request = Request(venue, path, symbol, interval)
        self.faults.begin()
        response = self._answer(Call(venue, path, params), request, now)
        status = 0 if isinstance(response, float) else response.status
        self.requests.add(now, venue, path, dict(params), status, self.faults.struck_here())
        return response

    def _answer(self, call: Call, request: Request, now: int) -> Response | float:
        refusing = self.faults.strike(REFUSALS, request, now, lambda fault: fault.window is None)
        if refusing:
            return self._refuse(refusing[0], call.venue, now)
        try:
            found = next((r for r in (answer(call, self.feed) for answer in VENUES[call.venue]) if r), None)
        except Refused as refused:
            return self._refuse(refused.fault, call.venue, now)
        response = found or NOT_FOUND.get(call.venue, lambda: PAGE_NOT_FOUND)()
        for fault in self.faults.strike(BODY_FAULTS, request, now):
            response = response._replace(body=response.body[: int(len(response.body) * float(fault.options["keep"]))])
        return response

    def _refuse(self, fault: Fault, venue: str, now: int) -> Response | float:
        return float(fault.options["delay_s"]) if fault.name == "timeout" else refusal(fault, venue, now)
