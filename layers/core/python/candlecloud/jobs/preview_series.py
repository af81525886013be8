"""Features, or a strategy's decisions, on stored candles, at once: what the API cannot compute itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from candlecloud.errors import CandlecloudError, InsufficientDataError, SeriesNotFoundError
from candlecloud.jobs.events import read_fields, read_series, read_time
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.runs.inputs import RUN_COLUMNS
from candlecloud.runs.preview import Subject, preview, read_subject
from candlecloud.runs.state import describe_failure
from candlecloud.store.stores import Stores

MAX_ROWS = 1_000
_FIELDS = (
    "exchange",
    "symbol",
    "timeframe",
    "start",
    "end",
    "limit",
    "as_of",
    "features",
    "strategy",
    "parameters",
    "rules",
)


@dataclass(frozen=True)
class Request:
    """What to compute, and where.

    Attributes
    ----------
    start, end, as_of : int or None
        ms UTC. Without a start the newest `limit` candles before the end count.
    limit : int
        Rows, at most 1,000.
    subject : Subject
        The features or the strategy.
    """

    series: Series
    start: int | None
    end: int | None
    limit: int
    as_of: int | None
    subject: Subject

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        """Read and check an event.

        Raises
        ------
        InvalidInputError
            Naming the field that is wrong.
        """
        event = read_fields(event, _FIELDS)
        series = read_series(event)
        limit = min(max(int(event.get("limit", 100)), 1), MAX_ROWS)
        times = (read_time(event, name) for name in ("start", "end", "as_of"))
        start, end, as_of = times
        return cls(series, start, end, limit, as_of, read_subject(event, series.timeframe.ms))


@dataclass(frozen=True)
class Report:
    """The answer, or the error that the user is to see."""

    answer: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"answer": self.answer, "error": self.error}


def run(event: Mapping[str, Any], stores: Stores) -> Report:
    """Compute; an error of the domain is part of the answer, because the API waits for it."""
    try:
        return Report(_answer(Request.from_event(event), stores))
    except CandlecloudError as error:
        return Report(error=describe_failure(error))


def _answer(request: Request, stores: Stores) -> dict[str, Any]:
    series, step = request.series, request.series.timeframe.ms
    stored = stores.candles.available_range(series)
    if stored is None:
        raise SeriesNotFoundError(f"There are no candles of {series}.", series=series.id)
    end = stored.end if request.end is None else min(request.end, stored.end)
    start = end - request.limit * step if request.start is None else request.start
    wanted = TimeRange(max(start, stored.start), max(end, start, stored.start))
    lookback = request.subject.warmup_bars * step
    table = stores.candles.read(
        series, TimeRange(wanted.start - lookback, wanted.end), RUN_COLUMNS, as_of=request.as_of
    )
    rows = preview(table, request.subject, wanted, request.limit)
    if not rows:
        raise InsufficientDataError(
            f"No candle of {series} is stored in that range.",
            hint="Ask for a range within what GET /series shows, or backfill it.",
            series=series.id,
        )
    return {"rows": rows, "warmup_bars": request.subject.warmup_bars}
