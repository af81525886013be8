"""The pager: walks a venue window by window and ends only with a proof of coverage.

Every wanted interval is handed over as a candle, or listed as absent with a cause and evidence, or listed as open or
failed; `coverage` keeps that ledger. An empty, short, late, reversed, repeated or off-grid page is a fact about one
window: the walk goes on behind it, and the hole is looked at again (`proof`).

Trust is passed from candle to candle. A window is asked for together with the last candle that is known before it; if
the answer has that candle, it is about the same market and the same time. Where nothing is known before, a second,
narrow answer has to agree; on the first contact with a series, so does the price that another endpoint quotes.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from candlecloud.errors import ExchangeError, UnknownSymbolError
from candlecloud.exchange.answers import (
    LARGEST_LEAP,
    Answer,
    BadRows,
    find_jump,
    is_restatement,
    judge,
    same_candle,
)
from candlecloud.exchange.client import ExchangeClient
from candlecloud.exchange.coverage import Coverage, FetchReport
from candlecloud.exchange.proof import prove_holes
from candlecloud.exchange.retry import Clock, OutOfTimeError, RetryPolicy, ask_again
from candlecloud.market.candle import Candle
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series

T = TypeVar("T")
ASKS = 3  # how often a window is asked for before its answers are given up
_CONFIRMED_WITH = 3  # candles before the one that is to be confirmed
_REMEMBERED_ASKS = 64
_DAY_MS = 86_400_000
_QUOTE_SLACK = 1.5


@dataclass(frozen=True)
class Sink:
    """Where a fetch puts what it gets, as it gets it."""

    on_candles: Callable[[list[Candle]], None]
    on_quarantine: Callable[[str, list[Any], str], None] = lambda reason, rows, payload_hash: None
    on_fault: Callable[[ExchangeError], None] = lambda error: None
    on_progress: Callable[[int, int], None] = lambda done_ms, total_ms: None


@dataclass(frozen=True)
class Bounds:
    """The exchange's time, when the fetch began.

    Attributes
    ----------
    exchange_now : int
        Its clock, ms UTC.
    clock_now : int
        Ours at that moment, ms UTC; only differences to it are used.
    closed_before : int
        Candles that close later are not final: `exchange_now` less the settle lag, on the grid.
    """

    exchange_now: int
    clock_now: int
    closed_before: int


def read_bounds(client: ExchangeClient, series: Series, clock: Clock, policy: RetryPolicy | None = None) -> Bounds:
    """Ask the exchange what time it is."""
    profile = client.profile(series.symbol)
    now = ask_again(
        lambda: client.server_time(series.symbol),
        policy=policy or RetryPolicy(),
        clock=clock,
        sleep=client.sleep,
        dice=client.dice,
    )
    return Bounds(now, clock(), series.timeframe.floor(now - profile.settle_lag_ms))


def fetch_range(
    client: ExchangeClient,
    series: Series,
    wanted: IntervalSet,
    sink: Sink,
    *,
    bounds: Bounds,
    clock: Clock,
    deadline: int | None = None,
    known: Iterable[Candle] = (),
    policy: RetryPolicy | None = None,
) -> FetchReport:
    """Fetch the candles of a set of ranges, and account for each of them.

    Parameters
    ----------
    wanted : IntervalSet
        Open times, on the grid; nothing at or after `bounds.closed_before`.
    deadline : int, optional
        ms UTC by `clock`: no request goes out after it, and what is left is ``pending``.
    known : iterable of Candle
        Stored candles of the series, best those just before each range: the answers have to fit to them.

    Returns
    -------
    FetchReport
        Its columns add up to `wanted`.

    Raises
    ------
    UnknownSymbolError
        If the exchange does not list the symbol.
    """
    walk = Walk(client, series, wanted, sink, bounds, clock, deadline, policy or RetryPolicy())
    walk.remember(known)
    return walk.run()


@dataclass
class Walk:
    """One fetch under way."""

    client: ExchangeClient
    series: Series
    wanted: IntervalSet
    sink: Sink
    bounds: Bounds
    clock: Clock
    deadline: int | None
    policy: RetryPolicy
    facts: Counter[str] = field(default_factory=Counter)
    known: dict[int, Candle] = field(default_factory=dict)
    asks: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_ASKS))
    candles: int = 0
    quarantined: int = 0
    requests: int = 0
    listed_from: int | None = None
    _listing_asked: bool = False
    _seen_bad: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.profile = self.client.profile(self.series.symbol)
        self.step = self.series.timeframe.ms
        self.coverage = Coverage(self.wanted)

    # --- the walk -----------------------------------------------------------------------------------------------------

    def run(self) -> FetchReport:
        """Walk all ranges, then account for them."""
        out_of_time = False
        try:
            self._give_up_what_is_out_of_reach()
            if self._is_the_right_market():
                for span in self.wanted.difference(self.coverage.decided()):
                    self._walk_range(span)
        except OutOfTimeError:
            out_of_time = True
        pending = self.coverage.close(out_of_time=out_of_time)
        ledger = self.coverage
        return FetchReport(
            self.wanted,
            ledger.present,
            tuple(sorted(ledger.absent, key=lambda entry: entry.range)),
            tuple(sorted(ledger.open, key=lambda entry: entry.range)),
            tuple(sorted(ledger.failed, key=lambda entry: entry.range)),
            pending,
            self.candles,
            self.quarantined,
            self.requests,
            self.facts,
            self.listed_from,
        )

    def _walk_range(self, span: TimeRange) -> None:
        cursor, blanks = span.start, 0
        while cursor < span.end:
            window = TimeRange(cursor, min(cursor + self.profile.page_span * self.step, span.end))
            got = self._take_window(window)
            if got:
                cursor, blanks = got[-1].open_time + self.step, 0
                # Holes between candles that stand on both sides can be settled at once.
                prove_holes(self, TimeRange(span.start, cursor))
            else:
                blanks += 1
                cursor = self._behind_blank(window, span, blanks)
            self._report_progress()
        prove_holes(self, span)
        self._report_progress()

    def _take_window(self, window: TimeRange) -> list[Candle]:
        """Ask for one window and hand over what is in it; returns those candles."""
        try:
            answer = self.ask_linked(window)
        except ExchangeError as error:
            self._fail(window, error)
            return []
        if answer is None:
            return []
        got = answer.within(window)
        self.accept(answer, got)
        return got

    def _fail(self, window: TimeRange, error: ExchangeError) -> None:
        """A window that could not be asked for is a failed interval; with an open circuit, so is all the rest."""
        if error.details.get("circuit_open"):
            for span in self.wanted:
                self.coverage.mark_failed(TimeRange(min(window.start, span.end), span.end), error.code, error.message)
        else:
            self.coverage.mark_failed(window, error.code, error.message)

    def _behind_blank(self, window: TimeRange, span: TimeRange, blanks: int) -> int:
        """Where to go on after a window without candles."""
        if window.end >= span.end or not self.coverage.missing(TimeRange(window.end, span.end)):
            return span.end
        try:
            if self._anchor(window.start) is None and (listed := self.listing()) is not None:
                return max(window.end, min(self.series.timeframe.floor(listed), span.end))
            if blanks >= 2 and self.profile.keeps == "oldest":
                # One answer over all the rest begins with the next candle that there is.
                answer = self.ask(TimeRange(window.end, max(span.end, self.bounds.closed_before)))
                return max(window.end, min(next(iter(answer.good), span.end), span.end))
        except ExchangeError:
            return window.end  # a short cut that is closed; the fault has been noted
        return window.end

    def _report_progress(self) -> None:
        self.sink.on_progress(self.coverage.decided().total, self.wanted.total)

    # --- asking -------------------------------------------------------------------------------------------------------

    def ask(self, window: TimeRange) -> Answer:
        """Ask for a window, again where that may help, and judge the answer."""
        if self.deadline is not None and self.clock() >= self.deadline:
            raise OutOfTimeError("The deadline has come.")
        page = self._patiently(lambda: self.client.fetch_window(self.series, window))
        answer = judge(
            page, self.profile, self.series, closed_before=self.bounds.closed_before, now=self.exchange_now()
        )
        self.requests += 1
        self.facts.update(answer.facts)
        self.asks.append(
            {"start": window.start, "end": window.end, "rows": page.received, "sha256": page.payload_hash[:16]}
        )
        for bad in answer.bad:
            self._quarantine(bad, answer.payload_hash)
        return answer

    def ask_linked(self, window: TimeRange) -> Answer | None:
        """Ask for a window until the answer fits to what is known; None if it never does.

        An answer without candles of the window needs no link: it gives nothing to store.
        """
        anchor = self._anchor(window.start)
        asked = window
        if anchor is not None:
            end = min(window.end, anchor.open_time + self.profile.page_span * self.step)
            asked = TimeRange(anchor.open_time, end)
        earlier: list[Answer] = []
        for _ in range(ASKS):
            answer = self.ask(asked)
            if not answer.within(window):
                if not answer.is_odd:
                    return answer
            elif self._is_linked(answer, anchor, earlier):
                return answer
            self.facts["asked_again"] += 1
            earlier.append(answer)
        last = earlier[-1]
        if last.within(window):
            if anchor is not None and self._is_plausible(last, anchor):
                self.facts["restated_candle"] += 1
                return last
            self.facts["unlinked_page"] += 1
            self._quarantine(BadRows("wrong_symbol", [list(row) for row in last.good.values()]), last.payload_hash)
        return None

    def _is_linked(self, answer: Answer, anchor: Candle | None, earlier: list[Answer]) -> bool:
        """Whether an answer is about the wanted market and the time asked for."""
        rows = list(answer.good.values())
        if find_jump(rows, self.step) is not None:
            return False
        said = None if anchor is None else answer.good.get(anchor.open_time)
        if anchor is None or said is None:
            return self.confirmed(answer)
        if same_candle(said, anchor):
            return True
        # Restated since: believed when two answers say the same, and it is near what was said before.
        agreed = any(
            same_candle(said, other.good[anchor.open_time]) for other in earlier if anchor.open_time in other.good
        )
        return agreed and is_restatement(said, anchor)

    def _is_plausible(self, answer: Answer, anchor: Candle) -> bool:
        """Whether an answer that never was the same twice is at least about the same market."""
        said = answer.good.get(anchor.open_time)
        return (
            said is not None
            and is_restatement(said, anchor)
            and find_jump(list(answer.good.values()), self.step) is None
        )

    def confirmed(self, answer: Answer) -> bool:
        """Whether a second, narrow answer has the last candle of this one, near what is known from elsewhere."""
        last = answer.good[max(answer.good)]
        nearest = self._nearest_known(last.open_time)
        if nearest is not None and not 1 / LARGEST_LEAP < last.close / nearest.close < LARGEST_LEAP:
            return False
        second = self.ask(TimeRange(max(0, last.open_time - _CONFIRMED_WITH * self.step), last.open_time + self.step))
        said = second.good.get(last.open_time)
        return said is not None and (same_candle(said, last) or is_restatement(said, last))

    # --- bookkeeping --------------------------------------------------------------------------------------------------

    def accept(self, answer: Answer, got: list[Candle]) -> None:
        """Hand candles over, with any known candle that the answer restates."""
        if not got:
            return
        restated = [
            row for time, row in answer.good.items() if time in self.known and not same_candle(row, self.known[time])
        ]
        batch = sorted({row.open_time: row for row in (*restated, *got)}.values())
        self.sink.on_candles(batch)
        self.candles += len(got)
        self.coverage.mark_present(IntervalSet.from_grid((row.open_time for row in got), self.step))
        times = {row.open_time for row in got}
        edge = [t for t in times if t - self.step not in times or t + self.step not in times]
        self.remember(answer.good[t] for t in edge)
        self.remember(restated)

    def remember(self, candles: Iterable[Candle]) -> None:
        """Keep candles that later answers have to fit to: those at the edges of what is present."""
        self.known.update((candle.open_time, candle) for candle in candles)

    def exchange_now(self) -> int:
        """The exchange's time, carried on by our clock."""
        return self.bounds.exchange_now + max(0, self.clock() - self.bounds.clock_now)

    def listing(self) -> int | None:
        """Open time of the first candle ever, if two different questions agree on it and nothing known is older."""
        if not self._listing_asked:
            self._listing_asked = True
            self.requests += 1
            first = self._patiently(lambda: self.client.listing_start(self.series))
            if first is not None and self._is_first(first):
                self.listed_from = first
        return self.listed_from

    def _is_first(self, first: int) -> bool:
        """Whether half a page around a moment holds a candle at that moment, and none before it."""
        if any(time < first for time in self.known) or first % self.step:
            return False
        before = max(0, first - self.profile.page_span // 2 * self.step)
        answer = self.ask(TimeRange(before, first + 2 * self.step))
        return not answer.is_odd and next(iter(answer.good), None) == first

    def _patiently(self, ask: Callable[[], T]) -> T:
        return ask_again(
            ask,
            policy=self.policy,
            clock=self.clock,
            sleep=self.client.sleep,
            dice=self.client.dice,
            deadline=self.deadline,
            on_fault=self._note_fault,
        )

    def _anchor(self, start: int) -> Candle | None:
        """The last known candle before `start` that fits into one page with most of a window."""
        reach = start - self.profile.page_span // 2 * self.step
        times = [time for time in self.known if reach <= time < start]
        return self.known[max(times)] if times else None

    def _nearest_known(self, time: int) -> Candle | None:
        return min(self.known.values(), key=lambda candle: abs(candle.open_time - time), default=None)

    def _note_fault(self, error: ExchangeError) -> None:
        self.facts[error.code] += 1
        self.sink.on_fault(error)

    def _quarantine(self, bad: BadRows, payload_hash: str) -> None:
        """Each bad row once, however often it is seen."""
        fresh = [row for row in bad.rows if (bad.reason, repr(row)) not in self._seen_bad]
        if not fresh:
            return
        self._seen_bad.update((bad.reason, repr(row)) for row in fresh)
        self.quarantined += len(fresh)
        self.sink.on_quarantine(bad.reason, fresh, payload_hash)

    # --- before the walk ----------------------------------------------------------------------------------------------

    def _give_up_what_is_out_of_reach(self) -> None:
        cap = self.profile.history_cap
        if cap is None:
            return
        reachable_from = self.bounds.closed_before - cap * self.step
        evidence = {"history_cap": cap, "exchange_time": self.bounds.exchange_now, "reachable_from": reachable_from}
        for span in self.wanted:
            if span.start < reachable_from:
                gone = TimeRange(span.start, min(span.end, reachable_from))
                self.coverage.mark_absent(gone, "beyond_history_cap", evidence)

    def _is_the_right_market(self) -> bool:
        """On the first contact: do the newest candles hold the price that another endpoint quotes for the symbol?"""
        if self.profile.quote_price is None or self.known or not self.wanted.difference(self.coverage.decided()):
            return True
        price = self._quoted_price()
        length = max(2, min(self.profile.page_span, _DAY_MS // self.step)) * self.step
        recent = TimeRange(max(0, self.bounds.closed_before - length), self.bounds.closed_before)
        newest: list[Candle] = []
        try:
            for _ in range(ASKS if price is not None else 0):
                newest = list(self.ask(recent).good.values())
                if not newest or _holds_price(newest, price or 0.0):
                    break
        except ExchangeError as error:
            for span in self.wanted:
                self._fail(span, error)
            return False
        if price is None or not newest:
            self.facts["market_not_compared"] += 1
            return True
        if _holds_price(newest, price):
            return True
        self._quarantine(BadRows("wrong_symbol", [list(row) for row in newest]), "")
        said = f"The candles do not hold the price {price} that {self.client.exchange} quotes for {self.series.symbol}."
        for span in self.wanted:
            self.coverage.mark_failed(span, "wrong_symbol", said)
        return False

    def _quoted_price(self) -> float | None:
        """A price of today for the symbol; None where there is none to be had."""
        self.requests += 1
        try:
            quote = self._patiently(lambda: self.client.quoted_price(self.series.symbol))
        except (ExchangeError, UnknownSymbolError):
            return None
        is_fresh = quote is not None and abs(quote.time - self.exchange_now()) <= _DAY_MS
        return quote.price if quote is not None and is_fresh else None


def _holds_price(candles: list[Candle], price: float) -> bool:
    """Whether a price lies within, or near, what the candles span."""
    lowest, highest = min(row.low for row in candles), max(row.high for row in candles)
    return lowest / _QUOTE_SLACK <= price <= highest * _QUOTE_SLACK
