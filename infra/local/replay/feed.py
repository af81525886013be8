"""Answers to candle requests in the venue-neutral form: the right page at this clock, then the faults that strike."""

import threading
from collections.abc import Sequence
from typing import NamedTuple

from infra.local.replay.clock import ReplayClock
from infra.local.replay.faults import REFUSALS, Fault, FaultBook, Request
from infra.local.replay.page_faults import CHANGES, Page, apply_faults, can_show
from infra.local.replay.recorded import Recordings, Scales
from infra.local.replay.tape import Row, Tape, Window, in_windows


class Query(NamedTuple):
    """One request for candles: range of open times in ms UTC, both ends included (None = open)."""

    request: Request
    market: str
    symbol: str
    step: int
    start: int | None
    end: int | None
    limit: int
    newest: bool


class Answer(NamedTuple):
    """Rows to send (oldest first unless a fault says otherwise), their decimals, and whose candles they are."""

    rows: list[Row]
    scales: Scales
    symbol: str
    struck: list[Fault]


class Refused(Exception):  # noqa: N818 - not an error of ours: the venue's refusal on its way to the response
    """A fault that answers instead of the venue struck a candle request by its window."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.name)
        self.fault = fault


class Feed:
    """Tapes, clock and faults of one replay exchange."""

    def __init__(self, recordings: Recordings, clock: ReplayClock, faults: FaultBook) -> None:
        self.recordings, self.clock, self.faults = recordings, clock, faults
        self._tapes: dict[tuple[str, str, str], Tape] = {}
        self._sent: dict[tuple[str, str, str, int], list[Row]] = {}
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Forget the pages sent so far, which ``repeated_page`` sends again."""
        self._sent.clear()

    def symbols(self, venue: str, market: str) -> list[str]:
        """Return the venue's own names of the symbols that have recorded candles."""
        return sorted({e["symbol"] for e in self.recordings.select("candles", venue=venue, market=market)})

    def tape(self, venue: str, market: str, symbol: str) -> Tape:
        with self._lock:
            key = (venue, market, symbol)
            if key not in self._tapes:
                self._tapes[key] = Tape(self.recordings, venue, market, symbol)
            return self._tapes[key]

    def candles(self, query: Query) -> Answer:
        """Return the page that answers a request, faults included.

        Raises
        ------
        Refused
            When a fault with a candle window answers in the venue's place.
        """
        request, now = query.request, self.clock.now()
        shown = self.page(query, query.symbol, now)
        self.refuse_by_window(query, shown, now)
        swapped = self.faults.strike(("wrong_symbol",), request, now, lambda fault: shows(fault, shown))
        symbol = query.symbol
        for fault in swapped:
            symbol = fault.options["serve"] or self.other_symbol(query)
        hiding = self.faults.strike(("missing_window",), request, now, lambda fault: shows(fault, shown))
        if swapped or hiding:
            shown = self.page(query, symbol, now, [fault.window for fault in hiding if fault.window])
        tape = self.tape(request.venue, query.market, symbol)
        key = (request.venue, query.market, query.symbol, query.step)
        page = Page(shown, query.step, now, self._sent.get(key), lambda row: tape.unsettled(query.step, row.open_time))
        changing = self.faults.strike(tuple(CHANGES), request, now, lambda fault: can_show(fault, page))
        rows = apply_faults(page, changing)
        self._sent[key] = rows
        return Answer(rows, tape.scales(query.step), symbol, swapped + hiding + changing)

    def page(self, query: Query, symbol: str, now: int, hidden: Sequence[Window] = ()) -> list[Row]:
        """Return the page of a symbol's candles as they are at ``now``."""
        tape = self.tape(query.request.venue, query.market, symbol)
        return tape.page(
            query.step,
            now,
            start=query.start,
            end=query.end,
            limit=query.limit,
            newest=query.newest,
            hidden=hidden,
        )

    def refuse_by_window(self, query: Query, shown: list[Row], now: int) -> None:
        struck = self.faults.strike(
            REFUSALS, query.request, now, lambda fault: fault.window is not None and shows(fault, shown)
        )
        if struck:
            raise Refused(struck[0])

    def other_symbol(self, query: Query) -> str:
        """Return another recorded symbol of the same venue and market (the same one where there is no other)."""
        names = self.symbols(query.request.venue, query.market)
        return next((name for name in names if name != query.symbol), query.symbol)


def shows(fault: Fault, rows: list[Row]) -> bool:
    """Say whether a page holds a candle that the fault concerns (all pages, for a fault without a window)."""
    return fault.window is None or any(in_windows(row.open_time, [fault.window]) for row in rows)
