"""Ingest closed candles of one series: what is new, what was asked for, and what an earlier run left over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import StrictBool

from candlecloud.errors import ExchangeError
from candlecloud.ingestion.fetch_and_store import CHUNK_ROWS, FetchOutcome, count, fetch_and_store, start_session
from candlecloud.ingestion.plan import Cursor, Plan, make_plan
from candlecloud.ingestion.schedule_slots import ALREADY_DONE
from candlecloud.jobs.context import Context
from candlecloud.jobs.exchange_report import ExchangeReport, once_per_slot
from candlecloud.jobs.series_events import RangeEvent, SeriesRequest, span_dict
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.instant import iso
from candlecloud.market.series import Series

JOB = "ingest_candles"


class _Event(RangeEvent):
    reread: StrictBool = False


@dataclass(frozen=True)
class Request(SeriesRequest):
    """What to ingest. Without a range: from the last stored candle, some closed candles once more, to now.

    Attributes
    ----------
    reread : bool
        Ask also for candles that are stored: differences become revisions.
    """

    EVENT: ClassVar[type[RangeEvent]] = _Event
    reread: bool = False


@dataclass(frozen=True)
class Report(ExchangeReport):
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
    anomalies : dict
        What was odd about the exchange's pages, with how often.
    complete : bool
        Every requested candle is stored or proven absent.
    """

    requested: int = 0
    already_stored: int = 0
    fetched: int = 0
    added: int = 0
    revised: int = 0
    unchanged: int = 0
    quarantined: int = 0
    absent: dict[str, int] = field(default_factory=dict)
    open: int = 0
    pending: int = 0
    open_gaps: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    anomalies: dict[str, int] = field(default_factory=dict)
    index_repaired: int = 0
    closed_before: str | None = None
    cursor: str | None = None
    complete: bool = True
    skipped: str | None = None

    def adds_up(self) -> bool:
        """Whether every requested candle stands in exactly one column."""
        columns = (self.already_stored, self.fetched, *self.absent.values(), self.open, self.failed, self.pending)
        return self.requested == sum(columns)

    @property
    def error_codes(self) -> set[str]:
        """Of the windows that failed."""
        return {failure["code"] for failure in self.failures}

    def error(self) -> ExchangeError | None:
        """What to fail with: windows that could not be asked for, or answers of which nothing could be believed."""
        if self.anomalies.get("unlinked_page") and self.open and not self.added:
            message = f"The answers for {self.series} do not fit the stored candles; nothing was stored."
            return ExchangeError(message, report=self.to_dict())
        return super().error()


def run(request: Request, context: Context) -> Report:
    """Ingest; what failed is raised, with the report, after everything that came is committed.

    Raises
    ------
    RegionRefusedError, ExchangeUnavailableError, ExchangeError
        As in `Report.checked`.
    ConflictError, UnknownSymbolError
        As in `ingest`.
    """
    return ingest(request, context).checked()


def ingest(request: Request, context: Context, *, chunk_rows: int = CHUNK_ROWS) -> Report:
    """Ingest, and report what failed too.

    The context's clock says when we learn something; whether a candle is closed, the exchange's own clock decides. The
    work stops at the deadline, at a committed cursor; the next run of the series goes on from it.

    Parameters
    ----------
    chunk_rows : int
        How many candles are collected before they are committed.

    Raises
    ------
    ConflictError
        If another invocation holds the slot.
    UnknownSymbolError
        If the exchange does not list the symbol.
    ExchangeUnavailableError
        If it does not even tell the time; a `RateLimitedError` if it has banned us, and then it is not asked.
    """

    def work() -> Report:
        return _ingest(request, context, chunk_rows)

    return once_per_slot(JOB, request, context, work) or Report(request.series.id, skipped=ALREADY_DONE)


def _ingest(request: Request, context: Context, chunk_rows: int) -> Report:
    series, stores, clock = request.series, context.stores, context.clock
    exchange = context.exchange(series.exchange)
    session = start_session(stores, exchange, series, CANDLES, clock=clock, deadline=context.deadline)
    closed_before = session.closed_before()
    repaired = stores.candles.repair_index(series, clock())
    plan = make_plan(
        stores, session.profile, series, closed_before, start=request.start, end=request.end, reread=request.reread
    )
    cursor = Cursor(stores, series, clock, plan.wanted)
    cursor.save()
    outcome = fetch_and_store(stores, session, plan.wanted, cursor=cursor, chunk_rows=chunk_rows)
    cursor.finalise(outcome.fetch)
    return _report(series, plan, outcome, cursor, closed_before, repaired.repaired + repaired.removed)


def _report(
    series: Series, plan: Plan, outcome: FetchOutcome, cursor: Cursor, closed_before: int, index_repaired: int
) -> Report:
    fetch = outcome.fetch
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
        added=outcome.added,
        revised=outcome.revised,
        unchanged=outcome.unchanged,
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
        anomalies=dict(fetch.anomalies),
        index_repaired=index_repaired,
        closed_before=iso(closed_before),
        cursor=iso(next(iter(cursor.ranges)).start) if cursor.ranges else None,
        complete=fetch.is_complete,
    )
