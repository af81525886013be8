"""The pager: walks a venue window by window and ends only with a proof of coverage.

Every wanted interval is handed over as a candle, or listed as absent with a cause and evidence, or listed as open or
failed; `coverage` keeps that ledger. An empty, short, late, reversed, repeated or off-grid page is a fact about one
window: the walk goes on behind it, and the hole is looked at again (`proof`). What may be believed of an answer is
decided in `asking`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from candlecloud.errors import ExchangeError, ExchangeUnavailableError, RegionRefusedError
from candlecloud.exchange.answers import Answer, same_candle
from candlecloud.exchange.asking import Asking, Bounds, Sink
from candlecloud.exchange.client import ExchangeClient
from candlecloud.exchange.coverage import Coverage, FetchReport
from candlecloud.exchange.first_contact import DailyWitness, find_listing, find_witness
from candlecloud.exchange.proof import prove_holes
from candlecloud.exchange.retry import Clock, OutOfTimeError, RetryPolicy, ask_again
from candlecloud.market.candle import Candle
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series

__all__ = ["Bounds", "Sink", "fetch_range", "read_bounds"]


def read_bounds(
    client: ExchangeClient,
    series: Series,
    clock: Clock,
    policy: RetryPolicy | None = None,
    *,
    deadline: int | None = None,
    on_fault: Callable[[ExchangeError], None] | None = None,
) -> Bounds:
    """Ask the exchange what time it is.

    Parameters
    ----------
    deadline : int, optional
        ms UTC by `clock`; no wait between two questions goes past it.
    on_fault : callable, optional
        Sees every failure.

    Raises
    ------
    ExchangeUnavailableError
        If there is no answer, or the wait for the next question would end after the deadline.
    """
    profile = client.profile(series.symbol)
    try:
        now = ask_again(
            lambda: client.server_time(series.symbol),
            policy=policy or RetryPolicy(),
            clock=clock,
            sleep=client.sleep,
            dice=client.dice,
            deadline=deadline,
            on_fault=on_fault,
        )
    except OutOfTimeError as late:
        raise ExchangeUnavailableError(
            f"{client.exchange} did not tell the time before the deadline: {late}", exchange=client.exchange
        ) from late
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
    """Fetch the candles of a set of ranges, the newest range first, and account for each of them.

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
    talk = Asking(client, series, sink, bounds, clock, deadline, policy or RetryPolicy())
    talk.remember(known)
    return Walk(talk, Coverage(wanted)).run()


@dataclass
class Walk:
    """One fetch under way."""

    talk: Asking
    coverage: Coverage
    candles: int = 0
    listed_from: int | None = None
    _listing_asked: bool = False
    _witness: DailyWitness | None = None

    def __post_init__(self) -> None:
        self.talk.voucher = lambda candles: self._find_witness().vouches(candles)

    def run(self) -> FetchReport:
        """Walk all ranges, then account for them."""
        out_of_time = False
        try:
            self._give_up_what_is_out_of_reach()
            if self._is_the_right_market():
                # The newest first: what an old, long range takes of the time must not keep the live candles waiting.
                for span in reversed(list(self.coverage.wanted.difference(self.coverage.decided()))):
                    if self.coverage.missing(span):  # a venue that is out for good has failed them all
                        self._walk_range(span)
        except OutOfTimeError:
            out_of_time = True
        pending = self.coverage.close(out_of_time=out_of_time)
        ledger = self.coverage
        return FetchReport(
            ledger.wanted,
            ledger.present,
            tuple(sorted(ledger.absent, key=lambda entry: entry.range)),
            tuple(sorted(ledger.open, key=lambda entry: entry.range)),
            tuple(sorted(ledger.failed, key=lambda entry: entry.range)),
            pending,
            self.candles,
            self.talk.quarantined,
            self.talk.requests,
            self.talk.facts,
            self.listed_from,
        )

    def _walk_range(self, span: TimeRange) -> None:
        step, most = self.talk.step, self.talk.profile.page_span * self.talk.step
        cursor, blanks = span.start, 0
        while cursor < span.end:
            window = TimeRange(cursor, min(cursor + most, span.end))
            got = self._take_window(window)
            if got:
                cursor, blanks = got[-1].open_time + step, 0
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
            answer = self.talk.ask_linked(window)
        except ExchangeError as error:
            self._fail(window, error)
            return []
        got = [] if answer is None else answer.within(window)
        if answer is not None and got:
            self.accept(answer, got)
        return got

    def _fail(self, window: TimeRange, error: ExchangeError) -> None:
        """A window that could not be asked for is a failed interval; if the venue is out for good, so is the rest."""
        if error.details.get("circuit_open") or isinstance(error, RegionRefusedError):
            for span in self.coverage.wanted:
                self.coverage.mark_failed(span, error.code, error.message)
        else:
            self.coverage.mark_failed(window, error.code, error.message)

    def _behind_blank(self, window: TimeRange, span: TimeRange, blanks: int) -> int:
        """Where to go on after a window without candles."""
        if window.end >= span.end or not self.coverage.missing(TimeRange(window.end, span.end)):
            return span.end
        try:
            if self.talk.anchor(window.start) is None and (listed := self.listing()) is not None:
                return max(window.end, min(listed, span.end))
            if blanks >= 2 and self.talk.profile.keeps == "oldest":
                # One answer over all the rest begins with the next candle that there is.
                answer = self.talk.ask(TimeRange(window.end, max(span.end, self.talk.bounds.closed_before)))
                return max(window.end, min(next(iter(answer.good), span.end), span.end))
        except ExchangeError:
            return window.end  # a short cut that is closed; the fault has been noted
        return window.end

    def _report_progress(self) -> None:
        self.talk.sink.on_progress(self.coverage.decided().total, self.coverage.wanted.total)

    def accept(self, answer: Answer, got: list[Candle]) -> None:
        """Hand candles over, with any known candle that the answer restates."""
        known = self.talk.known
        restated = [row for time, row in answer.good.items() if time in known and not same_candle(row, known[time])]
        self.talk.sink.on_candles(sorted({row.open_time: row for row in (*restated, *got)}.values()))
        self.candles += len(got)
        times = {row.open_time for row in got}
        self.coverage.mark_present(IntervalSet.from_grid(times, self.talk.step))
        edges = [t for t in times if t - self.talk.step not in times or t + self.talk.step not in times]
        self.talk.remember(answer.good[time] for time in edges)
        self.talk.remember(restated)

    def listing(self) -> int | None:
        """Open time of the first candle ever, asked at most once."""
        if not self._listing_asked:
            self._listing_asked = True
            self.listed_from = find_listing(self.talk)
        return self.listed_from

    # --- before the walk ----------------------------------------------------------------------------------------------

    def _give_up_what_is_out_of_reach(self) -> None:
        cap, bounds = self.talk.profile.history_cap, self.talk.bounds
        if cap is None:
            return
        reachable_from = bounds.closed_before - cap * self.talk.step
        evidence = {"history_cap": cap, "exchange_time": bounds.exchange_now, "reachable_from": reachable_from}
        for span in self.coverage.wanted:
            if span.start < reachable_from:
                gone = TimeRange(span.start, min(span.end, reachable_from))
                self.coverage.mark_absent(gone, "beyond_history_cap", evidence)

    def _is_the_right_market(self) -> bool:
        """Checked on the first contact only: where candles are known, the answers have to fit to them."""
        if self.talk.known or not self.coverage.wanted.difference(self.coverage.decided()):
            return True
        try:
            self._find_witness()
        except ExchangeError as error:
            for span in self.coverage.wanted:
                self._fail(span, error)
            return False
        return True

    def _find_witness(self) -> DailyWitness:
        """What speaks for candles that nothing known links; looked for at most once in a fetch."""
        if self._witness is None:
            self._witness = find_witness(self.talk, next(iter(self.coverage.wanted)).start)
        return self._witness
