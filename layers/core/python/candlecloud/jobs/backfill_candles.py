"""Backfill one series: repair what the exchange can give, record what it cannot, with cause and evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from candlecloud.errors import SeriesNotFoundError
from candlecloud.ingestion.fetch.coverage import FetchReport
from candlecloud.ingestion.fetch_and_store import count, fetch_and_store, start_session
from candlecloud.ingestion.gap_ledger import Finding, all_gaps, due_again, note_asked_again, write_findings
from candlecloud.ingestion.plan import find_missing, listing_span
from candlecloud.ingestion.schedule_slots import ALREADY_DONE
from candlecloud.jobs.context import Context
from candlecloud.jobs.exchange_report import ExchangeReport, once_per_slot
from candlecloud.jobs.series_events import SeriesRequest, span_dict
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series
from candlecloud.store.stores import Stores

JOB = "backfill_candles"
_LISTED = 50


class Request(SeriesRequest):
    """What to backfill.

    With a range, everything that is missing in it is asked for, also what was explained before. Without one: the open
    gaps of the series, the holes between its first and last stored candle, and what was explained a day ago and a week
    ago, each time once more.
    """


@dataclass(frozen=True)
class Report(ExchangeReport):
    """What was done.

    Attributes
    ----------
    gaps_found : int
        Missing ranges that were looked into.
    gaps_fixed : int
        Of these, those whose every candle is stored now.
    candles_missing, candles_added : int
        Candles that were missing, and that came.
    unrepairable : list
        Ranges that the exchange does not have, each with cause and evidence.
    still_open : list
        Ranges that stay open, each with the reason: no proof either way, a failure, or the deadline.
    complete : bool
        Nothing stays open.
    """

    gaps_found: int = 0
    gaps_fixed: int = 0
    candles_missing: int = 0
    candles_added: int = 0
    candles_unrepairable: int = 0
    candles_open: int = 0
    quarantined: int = 0
    requests: int = 0
    unrepairable: list[dict[str, Any]] = field(default_factory=list)
    still_open: list[dict[str, Any]] = field(default_factory=list)
    complete: bool = True
    skipped: str | None = None

    @property
    def error_codes(self) -> set[str]:
        """Causes of what stays open."""
        return {entry["cause"] for entry in self.still_open}


def run(request: Request, context: Context) -> Report:
    """Backfill; what failed is raised, with the report, after everything that came is committed.

    Raises
    ------
    RegionRefusedError, ExchangeUnavailableError, ExchangeError
        As in `Report.checked`.
    SeriesNotFoundError, ConflictError, UnknownSymbolError
        As in `backfill`.
    """
    return backfill(request, context).checked()


def backfill(request: Request, context: Context) -> Report:
    """Backfill, and report what failed too.

    What is missing is first written down as open gaps: the next backfill resumes one that was cut short.
    No request goes out after the deadline.

    Raises
    ------
    SeriesNotFoundError
        If nothing is stored of the series and no range is given.
    ConflictError, UnknownSymbolError, ExchangeUnavailableError
        As in `ingest_candles`.
    """

    def work() -> Report:
        return _backfill(request, context)

    return once_per_slot(JOB, request, context, work) or Report(request.series.id, skipped=ALREADY_DONE)


def _backfill(request: Request, context: Context) -> Report:
    series, stores, clock = request.series, context.stores, context.clock
    exchange = context.exchange(series.exchange)
    session = start_session(stores, exchange, series, CANDLES, clock=clock, deadline=context.deadline)
    exchange_now = session.exchange_opened_at
    stores.candles.repair_index(series, clock())
    again = due_again(stores.gaps, series, exchange_now) if request.start is None else IntervalSet()
    wanted = _missing(request, stores, session.closed_before(), again)
    write_findings(stores.gaps, series, [Finding(hole, "open", None, {}) for hole in wanted], clock())
    outcome = fetch_and_store(stores, session, wanted)
    fetch = outcome.fetch
    unasked = fetch.pending.union(IntervalSet(entry.range for entry in fetch.failed))
    note_asked_again(stores.gaps, series, again.difference(unasked), exchange_now, clock())
    return _report(series, wanted, fetch, outcome.added)


def _missing(request: Request, stores: Stores, closed_before: int, again: IntervalSet) -> IntervalSet:
    """What is to be asked for: nothing that is stored, nothing that is not closed."""
    series = request.series
    closed = IntervalSet([TimeRange(0, max(0, closed_before))])
    if request.start is not None:
        first = series.timeframe.ceil(request.start)
        last = series.timeframe.floor(closed_before if request.end is None else request.end)
        return find_missing(stores, series, TimeRange(first, max(first, min(last, closed_before))))
    open_gaps = IntervalSet(gap.range for gap in all_gaps(stores.gaps, series) if gap.state == "open")
    still = IntervalSet(hole for gap in open_gaps.union(again) for hole in find_missing(stores, series, gap))
    try:
        holes = find_missing(stores, series, listing_span(stores, series, None, None))
    except SeriesNotFoundError:
        if not open_gaps:
            raise
        holes = IntervalSet()
    return still.union(holes.difference(stores.gaps.explained(series))).intersection(closed)


def _report(series: Series, wanted: IntervalSet, fetch: FetchReport, added: int) -> Report:
    fixed = [hole for hole in wanted if not IntervalSet([hole]).difference(fetch.present)]
    absent = [span_dict(e.range) | {"cause": e.cause, "evidence": e.evidence} for e in fetch.absent]
    still_open = [span_dict(entry.range) | {"cause": entry.cause} for entry in fetch.open]
    still_open += [span_dict(entry.range) | {"cause": entry.code} for entry in fetch.failed]
    still_open += [span_dict(span) | {"cause": "deadline"} for span in fetch.pending]
    left = count(wanted.difference(fetch.present), series)
    unrepairable = count((entry.range for entry in fetch.absent), series)
    return Report(
        series=series.id,
        gaps_found=len(wanted),
        gaps_fixed=len(fixed),
        candles_missing=count(wanted, series),
        candles_added=added,
        candles_unrepairable=unrepairable,
        candles_open=left - unrepairable,
        quarantined=fetch.quarantined,
        requests=fetch.requests,
        failed=count((entry.range for entry in fetch.failed), series),
        unrepairable=absent[:_LISTED],
        still_open=sorted(still_open, key=lambda entry: str(entry["start"]))[:_LISTED],
        complete=fetch.is_complete,
    )
