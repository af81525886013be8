"""Wanted candles from the exchange into the lake: fetched, committed in chunks, gaps and incidents written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from candlecloud.errors import ExchangeError, ExchangeUnavailableError, RateLimitedError
from candlecloud.exchange.client import ExchangeClient
from candlecloud.exchange.coverage import FetchReport
from candlecloud.exchange.pager import Bounds, Sink, fetch_range, read_bounds
from candlecloud.exchange.retry import Clock
from candlecloud.ingestion.gap_ledger import Finding, findings_of, write_findings
from candlecloud.market.candle import Candle, candles_table, period_range, periods_between, times_ms
from candlecloud.market.gaps import missing_ranges
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series
from candlecloud.store.stores import Stores

SOURCE = "native"
CHUNK_ROWS = 20_000
CHUNK_MS = 30_000  # a slow venue's rows are committed at least this often
_MOST_REMEDIATIONS = 20
_LANES_LOOKED_BACK = 4
_QUARANTINE_SAMPLE = 20
_NEIGHBOURS = 10
_MOST_RANGES_WITH_NEIGHBOURS = 32

Progress = Callable[[int, int], None]


@dataclass
class Acquired:
    """What an acquisition did.

    Attributes
    ----------
    fetch : FetchReport
    added, revised, unchanged : int
        What became of the candles that came.
    """

    fetch: FetchReport
    added: int
    revised: int
    unchanged: int


@dataclass
class Committer:
    """Collects candles and merges them into the lake chunk by chunk."""

    stores: Stores
    series: Series
    clock: Clock
    on_commit: Callable[[IntervalSet], None]
    chunk_rows: int = CHUNK_ROWS
    waiting: list[Candle] = field(default_factory=list)
    since: int | None = None
    added: int = 0
    revised: int = 0
    unchanged: int = 0

    def take(self, candles: list[Candle]) -> None:
        """Take candles, and commit if there are enough of them or the first has waited long enough."""
        self.waiting += candles
        now = self.clock()
        self.since = now if self.since is None else self.since
        if len(self.waiting) >= self.chunk_rows or now - self.since >= CHUNK_MS:
            self.commit()

    def commit(self) -> None:
        """Merge what is waiting, then tell how far that is."""
        if not self.waiting:
            return
        now = self.clock()
        table = candles_table(self.waiting, self.series.timeframe, now, SOURCE)
        merged = self.stores.candles.merge(self.series, table, now)
        self.added += merged.added
        self.revised += merged.revised
        self.unchanged += merged.unchanged
        times = [candle.open_time for candle in self.waiting]
        self.waiting, self.since = [], None
        self.on_commit(IntervalSet.from_grid(times, self.series.timeframe.ms))


def agree_on_time(
    stores: Stores, exchange: ExchangeClient, series: Series, *, clock: Clock, deadline: int | None = None
) -> Bounds:
    """What every acquisition begins with: not a word to an exchange that has banned us, then its clock.

    Raises
    ------
    RateLimitedError
        If the exchange has banned us and that time is not over; nothing is asked then.
    ExchangeUnavailableError
        If it does not tell the time before the deadline; the incidents are written down.
    """
    refuse_while_banned(stores, series.exchange, clock())
    incidents = _Incidents(stores, series, clock)
    return read_bounds(exchange, series, clock, deadline=deadline, on_fault=incidents.remediate)


def acquire(
    stores: Stores,
    exchange: ExchangeClient,
    series: Series,
    wanted: IntervalSet,
    *,
    bounds: Bounds,
    clock: Clock,
    deadline: int | None = None,
    on_commit: Callable[[IntervalSet], None] = lambda committed: None,
    on_progress: Progress = lambda done_ms, total_ms: None,
    chunk_rows: int = CHUNK_ROWS,
) -> Acquired:
    """Fetch the wanted candles and commit them.

    Parameters
    ----------
    chunk_rows : int
        How many candles are collected before they are merged into the lake.
    bounds : Bounds
        From `agree_on_time`.
    on_commit : callable
        Told after each commit which intervals are in the lake now.
    """
    committer = Committer(stores, series, clock, on_commit, chunk_rows)
    incidents = _Incidents(stores, series, clock)
    sink = Sink(committer.take, incidents.quarantine, incidents.remediate, on_progress)
    try:
        fetch = fetch_range(
            exchange, series, wanted, sink,
            bounds=bounds, clock=clock, deadline=deadline, known=neighbours(stores, series, wanted),
        )  # fmt: skip
    finally:
        committer.commit()  # what came is good, whatever came after it
    if fetch.listed_from is not None:
        stores.index.set_listed_from(series, fetch.listed_from, clock())
    write_findings(stores.gaps, series, _about_what_is_missing(stores, series, findings_of(fetch)), clock())
    return Acquired(fetch, committer.added, committer.revised, committer.unchanged)


def _about_what_is_missing(stores: Stores, series: Series, findings: list[Finding]) -> Iterator[Finding]:
    """Findings less what the lake holds: a stored candle that was asked for once more, in vain, is not missing."""
    timeframe = series.timeframe
    doubtful = [finding.range for finding in findings if finding.state != "repaired"]
    missing = IntervalSet()
    for period in sorted({period for span in doubtful for period in periods_between(timeframe, span)}):
        whole = period_range(timeframe, period)
        missing = missing.union(missing_ranges(stores.candles.open_times(series, whole), whole, timeframe))
    for finding in findings:
        if finding.state == "repaired":
            yield finding
        else:
            for part in IntervalSet([finding.range]).intersection(missing):
                yield finding._replace(range=part)


def refuse_while_banned(stores: Stores, exchange: str, now: int) -> None:
    """Stay away while an earlier answer of the exchange, to whichever invocation, said to stay away."""
    # A ban still counts when invocations that were under way have noted their own, later faults since.
    newest = stores.ingestion.remediations(exchange, limit=_LANES_LOOKED_BACK * _MOST_REMEDIATIONS)
    until = max((int(incident.details.get("until", 0)) for incident in newest), default=0)
    if until > now:
        raise RateLimitedError(
            f"{exchange} asked to be left alone until a time that has not come.",
            exchange=exchange,
            retry_after_s=(until - now) / 1000,
        )


def neighbours(stores: Stores, series: Series, wanted: IntervalSet) -> list[Candle]:
    """Stored candles just before and after the wanted ranges: what the exchange says has to fit to them."""
    reach = _NEIGHBOURS * series.timeframe.ms
    found: list[Candle] = []
    for span in list(wanted)[-_MOST_RANGES_WITH_NEIGHBOURS:]:  # the newest are asked for first
        before = read_candles(stores, series, TimeRange(max(0, span.start - reach), span.start))
        after = read_candles(stores, series, TimeRange(span.end, span.end + reach))
        found += before[-1:] + after[:1]
    return found


def read_candles(stores: Stores, series: Series, span: TimeRange) -> list[Candle]:
    """Stored candles of a range, as candles."""
    table: pa.Table = stores.candles.read(series, span, columns=list(Candle._fields))
    columns = [times_ms(table), *(table.column(name).to_pylist() for name in Candle._fields[1:])]
    return [Candle(*row) for row in zip(*columns, strict=True)]


@dataclass
class _Incidents:
    """Writes down bad rows and the venue's faults as they come."""

    stores: Stores
    series: Series
    clock: Clock
    remediations: int = 0

    def quarantine(self, reason: str, rows: list[Any], payload_hash: str) -> None:
        """Few bad rows are kept one by one; of a whole bad page, a sample and the count."""
        if len(rows) > _QUARANTINE_SAMPLE:
            rows = [{"rows": len(rows), "first": rows[:_QUARANTINE_SAMPLE], "last": rows[-1]}]
        for row in rows:
            self.stores.quarantine.put(self.series, reason, row, payload_hash, self.clock())

    def remediate(self, error: ExchangeError) -> None:
        if not isinstance(error, ExchangeUnavailableError) or self.remediations >= _MOST_REMEDIATIONS:
            return
        self.remediations += 1
        now = self.clock()
        details = {"message": error.message, "status": error.details.get("status")}
        wait_s = error.details.get("retry_after_s")
        if wait_s is not None and isinstance(error, RateLimitedError):
            details["until"] = now + round(1000 * wait_s)
        self.stores.ingestion.record_remediation(self.series.exchange, error.code, now, details)


def count(ranges: Iterable[TimeRange], series: Series) -> int:
    """Candles in some disjoint ranges."""
    return sum(span.duration for span in ranges) // series.timeframe.ms
