"""Wanted rows of a dataset into the lake: fetched, committed in chunks, gaps and incidents written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from candlecloud.errors import ExchangeError, ExchangeUnavailableError, RateLimitedError
from candlecloud.exchange.client import ExchangeClient
from candlecloud.exchange.retry import Clock
from candlecloud.ingestion.fetch.coverage import FetchReport
from candlecloud.ingestion.fetch.page import AnyDataset, AnyRow
from candlecloud.ingestion.fetch.pager import Pager
from candlecloud.ingestion.fetch.session import FetchSession, open_session
from candlecloud.ingestion.gap_ledger import Finding, findings_of, write_findings
from candlecloud.ingestion.plan import Cursor
from candlecloud.market.dataset import Dataset, Row, S
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.gaps import missing_ranges
from candlecloud.market.period import period_range, periods_between
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.rows import rows_table, times_ms
from candlecloud.market.series import Instrument, Series
from candlecloud.store.stores import Stores

SOURCE = "native"
CHUNK_ROWS = 20_000
CHUNK_MS = 30_000  # a slow venue's rows are committed at least this often
_MOST_FAULTS = 20
_LANES_LOOKED_BACK = 4
_QUARANTINE_SAMPLE = 20
_NEIGHBOURS = 10
_MOST_RANGES_WITH_NEIGHBOURS = 32


@dataclass
class FetchOutcome:
    """What an acquisition did.

    Attributes
    ----------
    fetch : FetchReport
    added, revised, unchanged : int
        What became of the rows that came.
    """

    fetch: FetchReport
    added: int
    revised: int
    unchanged: int


@dataclass
class LakeWriter:
    """Collects rows and merges them into the lake chunk by chunk; the cursor follows."""

    stores: Stores
    series: Instrument
    dataset: AnyDataset
    clock: Clock
    cursor: Cursor | None
    chunk_rows: int
    waiting: list[AnyRow] = field(default_factory=list)
    since: int | None = None
    added: int = 0
    revised: int = 0
    unchanged: int = 0

    def add(self, rows: list[AnyRow]) -> None:
        """Take rows, and commit if there are enough of them or the first has waited long enough."""
        self.waiting += rows
        now = self.clock()
        self.since = now if self.since is None else self.since
        if len(self.waiting) >= self.chunk_rows or now - self.since >= CHUNK_MS:
            self.commit()

    def commit(self) -> None:
        """Merge what is waiting, then advance the cursor."""
        if not self.waiting:
            return
        now = self.clock()
        table = rows_table(self.dataset, self.waiting, self.series, now, SOURCE)
        merged = self.stores.dataset(self.dataset).merge(self.series, table, now)
        self.added += merged.added
        self.revised += merged.revised
        self.unchanged += merged.unchanged
        times = [row[0] for row in self.waiting]
        self.waiting, self.since = [], None
        if self.cursor is not None:
            self.cursor.advance(IntervalSet.from_grid(times, self.dataset.step(self.series) or 1))


def start_session(
    stores: Stores,
    exchange: ExchangeClient,
    series: Instrument,
    dataset: AnyDataset,
    *,
    clock: Clock,
    deadline: int | None = None,
) -> FetchSession:
    """What every acquisition begins with: no request to an exchange that has banned us, then its clock.

    Raises
    ------
    RateLimitedError
        If the exchange has banned us, and that time is not over; nothing is asked then.
    ExchangeUnavailableError
        If it does not tell the time before the deadline; the faults are written down.
    """
    refuse_while_banned(stores, series.exchange, clock())
    incidents = _StoredIncidents(stores, series, dataset, clock)
    return open_session(exchange, series, dataset, clock, deadline=deadline, incidents=incidents)


def fetch_and_store(
    stores: Stores,
    session: FetchSession,
    wanted: IntervalSet,
    *,
    cursor: Cursor | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> FetchOutcome:
    """Fetch the wanted rows and commit them.

    Parameters
    ----------
    session : FetchSession
        From `start_session`.
    cursor : Cursor, optional
        Advanced with each commit.
    chunk_rows : int
        How many rows are collected before they are merged into the lake.
    """
    series, dataset, clock = session.series, session.dataset, session.clock
    writer = LakeWriter(stores, series, dataset, clock, cursor, chunk_rows)
    pager = Pager(session, wanted, neighbours(stores, session, wanted))
    try:
        for rows in pager.pages():
            writer.add(rows)
    finally:
        writer.commit()  # what came is good, whatever came after it
    fetch = pager.report()
    if fetch.listed_from is not None:
        stores.dataset(dataset).index.set_listed_from(series, fetch.listed_from, clock())
    if dataset is CANDLES and isinstance(series, Series):  # gaps are told of candles only
        write_findings(stores.gaps, series, _about_what_is_missing(stores, series, findings_of(fetch)), clock())
    return FetchOutcome(fetch, writer.added, writer.revised, writer.unchanged)


def _about_what_is_missing(stores: Stores, series: Series, findings: list[Finding]) -> Iterator[Finding]:
    """Findings less what the lake holds: a stored candle that was asked for once more, in vain, is not missing."""
    timeframe = series.timeframe
    doubtful = [finding.range for finding in findings if finding.state != "repaired"]
    missing = IntervalSet()
    for period in sorted({period for span in doubtful for period in periods_between(timeframe.period, span)}):
        whole = period_range(timeframe.period, period)
        missing = missing.union(missing_ranges(stores.candles.times(series, whole), whole, timeframe))
    for finding in findings:
        if finding.state == "repaired":
            yield finding
        else:
            for part in IntervalSet([finding.range]).intersection(missing):
                yield finding._replace(range=part)


def refuse_while_banned(stores: Stores, exchange: str, now: int) -> None:
    """Stay away while an earlier answer of the exchange, to whichever invocation, said to stay away."""
    # A ban still counts when invocations that were under way have noted their own, later faults since.
    newest = stores.ingestion.exchange_faults(exchange, limit=_LANES_LOOKED_BACK * _MOST_FAULTS)
    until = max((int(fault.details.get("until", 0)) for fault in newest), default=0)
    if until > now:
        raise RateLimitedError(
            f"{exchange} asked to be left alone until a time that has not come.",
            exchange=exchange,
            retry_after_s=(until - now) / 1000,
        )


def neighbours(stores: Stores, session: FetchSession, wanted: IntervalSet) -> list[AnyRow]:
    """Stored rows just before and after the wanted ranges: what the exchange says has to fit to them."""
    if not session.has_grid:
        return []
    series, dataset, reach = session.series, session.dataset, _NEIGHBOURS * session.step
    found: list[AnyRow] = []
    for span in list(wanted)[-_MOST_RANGES_WITH_NEIGHBOURS:]:  # the newest are asked for first
        before = read_rows(stores, dataset, series, TimeRange(max(0, span.start - reach), span.start))
        after = read_rows(stores, dataset, series, TimeRange(span.end, span.end + reach))
        found += before[-1:] + after[:1]
    return found


def read_rows(stores: Stores, dataset: Dataset[S, Row], series: S, span: TimeRange) -> list[Row]:
    """Stored rows of a range, as an exchange would give them."""
    names = (dataset.key, *(column.name for column in dataset.values))
    table: pa.Table = stores.dataset(dataset).read(series, span, columns=list(names))
    columns = [times_ms(table, dataset.key), *(table.column(name).to_pylist() for name in names[1:])]
    return [dataset.row(*row) for row in zip(*columns, strict=True)]


@dataclass
class _StoredIncidents:
    """Writes down bad rows and the venue's faults as they come."""

    stores: Stores
    series: Instrument
    dataset: AnyDataset
    clock: Clock
    faults: int = 0

    def quarantine(self, reason: str, rows: list[Any], payload_hash: str) -> None:
        """Few bad rows are kept one by one; of a whole bad page, a sample and the count."""
        if len(rows) > _QUARANTINE_SAMPLE:
            rows = [{"rows": len(rows), "first": rows[:_QUARANTINE_SAMPLE], "last": rows[-1]}]
        for row in rows:
            self.stores.quarantine_of(self.dataset).put(self.series, reason, row, payload_hash, self.clock())

    def record_fault(self, error: ExchangeError) -> None:
        """That the venue made us wait; so many times at most, for a venue that is down is down for every window."""
        if not isinstance(error, ExchangeUnavailableError) or self.faults >= _MOST_FAULTS:
            return
        self.faults += 1
        now = self.clock()
        details = {"message": error.message, "status": error.details.get("status")}
        wait_s = error.details.get("retry_after_s")
        if wait_s is not None and isinstance(error, RateLimitedError):
            details["until"] = now + round(1000 * wait_s)
        self.stores.ingestion.record_exchange_fault(self.series.exchange, error.code, now, details)


def count(ranges: Iterable[TimeRange], series: Series) -> int:
    """Candles in some disjoint ranges."""
    return sum(span.duration for span in ranges) // series.timeframe.ms
