"""Features, or where a strategy stands, on stored candles, at once: what the API cannot compute itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from candlecloud.errors import CandlecloudError, InsufficientDataError, InvalidRangeError, SeriesNotFoundError
from candlecloud.jobs.context import Context
from candlecloud.jobs.events import read_fields, read_series, read_time
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.runs.fields import read_integer
from candlecloud.runs.inputs import RUN_COLUMNS
from candlecloud.runs.lifecycle import describe_failure
from candlecloud.runs.preview import preview_features, preview_targets
from candlecloud.runs.subject import MAX_LOOKBACK, Subject, read_subject
from candlecloud.store.stores import Stores

MAX_ROWS = 1_000
_FIELDS = (
    "exchange", "symbol", "timeframe", "start", "end", "limit", "as_of", "features", "strategy", "parameters", "rules",
    "direction",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """An event as it came: what is wrong with it is part of the answer."""

    event: Mapping[str, Any]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        return cls(event)


@dataclass(frozen=True)
class Wanted:
    """What to compute, and where.

    Attributes
    ----------
    start, end, as_of : int or None
        ms UTC. Without a start the newest candles before the end count: `limit` of them for features, 1,000 for a
        strategy.
    limit : int
        Rows of features, or changes of a strategy's target; at most 1,000.
    """

    series: Series
    start: int | None
    end: int | None
    limit: int
    as_of: int | None
    subject: Subject

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Wanted:
        """Read and check an event.

        Raises
        ------
        InvalidInputError
            Naming the field that is wrong.
        """
        event = read_fields(event, _FIELDS)
        series = read_series(event)
        limit = read_integer(event, "limit", 100, 1, MAX_ROWS)
        start, end, as_of = (read_time(event, name) for name in ("start", "end", "as_of"))
        return cls(series, start, end, limit, as_of, read_subject(event, series.timeframe.ms))


@dataclass(frozen=True)
class Report:
    """The answer, or the error that the user is to see."""

    answer: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"answer": self.answer, "error": self.error}


def run(request: Request, context: Context) -> Report:
    """Compute; an error of the domain is part of the answer, because the API waits for it."""
    try:
        asked, stores = Wanted.from_event(request.event), context.stores
        answer = _features(asked, stores) if asked.subject.strategy is None else _targets(asked, stores)
    except CandlecloudError as error:
        return Report(error=describe_failure(error))
    return Report(answer | {"warmup_bars": asked.subject.warmup_bars})


def _features(asked: Wanted, stores: Stores) -> dict[str, Any]:
    """Rows of the first `limit` places of the range, or of the last ones where it has no start."""
    step = asked.series.timeframe.ms
    span = _range(asked, stores, asked.limit)
    wanted = TimeRange(span.start, min(span.end, span.start + asked.limit * step))
    found = preview_features(_read(asked, stores, wanted), asked.subject, wanted)
    return found | {"next_start": wanted.end if wanted.end < span.end else None}


def _targets(asked: Wanted, stores: Stores) -> dict[str, Any]:
    """Where the strategy stands after the range."""
    wanted = _range(asked, stores, MAX_ROWS)
    if wanted.duration > MAX_LOOKBACK * asked.series.timeframe.ms:
        raise InvalidRangeError(
            f"The range holds more than {MAX_LOOKBACK:,} bars.",
            hint="Give a later start, or run a backtest for all decisions of a long range.",
            field="start",
        )
    found = preview_targets(_read(asked, stores, wanted), asked.subject, wanted, asked.limit)
    if found is None:
        raise InsufficientDataError(
            f"No candle of {asked.series} is stored in that range.",
            hint="Ask for a range within what GET /series shows, or send POST /ingestion/backfill for it.",
            series=asked.series.id,
        )
    return found


def _range(asked: Wanted, stores: Stores, bars: int) -> TimeRange:
    """The wanted part of what is stored, on the grid; empty where they don't meet.

    Raises
    ------
    SeriesNotFoundError
        If nothing is stored.
    """
    timeframe = asked.series.timeframe
    stored = stores.candles.available_range(asked.series)
    if stored is None:
        raise SeriesNotFoundError(f"There are no candles of {asked.series}.", series=asked.series.id)
    # A candle counts from its close on: at the moment `as_of` none was known that closed after it.
    bounds = [stored.end, *(timeframe.floor(t) for t in (asked.end, asked.as_of) if t is not None)]
    end = max(min(bounds), stored.start)
    start = end - bars * timeframe.ms if asked.start is None else timeframe.ceil(asked.start)
    start = min(max(start, stored.start), end)
    return TimeRange(start, end)


def _read(asked: Wanted, stores: Stores, wanted: TimeRange) -> Any:
    lookback = asked.subject.lookback_bars * asked.series.timeframe.ms
    span = TimeRange(max(0, wanted.start - lookback), wanted.end)
    return stores.candles.read(asked.series, span, RUN_COLUMNS, as_of=asked.as_of)
