"""Ingest closed candles of one series: what is new, what was asked for, and what an earlier run left over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from candlecloud.errors import ExchangeError, ExchangeUnavailableError
from candlecloud.exchange.client import ExchangeClient
from candlecloud.exchange.pager import Bounds, read_bounds
from candlecloud.exchange.retry import Clock
from candlecloud.jobs.acquisition import CHUNK_ROWS, Acquired, Progress, acquire, count, stored_ranges
from candlecloud.jobs.events import iso, read_fields, read_flag, read_range, read_series, read_slot, span_dict
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series
from candlecloud.store.stores import Stores

JOB = "ingest_candles"
_LEASE_MS = 15 * 60_000
_LEASE_MARGIN_MS = 60_000
_MOST_CURSOR_RANGES = 200


@dataclass(frozen=True)
class Request:
    """What to ingest.

    Attributes
    ----------
    series : Series
    start, end : int, optional
        ms UTC. Without them: from the last stored candle, some closed candles once more, to now.
    slot : str, optional
        The firing of the schedule that this is; it is worked off once.
    reread : bool
        Ask also for candles that are stored: differences become revisions.
    """

    series: Series
    start: int | None = None
    end: int | None = None
    slot: str | None = None
    reread: bool = False

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        """Read and check an event.

        Raises
        ------
        InvalidInputError
            Naming the field that is wrong.
        """
        fields = ("exchange", "symbol", "timeframe", "start", "end", "scheduled_at", "reread")
        event = read_fields(event, fields)
        series = read_series(event)
        start, end = read_range(event)
        return cls(series, start, end, read_slot(event, series), read_flag(event, "reread"))


@dataclass(frozen=True)
class Report:
    """What was done; the counts are candles.

    ``requested`` is the sum of ``already_stored``, ``fetched``, ``absent`` (all causes), ``open``, ``failed`` and
    ``pending``; ``fetched`` is the sum of ``added``, ``revised`` and ``unchanged``, less restated neighbours.

    Attributes
    ----------
    skipped : str, optional
        Why nothing was done at all.
    absent : dict
        Cause to candles that are proven absent.
    cursor : str, optional
        Start of what is left for a later run; None when nothing is.
    complete : bool
        Every requested candle is stored or proven absent.
    """

    series: str
    requested: int = 0
    already_stored: int = 0
    fetched: int = 0
    added: int = 0
    revised: int = 0
    unchanged: int = 0
    quarantined: int = 0
    absent: dict[str, int] = field(default_factory=dict)
    open: int = 0
    failed: int = 0
    pending: int = 0
    open_gaps: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    facts: dict[str, int] = field(default_factory=dict)
    index_repaired: int = 0
    closed_before: str | None = None
    cursor: str | None = None
    complete: bool = True
    skipped: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def adds_up(self) -> bool:
        """Whether every requested candle stands in exactly one column."""
        columns = (self.already_stored, self.fetched, *self.absent.values(), self.open, self.failed, self.pending)
        return self.requested == sum(columns)

    def checked(self) -> Report:
        """The report itself, if nothing failed: an invocation with failed windows must not look like a success.

        Raises
        ------
        ExchangeUnavailableError, ExchangeError
            With the report in its details. What came is committed all the same.
        """
        if not self.failed:
            return self
        codes = {failure["code"] for failure in self.failures}
        cls = ExchangeUnavailableError if codes & {"exchange_unavailable", "rate_limited"} else ExchangeError
        raise cls(f"{self.failed} candles of {self.series} could not be asked for.", report=self.to_dict())


def run(
    request: Request,
    stores: Stores,
    exchange: ExchangeClient,
    *,
    clock: Clock,
    deadline: int | None = None,
    on_progress: Progress = lambda done_ms, total_ms: None,
    chunk_rows: int = CHUNK_ROWS,
) -> Report:
    """Ingest.

    Parameters
    ----------
    clock : callable
        Now, ms UTC: when we learn something. Whether a candle is closed, the exchange's own clock decides.
    deadline : int, optional
        ms UTC by `clock`: the work stops there, at a committed cursor; the next run of the series goes on from it.
    chunk_rows : int
        How many candles are collected before they are committed.

    Raises
    ------
    UnknownSymbolError
        If the exchange does not list the symbol.
    ExchangeUnavailableError
        If it does not even tell the time.
    """
    slot = request.slot
    work = _Work(request.series, stores, exchange, clock, deadline, on_progress, chunk_rows)
    if slot is None:
        return _ingest(request, work)
    now = clock()
    lease = _LEASE_MS if deadline is None else max(0, deadline - now) + _LEASE_MARGIN_MS
    if not stores.ingestion.claim_slot(JOB, slot, now, lease):
        return Report(request.series.id, skipped="The slot is done, or another invocation is at it.")
    try:
        report = _ingest(request, work)
    except Exception:
        stores.ingestion.release_slot(JOB, slot)
        raise
    if report.failed:
        stores.ingestion.release_slot(JOB, slot)  # the platform's retry of this event may take it
    else:
        stores.ingestion.finish_slot(JOB, slot, clock())
    return report


@dataclass(frozen=True)
class _Work:
    """What a run is given, in one piece."""

    series: Series
    stores: Stores
    exchange: ExchangeClient
    clock: Clock
    deadline: int | None
    on_progress: Progress
    chunk_rows: int


def _ingest(request: Request, work: _Work) -> Report:
    series, stores = work.series, work.stores
    repaired = stores.candles.repair_index(series, work.clock())
    bounds = read_bounds(work.exchange, series, work.clock)
    plan = _plan(request, stores, work.exchange, bounds)
    left = _Left(stores, series, work.clock, plan.wanted)
    left.save()
    acquired = acquire(
        stores,
        work.exchange,
        series,
        plan.wanted,
        bounds=bounds,
        clock=work.clock,
        deadline=work.deadline,
        on_commit=left.committed,
        on_progress=work.on_progress,
        chunk_rows=work.chunk_rows,
    )
    left.settle(acquired)
    return _report(series, plan, acquired, left, bounds, repaired.repaired + repaired.removed)


@dataclass(frozen=True)
class _Plan:
    """What is asked for in all, what of it is proven already, and what therefore has to be fetched."""

    requested: IntervalSet
    stored: IntervalSet
    explained: IntervalSet
    wanted: IntervalSet


def _plan(request: Request, stores: Stores, exchange: ExchangeClient, bounds: Bounds) -> _Plan:
    """Wanted minus proven: the newest candle alone says nothing about holes before it."""
    series, step, closed = request.series, request.series.timeframe.ms, bounds.closed_before
    if request.start is not None:
        span = _whole_candles(series, request.start, closed if request.end is None else request.end, closed)
        again = IntervalSet([span] if request.reread else [])
    else:
        span, again = _since_last(stores, exchange, series, closed)
    requested = IntervalSet([span]).union(_left_over(stores, series, closed))
    hull = TimeRange(min((r.start for r in requested), default=0), max((r.end for r in requested), default=0))
    stored = stored_ranges(stores, series, hull).intersection(requested).difference(again) if hull else IntervalSet()
    explained = stores.gaps.explained(series).intersection(requested).difference(stored).difference(again)
    wanted = requested.difference(stored).difference(explained)
    assert all(span.start % step == 0 and span.end % step == 0 for span in wanted)
    return _Plan(requested, stored, explained, wanted)


def _whole_candles(series: Series, start: int, end: int, closed_before: int) -> TimeRange:
    first = series.timeframe.ceil(start)
    return TimeRange(first, max(first, min(series.timeframe.floor(end), closed_before)))


def _since_last(
    stores: Stores, exchange: ExchangeClient, series: Series, closed_before: int
) -> tuple[TimeRange, IntervalSet]:
    """From some candles before the last stored one to now, and those candles; one page where nothing is stored."""
    profile, step = exchange.profile(series.symbol), series.timeframe.ms
    held = stores.candles.available_range(series)
    if held is None:
        first = max(0, closed_before - profile.page_span * step)
        return TimeRange(first, max(first, closed_before)), IntervalSet()
    last_end = min(series.timeframe.floor(held.end), closed_before)
    first = max(min(held.start, last_end), last_end - profile.reread_candles(series.timeframe) * step)
    return TimeRange(first, max(first, closed_before)), IntervalSet([TimeRange(first, last_end)])


def _left_over(stores: Stores, series: Series, closed_before: int) -> IntervalSet:
    """What an earlier run had to leave."""
    cursor = stores.ingestion.get_cursor(series) or {}
    ranges = (TimeRange(start, max(start, min(end, closed_before))) for start, end in cursor.get("left", []))
    return IntervalSet(ranges)


@dataclass
class _Left:
    """The committed cursor: what is still to be done, saved with every commit, so that nothing depends on this run."""

    stores: Stores
    series: Series
    clock: Clock
    ranges: IntervalSet

    def committed(self, done: IntervalSet) -> None:
        self.ranges = self.ranges.difference(done)
        self.save()

    def settle(self, acquired: Acquired) -> None:
        """In the end only what failed or was not reached is left; holes are gaps now, and backfill's business."""
        fetch = acquired.fetch
        self.ranges = fetch.pending.union(IntervalSet(entry.range for entry in fetch.failed))
        self.save()

    def save(self) -> None:
        if not self.ranges:
            self.stores.ingestion.clear_cursor(self.series)
            return
        ranges = [[span.start, span.end] for span in self.ranges]
        if len(ranges) > _MOST_CURSOR_RANGES:  # one range over all the rest: asking for too much does no harm
            ranges = [*ranges[: _MOST_CURSOR_RANGES - 1], [ranges[_MOST_CURSOR_RANGES - 1][0], ranges[-1][1]]]
        self.stores.ingestion.put_cursor(self.series, {"left": ranges}, self.clock())


def _report(
    series: Series, plan: _Plan, acquired: Acquired, left: _Left, bounds: Bounds, index_repaired: int
) -> Report:
    fetch = acquired.fetch
    absent: dict[str, int] = {}
    for entry in fetch.absent:
        absent[entry.cause] = absent.get(entry.cause, 0) + count([entry.range], series)
    if plan.explained:
        absent["known_before"] = count(plan.explained, series)
    return Report(
        series=series.id,
        requested=count(plan.requested, series),
        already_stored=count(plan.stored, series),
        fetched=count(fetch.present, series),
        added=acquired.added,
        revised=acquired.revised,
        unchanged=acquired.unchanged,
        quarantined=fetch.quarantined,
        absent=absent,
        open=count((entry.range for entry in fetch.open), series),
        failed=count((entry.range for entry in fetch.failed), series),
        pending=count(fetch.pending, series),
        open_gaps=[span_dict(entry.range) | {"cause": entry.cause} for entry in fetch.open[:20]],
        failures=[
            span_dict(entry.range) | {"code": entry.code, "message": entry.message} for entry in fetch.failed[:20]
        ],
        requests=fetch.requests,
        facts=dict(fetch.facts),
        index_repaired=index_repaired,
        closed_before=iso(bounds.closed_before),
        cursor=iso(next(iter(left.ranges)).start) if left.ranges else None,
        complete=fetch.is_complete,
    )
