"""Asking a venue for windows of one series, and believing an answer only if it fits to what is known.

Trust is passed from candle to candle. A window is asked for together with the last candle that is known before it; if
the answer has that candle, it is about the same market and the same time. Where nothing is known before, another
witness (`first_contact`) and a second, narrow answer have to agree.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from candlecloud.errors import ExchangeError
from candlecloud.exchange.answers import (
    Answer,
    BadRows,
    find_jumps,
    find_leap,
    is_restatement,
    judge,
    same_candle,
)
from candlecloud.exchange.client import ExchangeClient
from candlecloud.exchange.retry import Clock, OutOfTimeError, RetryPolicy, ask_again
from candlecloud.market.candle import Candle
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series

T = TypeVar("T")
ASKS = 3  # how often a window is asked for before its answers are given up
_CONFIRMED_WITH = (3, 0)  # candles before the one that is to be confirmed, question by question
# Candles before and from a jump of the price, question by question, that have to say the same of both its sides.
_JUMP_ASKED_WITH = ((1, 1), (3, 2), (10, 5))
_LONGEST_FLASH = 5  # candles after which the price of a flash crash is back
_REMEMBERED_ASKS = 64


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


@dataclass
class Asking:
    """A conversation with a venue about one series.

    Attributes
    ----------
    known : dict of int to Candle
        Candles that answers have to fit to: stored ones, and those at the edges of what came.
    asks : deque
        The latest questions, with size and hash of their answers: evidence.
    facts : Counter
        What was odd, by name.
    breaks : set of int
        Open times at which the price is known to jump.
    voucher : callable
        What another witness says of candles that no known one links: right, wrong, or None for nothing.
    """

    client: ExchangeClient
    series: Series
    sink: Sink
    bounds: Bounds
    clock: Clock
    deadline: int | None
    policy: RetryPolicy
    known: dict[int, Candle] = field(default_factory=dict)
    asks: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_ASKS))
    facts: Counter[str] = field(default_factory=Counter)
    voucher: Callable[[list[Candle]], bool | None] = lambda candles: None
    requests: int = 0
    quarantined: int = 0
    breaks: set[int] = field(default_factory=set)
    _seen_bad: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.profile = self.client.profile(self.series.symbol)
        self.step = self.series.timeframe.ms

    def exchange_now(self) -> int:
        """The exchange's time, carried on by our clock."""
        return self.bounds.exchange_now + max(0, self.clock() - self.bounds.clock_now)

    def remember(self, candles: Iterable[Candle]) -> None:
        """Keep candles that later answers have to fit to."""
        self.known.update((candle.open_time, candle) for candle in candles)

    # --- questions ----------------------------------------------------------------------------------------------------

    def patiently(self, ask: Callable[[], T]) -> T:
        """Ask, and again where that may help.

        Raises
        ------
        OutOfTimeError
            If the deadline has come, or comes while the pace still holds the request back: nothing must sleep past it.
        """
        number = self.requests + 1

        def ask_in_time() -> T:
            if self.deadline is not None and self.clock() + self.client.wait_ms(self.series.symbol) >= self.deadline:
                raise OutOfTimeError("The deadline comes before the next request may go out.")
            self.requests = number
            return ask()

        return ask_again(
            ask_in_time,
            policy=self.policy,
            clock=self.clock,
            sleep=self.client.sleep,
            dice=self.client.dice,
            deadline=self.deadline,
            on_fault=self._note_fault,
        )

    def ask(self, window: TimeRange) -> Answer:
        """Ask for a window and judge the answer; what is bad in it goes to quarantine.

        Raises
        ------
        OutOfTimeError
            If the deadline comes before the request may go out.
        """
        page = self.patiently(lambda: self.client.fetch_window(self.series, window))
        answer = judge(
            page, self.profile, self.series, closed_before=self.bounds.closed_before, now=self.exchange_now()
        )
        self.facts.update(answer.facts)
        self.asks.append(
            {"start": window.start, "end": window.end, "rows": page.received, "sha256": page.payload_hash[:16]}
        )
        for bad in answer.bad:
            self.quarantine(bad, answer.payload_hash)
        return answer

    def ask_linked(self, window: TimeRange) -> Answer | None:
        """Ask for a window until the answer fits to what is known; None if it never does.

        An answer without candles of the window needs no link: it gives nothing to store.
        """
        anchor = self.anchor(window.start)
        earlier: list[Answer] = []
        for _ in range(ASKS):
            answer = self.ask(self._with_anchor(window, anchor))
            if anchor is not None and list(answer.good) == [anchor.open_time] and not answer.is_odd:
                # The known candle and nothing else: an outage, or a venue with very short pages.
                answer, anchor = self.ask(window), None
            if not answer.within(window):
                if not answer.is_odd:
                    return answer
            elif self._is_linked(answer, anchor, earlier):
                return answer
            self.facts["asked_again"] += 1
            earlier.append(answer)
        return self._last_resort(window, anchor, earlier[-1])

    def _with_anchor(self, window: TimeRange, anchor: Candle | None) -> TimeRange:
        """The window from its anchor on, as far as one page goes."""
        if anchor is None:
            return window
        return TimeRange(anchor.open_time, min(window.end, anchor.open_time + self.profile.page_span * self.step))

    def _last_resort(self, window: TimeRange, anchor: Candle | None, last: Answer) -> Answer | None:
        """After answers that never were the same: one that is at least about the same market is taken."""
        if not last.within(window):
            return None
        said = None if anchor is None else last.good.get(anchor.open_time)
        if anchor is not None and said is not None and is_restatement(said, anchor) and not self._has_jump(last):
            self.facts["restated_candle"] += 1
            return last
        if anchor is not None and said is not None and same_candle(said, anchor) and self._is_price_break(last):
            return last
        self.facts["unlinked_page"] += 1
        self.quarantine(BadRows("wrong_symbol", [list(row) for row in last.good.values()]), last.payload_hash)
        return None

    # --- trust --------------------------------------------------------------------------------------------------------

    def fits(self, answer: Answer) -> bool:
        """Whether an answer agrees with the known candles that it holds; without any, a second answer has to agree."""
        if self._has_jump(answer):
            return False
        shared = [(row, self.known[time]) for time, row in answer.good.items() if time in self.known]
        if not shared:
            return self._is_confirmed(answer)
        return all(same_candle(row, known) or is_restatement(row, known) for row, known in shared)

    def _is_linked(self, answer: Answer, anchor: Candle | None, earlier: list[Answer]) -> bool:
        """Whether an answer is about the wanted market and the time asked for."""
        if self._has_jump(answer):
            return False
        said = None if anchor is None else answer.good.get(anchor.open_time)
        if anchor is None or said is None:
            return self._is_confirmed(answer)
        if same_candle(said, anchor):
            return True
        # Restated since: believed when two answers say the same, and it is near what was said before.
        time = anchor.open_time
        agreed = any(same_candle(said, other.good[time]) for other in earlier if time in other.good)
        return agreed and is_restatement(said, anchor)

    def _is_confirmed(self, answer: Answer) -> bool:
        """Whether another witness, or at least the price level, speaks for an answer, and a second, narrow answer
        agrees with it."""
        rows = list(answer.good.values())
        last = rows[-1]
        verdict = self.voucher(rows)
        if verdict is None:
            nearest = min(self.known.values(), key=lambda row: abs(row.open_time - last.open_time), default=last)
            verdict = find_leap([nearest, last]) is None and find_leap(rows) is None
        if not verdict:
            return False
        for before in _CONFIRMED_WITH:
            start = max(0, last.open_time - before * self.step)
            said = self.ask(TimeRange(start, last.open_time + self.step)).good.get(last.open_time)
            if said is not None:
                return same_candle(said, last) or is_restatement(said, last)
        return False

    def _has_jump(self, answer: Answer) -> bool:
        return not self.breaks.issuperset(find_jumps(list(answer.good.values()), self.step))

    def _is_price_break(self, answer: Answer) -> bool:
        """Whether a linked answer's jump is the market's own, such as a flash crash or a redenomination.

        Answers of several shapes, all of them alike, have to hold the candles on both sides. A jump that is soon taken
        back then needs no witness; one that lasts does, for so does a market that is swapped for another.
        """
        rows = list(answer.good.values())
        jumps = [time for time in find_jumps(rows, self.step) if time not in self.breaks]
        if len(jumps) == 1:
            believed = self.voucher([row for row in rows if row.open_time >= jumps[0]]) is True
        else:
            is_flash = len(jumps) == 2 and jumps[1] - jumps[0] <= _LONGEST_FLASH * self.step
            back = [answer.good[time] for time in (jumps[0] - self.step, jumps[1])] if is_flash else []
            believed = is_flash and find_leap(back) is None and self.voucher(rows) is not False
        if not believed:
            return False
        for time in jumps:
            for before, after in _JUMP_ASKED_WITH:
                window = TimeRange(max(0, time - before * self.step), time + after * self.step)
                said = self.ask(window).good
                sides = (answer.good[time - self.step], answer.good[time])
                if not all(row.open_time in said and same_candle(said[row.open_time], row) for row in sides):
                    return False
        self.breaks.update(jumps)
        self.facts["price_break"] += len(jumps)
        return True

    def anchor(self, start: int) -> Candle | None:
        """The last known candle before `start` that fits into one page with most of a window."""
        reach = start - self.profile.page_span // 2 * self.step
        times = [time for time in self.known if reach <= time < start]
        return self.known[max(times)] if times else None

    # --- incidents ----------------------------------------------------------------------------------------------------

    def quarantine(self, bad: BadRows, payload_hash: str) -> None:
        """Hand bad rows over, each once, however often it is seen."""
        fresh = [row for row in bad.rows if (bad.reason, repr(row)) not in self._seen_bad]
        if fresh:
            self._seen_bad.update((bad.reason, repr(row)) for row in fresh)
            self.quarantined += len(fresh)
            self.sink.on_quarantine(bad.reason, fresh, payload_hash)

    def _note_fault(self, error: ExchangeError) -> None:
        self.facts[error.code] += 1
        self.sink.on_fault(error)
