"""Features, or where a strategy stands, on stored candles, at once: what the API cannot compute itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from candlecloud.contract.preview import MAX_LOOKBACK, MAX_ROWS, FeaturesRequest, SignalsRequest, read_preview
from candlecloud.errors import CandlecloudError, InsufficientDataError, InvalidRangeError, SeriesNotFoundError
from candlecloud.experiments.preview import preview_features, preview_targets
from candlecloud.jobs.context import Context
from candlecloud.market.ranges import TimeRange
from candlecloud.runs.inputs import RUN_COLUMNS
from candlecloud.runs.lifecycle import describe_failure
from candlecloud.store.stores import Stores


@dataclass(frozen=True)
class Request:
    """An event as it came: what is wrong with it is part of the answer."""

    event: Mapping[str, Any]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        return cls(event)


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
        asked, stores = read_preview(request.event), context.stores
        answer = _features(asked, stores) if isinstance(asked, FeaturesRequest) else _targets(asked, stores)
    except CandlecloudError as error:
        return Report(error=describe_failure(error))
    return Report(answer | {"warmup_bars": asked.warmup_bars})


def _features(asked: FeaturesRequest, stores: Stores) -> dict[str, Any]:
    """Rows of the first `limit` places of the range, or of the last ones where it has no start."""
    step = asked.series.timeframe.ms
    span = _range(asked, stores, asked.limit)
    wanted = TimeRange(span.start, min(span.end, span.start + asked.limit * step))
    found = preview_features(_read(asked, stores, wanted), asked, wanted)
    return found | {"next_start": wanted.end if wanted.end < span.end else None}


def _targets(asked: SignalsRequest, stores: Stores) -> dict[str, Any]:
    """Where the strategy stands after the range."""
    wanted = _range(asked, stores, MAX_ROWS)
    if wanted.duration > MAX_LOOKBACK * asked.series.timeframe.ms:
        raise InvalidRangeError(
            f"The range holds more than {MAX_LOOKBACK:,} bars.",
            hint="Give a later start, or run a backtest for all decisions of a long range.",
            field="start",
        )
    found = preview_targets(_read(asked, stores, wanted), asked, wanted)
    if found is None:
        raise InsufficientDataError(
            f"No candle of {asked.series} is stored in that range.",
            hint="Ask for a range within what GET /series shows, or send POST /ingestion/backfill for it.",
            series=asked.series.id,
        )
    return found


def _range(asked: FeaturesRequest | SignalsRequest, stores: Stores, bars: int) -> TimeRange:
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
    # A candle counts from its close on: at the instant `as_of` none was known that closed after it.
    bounds = [stored.end, *(timeframe.floor(t) for t in (asked.end, asked.as_of) if t is not None)]
    end = max(min(bounds), stored.start)
    start = end - bars * timeframe.ms if asked.start is None else timeframe.ceil(asked.start)
    start = min(max(start, stored.start), end)
    return TimeRange(start, end)


def _read(asked: FeaturesRequest | SignalsRequest, stores: Stores, wanted: TimeRange) -> Any:
    lookback = asked.lookback_bars * asked.series.timeframe.ms
    span = TimeRange(max(0, wanted.start - lookback), wanted.end)
    return stores.candles.read(asked.series, span, RUN_COLUMNS, as_of=asked.as_of)
