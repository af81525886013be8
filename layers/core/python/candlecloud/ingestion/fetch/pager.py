"""The pager: walks a venue window by window and ends only with a proof of coverage.

Every wanted interval is handed over as a row, or listed as absent with a cause and evidence, or listed as open or
failed; `coverage` keeps that ledger. An empty, short, late, reversed, repeated or off-grid page says something about
one window: the walk goes on behind it, and the hole is looked into (`absence_check`). What may be believed of a page is
decided in `continuity_check`.

Rows without a grid come when they come, so that none can be missed by its time. There a page that is not full proves
its window, and a full one proves it as far as its rows reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from candlecloud.errors import ExchangeError, RegionRefusedError
from candlecloud.exchange.retry import OutOfTimeError
from candlecloud.ingestion.fetch.absence_check import AbsenceCheck, Found
from candlecloud.ingestion.fetch.continuity_check import ContinuityCheck
from candlecloud.ingestion.fetch.coverage import Absence, Coverage, FetchReport, OpenHole
from candlecloud.ingestion.fetch.market_check import MarketCheck
from candlecloud.ingestion.fetch.page import AnyRow, PageResult
from candlecloud.ingestion.fetch.session import ATTEMPTS, FetchSession
from candlecloud.market.ranges import IntervalSet, TimeRange


class Pager:
    """One fetch of a set of ranges, the newest range first, which accounts for each of them.

    Parameters
    ----------
    wanted : IntervalSet
        Key times, on the grid where there is one; nothing that is not final yet.
    known : iterable of tuple
        Stored rows of the series, best those just before each range: the pages have to fit to them.
    """

    def __init__(self, session: FetchSession, wanted: IntervalSet, known: Iterable[AnyRow] = ()) -> None:
        self._session = session
        self._coverage = Coverage(wanted)
        self._market = MarketCheck(session, next((span.start for span in wanted), 0))
        self._continuity = ContinuityCheck(session, self._market, known)
        self._absence = AbsenceCheck(session, self._continuity, self._market)
        self._rows = 0
        self._is_finished = False

    def pages(self) -> Iterator[list[AnyRow]]:
        """Walk all ranges, and hand over what each page brings.

        Raises
        ------
        UnknownSymbolError
            If the exchange does not list the symbol.
        """
        try:
            self._give_up_what_is_out_of_reach()
            walk = self._walk_range if self._session.has_grid else self._walk_without_grid
            if self._is_the_right_market():
                # The newest first: what an old, long range takes of the time must not keep the live candles waiting.
                for span in reversed(list(self._coverage.wanted.difference(self._coverage.decided()))):
                    if self._coverage.missing(span):  # a venue that is out for good has failed them all
                        yield from walk(span)
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
            self._rows,
            session.quarantined,
            session.requests,
            session.anomalies,
            self._market.listed_from,
        )

    def _walk_range(self, span: TimeRange) -> Iterator[list[AnyRow]]:
        step, most = self._session.step, self._session.endpoint.page_span * self._session.step
        cursor, blanks = span.start, 0
        while cursor < span.end:
            window = TimeRange(cursor, min(cursor + most, span.end))
            page = self._fetch_page(window)
            if page is not None and (got := page.within(window)):
                yield self._accept(page, got)
                cursor, blanks = got[-1][0] + step, 0
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
            if blanks >= 2 and session.endpoint.keeps == "oldest":
                # One page over all the rest begins with the next candle that there is.
                page = session.fetch_page(TimeRange(window.end, max(span.end, session.closed_before())))
                return max(window.end, min(next(iter(page.good), span.end), span.end))
        except ExchangeError:
            return window.end  # a short cut that is closed; the fault has been noted
        return window.end

    def _look_into_holes(self, span: TimeRange) -> Iterator[list[AnyRow]]:
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
                        yield self._accept(outcome.page, outcome.rows)
                    else:
                        self._coverage.mark(outcome)
            except ExchangeError as error:
                for hole in group:
                    self._coverage.mark_failed(hole, error.code, error.message)

    def _accept(self, page: PageResult, got: list[AnyRow]) -> list[AnyRow]:
        """Mark rows as present; returns them with any known row that the page restates."""
        known, step, same = self._continuity.known, self._session.step, self._session.dataset.same
        restated = [row for time, row in page.good.items() if time in known and not same(row, known[time])]
        self._rows += len(got)
        times = {row[0] for row in got}
        self._coverage.mark_present(IntervalSet.from_grid(times, step))
        self._continuity.remember(page.good[t] for t in times if t - step not in times or t + step not in times)
        self._continuity.remember(restated)
        return sorted({row[0]: row for row in (*restated, *got)}.values())

    # --- rows without a grid ------------------------------------------------------------------------------------------

    def _walk_without_grid(self, rest: TimeRange) -> Iterator[list[AnyRow]]:
        endpoint = self._session.endpoint
        while rest:
            page = self._ask_until_clean(rest)
            if page is None:
                return
            seen = [time for time in (*page.good, *page.bad_times) if rest.contains(time)]
            if page.received < endpoint.page_limit:
                proven, rest = rest, TimeRange(rest.end, rest.end)
            elif not seen:
                self._coverage.mark(OpenHole(rest, "quarantined_rows" if page.is_odd else "not_corroborated", {}))
                return
            elif endpoint.keeps == "oldest":
                proven, rest = TimeRange(rest.start, max(seen) + 1), TimeRange(max(seen) + 1, rest.end)
            else:
                proven, rest = TimeRange(min(seen), rest.end), TimeRange(rest.start, min(seen))
            yield self._accept_proven(page, proven)

    def _ask_until_clean(self, window: TimeRange) -> PageResult | None:
        """The first clean page of some tries, or the last one; without a row in it, the second that says so."""
        try:
            for attempt in range(ATTEMPTS):
                page = self._session.fetch_page(window)
                if not page.is_odd and (page.received or attempt):
                    break
                self._session.anomalies["asked_again"] += 1
        except ExchangeError as error:
            self._fail(window, error)
            return None
        return page

    def _accept_proven(self, page: PageResult, proven: TimeRange) -> list[AnyRow]:
        """Mark a range that a page has proven, but for the moments of its bad rows; returns its rows."""
        got = page.within(proven)
        doubtful = [proven] if page.unreadable else [TimeRange(t, t + 1) for t in page.bad_times if proven.contains(t)]
        holes = IntervalSet(doubtful).difference(IntervalSet.from_grid((row[0] for row in got), 1))
        self._coverage.mark_present(IntervalSet([proven]).difference(holes))
        for hole in holes:
            self._coverage.mark(OpenHole(hole, "quarantined_rows", {}))
        self._rows += len(got)
        return got

    # --- before the walk ----------------------------------------------------------------------------------------------

    def _give_up_what_is_out_of_reach(self) -> None:
        cap, session = self._session.endpoint.history_cap, self._session
        if cap is None or not session.has_grid:
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
        if (
            self._continuity.known
            or not self._session.has_grid
            or not self._coverage.wanted.difference(self._coverage.decided())
        ):
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
