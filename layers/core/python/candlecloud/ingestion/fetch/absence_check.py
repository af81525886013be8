"""Absence check: candles that did not come either come when asked for narrowly, or their absence is proven.

A candle is proven absent only by a page of its own that has candles before and after the hole, has nothing in it, and
is clean in between; together with the page in which the hole was first seen, two agree. Before the listing and beyond
the history cap there are no neighbours; those have proofs of their own. Anything else stays an open gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from candlecloud.errors import ExchangeError
from candlecloud.ingestion.fetch.continuity_check import ContinuityCheck
from candlecloud.ingestion.fetch.coverage import Absence, OpenHole
from candlecloud.ingestion.fetch.market_check import MarketCheck
from candlecloud.ingestion.fetch.page import AnyRow, PageResult
from candlecloud.ingestion.fetch.session import FetchSession
from candlecloud.market.ranges import IntervalSet, TimeRange

# Candles asked for on each side of a hole, try by try. The shape changes, so that what the venue does to one row of
# every page does not hit the same row each time.
_MARGINS = (1, 10, 100)
_EVIDENCE_REQUESTS = 6


class Found(NamedTuple):
    """Rows that came after all, and the page that they came in."""

    page: PageResult
    rows: list[AnyRow]


class AbsenceCheck:
    """Looks into holes of one fetch."""

    def __init__(self, session: FetchSession, continuity: ContinuityCheck, market: MarketCheck) -> None:
        self._session = session
        self._continuity = continuity
        self._market = market

    def before_listing(self, hole: TimeRange) -> Absence | None:
        """What of a hole lies before the first candle that the exchange ever had."""
        known = self._continuity.known
        if any(time < hole.start for time in known):
            return None
        try:
            listed = self._market.find_listing(known)
        except ExchangeError:
            return None  # the hole is asked about like any other
        if listed is None or listed <= hole.start:
            return None
        evidence = {"listed_from": listed, "exchange_time": self._session.exchange_now()}
        return Absence(TimeRange(hole.start, min(hole.end, listed)), "before_listing", evidence)

    def group(self, holes: IntervalSet) -> Iterator[IntervalSet]:
        """Neighbouring holes that fit into one page together."""
        most = (self._session.endpoint.page_span - 2 * _MARGINS[0]) * self._session.step
        group: list[TimeRange] = []
        for hole in holes:
            if group and hole.end - group[0].start > most:
                yield IntervalSet(group)
                group = []
            group.append(hole)
        if group:
            yield IntervalSet(group)

    def look_into(self, holes: IntervalSet) -> Iterator[Found | Absence | OpenHole]:
        """What becomes of each part of a group of holes, as it is found out.

        Raises
        ------
        ExchangeError
            If the venue does not answer. What was not told before is undecided.
        """
        tries = 0
        bad_seen = False
        while holes and tries < len(_MARGINS):
            page = self._session.fetch_page(self._around(_hull(holes), tries))
            got = [row for hole in holes for row in page.within(hole)]
            # A page that does not fit what is known proves nothing, neither what it holds nor what it lacks.
            fits = bool(page.good) and self._continuity.fits(page)
            if got and fits:
                yield Found(page, got)
                holes = holes.difference(IntervalSet.from_grid((row[0] for row in got), self._session.step))
            else:
                tries += 1
            for hole in holes:
                bad_seen = bad_seen or bool(page.unreadable) or any(map(hole.contains, page.bad_times))
                if fits and self._is_absent(page, hole):
                    yield Absence(hole, "absent_at_exchange", self._evidence(page, hole))
                    holes = holes.difference(IntervalSet([hole]))
        for hole in holes:
            cause = "quarantined_rows" if bad_seen else self._why_open(hole)
            yield OpenHole(hole, cause, {"asked": self._requests_about(hole)})

    def _around(self, span: TimeRange, tries: int) -> TimeRange:
        """The window of a try: the holes, and some candles on each side of them."""
        endpoint, step, closed = self._session.endpoint, self._session.step, self._session.closed_before()
        room = max(endpoint.page_span - span.duration // step, 2 * _MARGINS[-1])
        margin = min(_MARGINS[tries], room // 2) * step
        # After the first try the two sides differ, so that the hole is not in the middle of the page.
        before = span.start - margin - step * tries
        after = span.end + margin
        if tries and endpoint.keeps == "oldest":
            after = closed  # the page is full from its start on, and so it holds the next candle there is
        return TimeRange(max(0, before), max(span.end, min(after, closed)))

    def _is_absent(self, page: PageResult, hole: TimeRange) -> bool:
        """Whether one page shows candles on both sides of a hole, nothing in it, and nothing bad in between."""
        before, after = _neighbours(page, hole)
        if before is None or after is None or page.unreadable or page.within(hole):
            return False
        return not self._is_recent(hole) and not any(before < time < after for time in page.bad_times)

    def _is_recent(self, hole: TimeRange) -> bool:
        return hole.end + self._session.profile.absence_lag_ms > self._session.exchange_now()

    def _why_open(self, hole: TimeRange) -> str:
        if all(time < hole.end for time in self._continuity.known):
            return "nothing_after_it"
        return "too_recent" if self._is_recent(hole) else "not_corroborated"

    def _evidence(self, page: PageResult, hole: TimeRange) -> dict[str, Any]:
        before, after = _neighbours(page, hole)
        return {
            "candle_before": before,
            "candle_after": after,
            "exchange_time": self._session.exchange_now(),
            "asked": self._requests_about(hole),
        }

    def _requests_about(self, hole: TimeRange) -> list[dict[str, Any]]:
        """The latest requests that covered the hole."""
        about = [asked for asked in self._session.recent if asked["start"] <= hole.start and hole.end <= asked["end"]]
        return about[-_EVIDENCE_REQUESTS:]


def _hull(holes: IntervalSet) -> TimeRange:
    ranges = list(holes)
    return TimeRange(ranges[0].start, ranges[-1].end)


def _neighbours(page: PageResult, hole: TimeRange) -> tuple[int | None, int | None]:
    before = max((time for time in page.good if time < hole.start), default=None)
    after = min((time for time in page.good if time >= hole.end), default=None)
    return before, after
