"""Are there enough candles? Yes, with the holes counted; or an error that says what is missing and how to get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from candlecloud.contract.run_spec import RunSpec
from candlecloud.errors import InsufficientDataError
from candlecloud.market.gaps import Times, missing_ranges
from candlecloud.market.instant import iso
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series

_GAPS_SHOWN = 20


@dataclass(frozen=True)
class CandleCoverage:
    """What the candles of a run cover.

    Attributes
    ----------
    needed : TimeRange
        The run's range and the warm-up before it.
    required_candles, received_candles : int
        That the needed range has room for, and that are stored.
    gaps : tuple of TimeRange
        Absent candles; the run goes on over them, and says so.
    """

    needed: TimeRange
    required_candles: int
    received_candles: int
    gaps: tuple[TimeRange, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; the first 20 gaps are spelled out."""
        return {
            "required_candles": self.required_candles,
            "received_candles": self.received_candles,
            "missing_candles": self.required_candles - self.received_candles,
            "gaps": len(self.gaps),
            "first_gaps": [{"start": iso(g.start), "end": iso(g.end)} for g in self.gaps[:_GAPS_SHOWN]],
        }


def needed_range(span: TimeRange, warmup_bars: int, series: Series) -> TimeRange:
    """A run's range with the warm-up before it."""
    return TimeRange(span.start - warmup_bars * series.timeframe.ms, span.end)


def choose_range(spec: RunSpec, warmup_bars: int, available: TimeRange | None, now: int) -> TimeRange:
    """Fill in a start or end that the request leaves open: as early and as late as the stored candles allow.

    Parameters
    ----------
    available : TimeRange or None
        First open to last close that is stored.
    now : int
        ms UTC; stands in for the end where nothing is stored.
    """
    timeframe = spec.series.timeframe
    stored = available or TimeRange(timeframe.floor(now), timeframe.floor(now))
    end = spec.end if spec.end is not None else stored.end
    start = spec.start
    if start is None:
        start = min(stored.start + warmup_bars * timeframe.ms, end - timeframe.ms)
    return TimeRange(start, max(end, start + timeframe.ms))


def measure_coverage(needed: TimeRange, open_times: Times, series: Series) -> CandleCoverage:
    """Count candles and holes of a range."""
    gaps = missing_ranges(open_times, needed, series.timeframe)
    required = needed.duration // series.timeframe.ms
    return CandleCoverage(needed, required, required - gaps.total // series.timeframe.ms, tuple(gaps))


def check_data_requirements(
    series: Series,
    span: TimeRange,
    warmup_bars: int,
    open_times: Sequence[int],
    available: TimeRange | None,
    listed_from: int | None = None,
) -> CandleCoverage:
    """Check that history reaches from the warm-up to the end; holes within it are counted, not refused.

    Parameters
    ----------
    span : TimeRange
        The run's range of open times.
    warmup_bars : int
        Closed bars needed before its start.
    open_times : sequence of int
        Of the stored candles in the needed range, ms UTC.
    available : TimeRange or None
        First open to last close of all that is stored; None if nothing is.
    listed_from : int or None
        Open time of the exchange's first candle ever, ms UTC, where it is known: no backfill goes before it.

    Raises
    ------
    InsufficientDataError
        With the numbers, the latest candle, a start that would work, and a request that fetches the rest.
    """
    needed = needed_range(span, warmup_bars, series)
    coverage = measure_coverage(needed, open_times, series)
    reaches = available is not None and available.start <= needed.start and available.end >= needed.end
    if reaches and any(span.contains(time) for time in open_times):
        return coverage
    raise _insufficient(series, span, warmup_bars, coverage, available, listed_from or 0)


def _insufficient(
    series: Series,
    span: TimeRange,
    warmup_bars: int,
    coverage: CandleCoverage,
    available: TimeRange | None,
    listed_from: int,
) -> InsufficientDataError:
    timeframe, needed = series.timeframe, coverage.needed
    to_fetch = TimeRange(max(needed.start, listed_from, 0), max(needed.end, listed_from, 0))
    helps = available is None or not available.start <= to_fetch.start <= to_fetch.end <= available.end
    suggested = None if available is None else timeframe.ceil(available.start) + warmup_bars * timeframe.ms
    if suggested is not None and available is not None and suggested >= min(span.end, available.end):
        suggested = None
    latest = None if available is None else available.end - timeframe.ms
    sentence = _sentence(series, needed, warmup_bars, coverage, available)
    if needed.start < listed_from:
        sentence += f" {series.exchange} has none before {iso(listed_from)}."
    return InsufficientDataError(
        sentence,
        hint=_hint(helps, suggested is not None),
        series=series.id,
        required_candles=coverage.required_candles,
        received_candles=coverage.received_candles,
        warmup_bars=warmup_bars,
        required_lookback_seconds=warmup_bars * timeframe.seconds,
        required_start=_moment(needed.start),
        required_end=_moment(needed.end),
        latest_candle=_moment(latest),
        suggested_start=_moment(suggested),
        suggested_end=_moment(None if available is None or suggested is None else min(span.end, available.end)),
        backfill_request=None
        if not helps
        else {
            "method": "POST",
            "path": "/ingestion/backfill",
            "body": {
                "exchange": series.exchange,
                "symbol": series.symbol.key,
                "timeframe": timeframe.name,
                "start": iso(to_fetch.start),
                "end": iso(to_fetch.end),
            },
        },
    )


def _sentence(
    series: Series, needed: TimeRange, warmup_bars: int, coverage: CandleCoverage, available: TimeRange | None
) -> str:
    need = (
        f"{coverage.required_candles:,} candles of {series.id} from {iso(needed.start)} to {iso(needed.end)} are needed"
    )
    if warmup_bars:
        need += f", {warmup_bars:,} of them to warm up"
    if available is None:
        return f"{need}; none is stored."
    held = f"what is stored reaches from {iso(available.start)} to {iso(available.end)}"
    return f"{need}; {coverage.received_candles:,} are stored, {held}."


def _hint(backfill_helps: bool, start_helps: bool) -> str | None:
    if backfill_helps and start_helps:
        return None  # the error's own hint names both ways
    if backfill_helps:
        return "Send the backfill request in details.backfill_request, then this request again."
    return "Start at details.suggested_start." if start_helps else "Choose another range: this one has no candles."


def _moment(time_ms: int | None) -> dict[str, Any] | None:
    return None if time_ms is None else {"iso": iso(time_ms), "unix_ms": time_ms}
