"""Continuity: a page is believed only if it fits to what is known.

Trust is passed from candle to candle. A window is asked for together with the last candle that is known before it; if
the page has that candle, it is about the same market and the same time. Where nothing is known before, reference prices
(`market_check`) and a second, narrow page have to agree.
"""

from __future__ import annotations

from collections.abc import Iterable

from candlecloud.ingestion.fetch.market_check import MarketCheck
from candlecloud.ingestion.fetch.page import (
    AnyRow,
    BadRows,
    PageResult,
    find_jumps,
    find_leap,
    is_restatement,
)
from candlecloud.ingestion.fetch.session import ATTEMPTS, FetchSession
from candlecloud.market.ranges import TimeRange

_CONFIRMED_WITH = (3, 0)  # candles before the one that is to be confirmed, request by request
# Candles before and from a jump of the price, request by request, that have to say the same of both its sides.
_JUMP_CONFIRMED_WITH = ((1, 1), (3, 2), (10, 5))
_LONGEST_FLASH = 5  # candles after which the price of a flash crash is back


class ContinuityCheck:
    """Pages of a session, held against the candles that are known and against reference prices.

    Attributes
    ----------
    known : dict of int to tuple
        Rows by key time that pages have to fit to: stored ones, and those at the edges of what came.
    """

    def __init__(self, session: FetchSession, market: MarketCheck, known: Iterable[AnyRow]) -> None:
        self.known: dict[int, AnyRow] = {}
        self._session = session
        self._dataset = session.dataset
        self._market = market
        self._price_breaks: set[int] = set()  # key times at which the price is known to jump
        self.remember(known)

    def remember(self, rows: Iterable[AnyRow]) -> None:
        """Keep rows that later pages have to fit to."""
        self.known.update((row[0], row) for row in rows)

    def anchor(self, start: int) -> AnyRow | None:
        """The last known candle before `start` that fits into one page with most of a window."""
        reach = start - self._session.endpoint.page_span // 2 * self._session.step
        times = [time for time in self.known if reach <= time < start]
        return self.known[max(times)] if times else None

    def fetch_page(self, window: TimeRange) -> PageResult | None:
        """Ask for a window until the page fits to what is known; None if it never does.

        A page without candles of the window needs no link: it gives nothing to store.
        """
        anchor = self.anchor(window.start)
        earlier: list[PageResult] = []
        for _ in range(ATTEMPTS):
            page = self._session.fetch_page(self._with_anchor(window, anchor))
            if anchor is not None and list(page.good) == [anchor[0]] and not page.is_odd:
                # The known candle and nothing else: an outage, or a venue with very short pages.
                page, anchor = self._session.fetch_page(window), None
            if not page.within(window):
                if not page.is_odd:
                    return page
            elif self._is_linked(page, anchor, earlier):
                return page
            self._session.anomalies["asked_again"] += 1
            earlier.append(page)
        return self._last_resort(window, anchor, earlier[-1])

    def fits(self, page: PageResult) -> bool:
        """Whether a page agrees with the known candles that it holds; without any, a second page has to agree."""
        if self._has_jump(page):
            return False
        shared = [(row, self.known[time]) for time, row in page.good.items() if time in self.known]
        if not shared:
            return self._is_confirmed(page)
        return all(self._dataset.same(row, known) or is_restatement(self._dataset, row, known) for row, known in shared)

    def _with_anchor(self, window: TimeRange, anchor: AnyRow | None) -> TimeRange:
        """The window from its anchor on, as far as one page goes."""
        if anchor is None:
            return window
        longest = self._session.endpoint.page_span * self._session.step
        return TimeRange(anchor[0], min(window.end, anchor[0] + longest))

    def _last_resort(self, window: TimeRange, anchor: AnyRow | None, last: PageResult) -> PageResult | None:
        """After pages that never were the same: one that is at least about the same market is taken."""
        if not last.within(window):
            return None
        said = None if anchor is None else last.good.get(anchor[0])
        if (
            anchor is not None
            and said is not None
            and is_restatement(self._dataset, said, anchor)
            and not self._has_jump(last)
        ):
            self._session.anomalies["restated_candle"] += 1
            return last
        if anchor is not None and said is not None and self._dataset.same(said, anchor) and self._is_price_break(last):
            return last
        self._session.anomalies["unlinked_page"] += 1
        rows = [list(row) for row in last.good.values()]
        self._session.quarantine(BadRows("wrong_symbol", rows), last.payload_hash)
        return None

    def _is_linked(self, page: PageResult, anchor: AnyRow | None, earlier: list[PageResult]) -> bool:
        """Whether a page is about the wanted market and the time asked for."""
        if self._has_jump(page):
            return False
        said = None if anchor is None else page.good.get(anchor[0])
        if anchor is None or said is None:
            return self._is_confirmed(page)
        if self._dataset.same(said, anchor):
            return True
        # Restated since: believed when two pages say the same, and it is near what was said before.
        time = anchor[0]
        agreed = any(self._dataset.same(said, other.good[time]) for other in earlier if time in other.good)
        return agreed and is_restatement(self._dataset, said, anchor)

    def _is_confirmed(self, page: PageResult) -> bool:
        """Whether reference prices, or at least the price level, and a second, narrow page agree with a page."""
        rows = list(page.good.values())
        last = rows[-1]
        verdict = self._market.agrees(rows)
        if verdict is None:
            nearest = min(self.known.values(), key=lambda row: abs(row[0] - last[0]), default=last)
            verdict = find_leap(self._dataset, [nearest, last]) is None and find_leap(self._dataset, rows) is None
        if not verdict:
            return False
        for before in _CONFIRMED_WITH:
            start = max(0, last[0] - before * self._session.step)
            again = self._session.fetch_page(TimeRange(start, last[0] + self._session.step))
            said = again.good.get(last[0])
            if said is not None:
                return self._dataset.same(said, last) or is_restatement(self._dataset, said, last)
        return False

    def _has_jump(self, page: PageResult) -> bool:
        return not self._price_breaks.issuperset(
            find_jumps(self._dataset, list(page.good.values()), self._session.step)
        )

    def _is_price_break(self, page: PageResult) -> bool:
        """Whether a linked page's jump is the market's own, such as a flash crash or a redenomination.

        Pages of several shapes, all of them alike, have to hold the candles on both sides. A jump that is soon taken
        back then needs no reference price; one that lasts does, for so does a market that is swapped for another.
        """
        step = self._session.step
        rows = list(page.good.values())
        jumps = [time for time in find_jumps(self._dataset, rows, step) if time not in self._price_breaks]
        if len(jumps) == 1:
            believed = self._market.agrees([row for row in rows if row[0] >= jumps[0]]) is True
        else:
            is_flash = len(jumps) == 2 and jumps[1] - jumps[0] <= _LONGEST_FLASH * step
            back = [page.good[time] for time in (jumps[0] - step, jumps[1])] if is_flash else []
            believed = is_flash and find_leap(self._dataset, back) is None and self._market.agrees(rows) is not False
        if not believed or not all(self._is_confirmed_jump(page, time) for time in jumps):
            return False
        self._price_breaks.update(jumps)
        self._session.anomalies["price_break"] += len(jumps)
        return True

    def _is_confirmed_jump(self, page: PageResult, time: int) -> bool:
        """Whether pages of several shapes hold the same candles on both sides of a jump."""
        step = self._session.step
        sides = (page.good[time - step], page.good[time])
        for before, after in _JUMP_CONFIRMED_WITH:
            said = self._session.fetch_page(TimeRange(max(0, time - before * step), time + after * step)).good
            if not all(row[0] in said and self._dataset.same(said[row[0]], row) for row in sides):
                return False
        return True
