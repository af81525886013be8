"""The pager: walks a venue window by window and ends only with a proof of coverage.

Every wanted interval is handed over as a candle, or listed as absent with a cause and evidence, or listed as open or
failed; `coverage` keeps that ledger. An empty, short, late, reversed, repeated or off-grid page says something about
one window: the walk goes on behind it, and the hole is looked into (`absence_check`). What may be believed of a page is
decided in `continuity_check`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from candlecloud.errors import ExchangeError, RegionRefusedError
from candlecloud.exchange.retry import OutOfTimeError
from candlecloud.ingestion.fetch.absence_check import AbsenceCheck, Found
from candlecloud.ingestion.fetch.continuity_check import ContinuityCheck
from candlecloud.ingestion.fetch.coverage import Absence, Coverage, FetchReport
from candlecloud.ingestion.fetch.market_check import MarketCheck
from candlecloud.ingestion.fetch.page import PageResult
from candlecloud.ingestion.fetch.session import FetchSession
from candlecloud.market.candle import Candle
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import IntervalSet, TimeRange


class Pager:
    """One fetch of a set of ranges, the newest range first, which accounts for each of them.

    Parameters
    ----------
    wanted : IntervalSet
        Open times, on the grid; nothing that is not closed yet.
    known : iterable of Candle
        Stored candles of the series, best those just before each range: the pages have to fit to them.
    """

    def __init__(self, session: FetchSession, wanted: IntervalSet, known: Iterable[Candle] = ()) -> None:
        self._session = session
        self._coverage = Coverage(wanted)
        self._market = MarketCheck(session, next((span.start for span in wanted), 0))
        self._continuity = ContinuityCheck(session, self._market, known)
        self._absence = AbsenceCheck(session, self._continuity, self._market)
        self._candles = 0
        self._is_finished = False

    def pages(self) -> Iterator[list[Candle]]:
        """Walk all ranges, and hand over what each page brings.

        Raises
        ------
        UnknownSymbolError
            If the exchange does not list the symbol.
        """
        try:
            self._give_up_what_is_out_of_reach()
            if self._is_the_right_market():
                # The newest first: what an old, long range takes of the time must not keep the live candles waiting.
                for span in reversed(list(self._coverage.wanted.difference(self._coverage.decided()))):
                    if self._coverage.missing(span):  # a venue that is out for good has failed them all
                        yield from self._walk_range(span)
            self._is_finished = True
        except OutOfTimeError:
            return  # the rest is pending

    def report(self) -> FetchReport:
        """What became of every wanted interval; what the pages did not get to is pending."""
        coverage, session = self._coverage, self._session
        pending = coverage.close(out_of_time=not self._is_finished)
        return FetchReport(
            coverage.wanted,
            coverage.present,
            tuple(sorted(coverage.absent, key=lambda entry: entry.range)),
            tuple(sorted(coverage.open, key=lambda entry: entry.range)),
            tuple(sorted(coverage.failed, key=lambda entry: entry.range)),
            pending,
            self._candles,
            session.quarantined,
            session.requests,
            session.anomalies,
            self._market.listed_from,
        )

    def _walk_range(self, span: TimeRange) -> Iterator[list[Candle]]:
        step, most = self._session.step, self._session.profile.page_span * self._session.step
        cursor, blanks = span.start, 0
        while cursor < span.end:
            window = TimeRange(cursor, min(cursor + most, span.end))
            page = self._fetch_page(window)
            if page is not None and (got := page.within(window)):
                yield self._accept(page, got)
                cursor, blanks = got[-1].open_time + step, 0
                # Holes between candles that stand on both sides can be decided at once.
                yield from self._look_into_holes(TimeRange(span.start, cursor))
            else:
                blanks += 1
                cursor = self._behind_blank(window, span, blanks)
        yield from self._look_into_holes(span)

    def _fetch_page(self, window: TimeRange) -> PageResult | None:
        """A page that fits to what is known; a window that could not be asked for is a failed interval."""
        try:
            return self._continuity.fetch_page(window)
        except ExchangeError as error:
            self._fail(window, error)
            return None

    def _fail(self, window: TimeRange, error: ExchangeError) -> None:
        """Mark a window as failed; if the venue is out for good, so is all the rest."""
        for span in self._coverage.wanted if _is_out_for_good(error) else [window]:
            self._coverage.mark_failed(span, error.code, error.message)

    def _behind_blank(self, window: TimeRange, span: TimeRange, blanks: int) -> int:
        """Where to go on after a window without candles."""
        if window.end >= span.end or not self._coverage.missing(TimeRange(window.end, span.end)):
            return span.end
        session, known = self._session, self._continuity.known
        try:
            listed = None if self._continuity.anchor(window.start) else self._market.find_listing(known)
            if listed is not None:
                return max(window.end, min(listed, span.end))
            if blanks >= 2 and session.profile.keeps == "oldest":
                # One page over all the rest begins with the next candle that there is.
                page = session.fetch_page(TimeRange(window.end, max(span.end, session.closed_before())))
                return max(window.end, min(next(iter(page.good), span.end), span.end))
        except ExchangeError:
            return window.end  # a short cut that is closed; the fault has been noted
        return window.end

    def _look_into_holes(self, span: TimeRange) -> Iterator[list[Candle]]:
        """Decide every undecided interval of a span that has been walked."""
        holes = self._coverage.missing(span)
        first = next(iter(holes), span)
        if holes and first.start == span.start and (absence := self._absence.before_listing(first)) is not None:
            self._coverage.mark(absence)
            holes = self._coverage.missing(span)
        for group in self._absence.group(holes):
            try:
                for outcome in self._absence.look_into(group):
                    if isinstance(outcome, Found):
                        yield self._accept(outcome.page, outcome.candles)
                    else:
                        self._coverage.mark(outcome)
            except ExchangeError as error:
                for hole in group:
                    self._coverage.mark_failed(hole, error.code, error.message)

    def _accept(self, page: PageResult, got: list[Candle]) -> list[Candle]:
        """Mark candles as present; returns them with any known candle that the page restates."""
        known, step = self._continuity.known, self._session.step
        restated = [row for time, row in page.good.items() if time in known and not CANDLES.same(row, known[time])]
        self._candles += len(got)
        times = {row.open_time for row in got}
        self._coverage.mark_present(IntervalSet.from_grid(times, step))
        self._continuity.remember(page.good[t] for t in times if t - step not in times or t + step not in times)
        self._continuity.remember(restated)
        return sorted({row.open_time: row for row in (*restated, *got)}.values())

    # --- before the walk ----------------------------------------------------------------------------------------------

    def _give_up_what_is_out_of_reach(self) -> None:
        cap, session = self._session.profile.history_cap, self._session
        if cap is None:
            return
        reachable_from = session.closed_before() - cap * session.step
        now = session.exchange_opened_at
        evidence = {"history_cap": cap, "exchange_time": now, "reachable_from": reachable_from}
        for span in self._coverage.wanted:
            if span.start < reachable_from:
                gone = TimeRange(span.start, min(span.end, reachable_from))
                self._coverage.mark(Absence(gone, "beyond_history_cap", evidence))

    def _is_the_right_market(self) -> bool:
        """Checked on the first contact only: where candles are known, the pages have to fit to them."""
        if self._continuity.known or not self._coverage.wanted.difference(self._coverage.decided()):
            return True
        try:
            self._market.reference_prices()
        except ExchangeError as error:
            for span in self._coverage.wanted:
                self._fail(span, error)
            return False
        return True


def _is_out_for_good(error: ExchangeError) -> bool:
    return bool(error.details.get("circuit_open")) or isinstance(error, RegionRefusedError)
