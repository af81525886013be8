"""What is stored of a series, what is missing, what an ingestion has to fetch, and what it leaves for the next one."""

from __future__ import annotations

from dataclasses import dataclass

from candlecloud.errors import SeriesNotFoundError
from candlecloud.exchange.retry import Clock
from candlecloud.exchange.venue_profile import VenueProfile
from candlecloud.ingestion.fetch.coverage import FetchReport
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.gaps import missing_ranges
from candlecloud.market.period import period_range, periods_between
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series
from candlecloud.store.stores import Stores

_MOST_CURSOR_RANGES = 200


@dataclass(frozen=True)
class Plan:
    """What is asked for in all, what of it is proven already, and what therefore has to be fetched."""

    requested: IntervalSet
    stored: IntervalSet
    explained: IntervalSet
    wanted: IntervalSet


def make_plan(
    stores: Stores,
    profile: VenueProfile,
    series: Series,
    closed_before: int,
    *,
    start: int | None,
    end: int | None,
    reread: bool,
) -> Plan:
    """Wanted minus proven: the newest candle alone says nothing about holes before it.

    Parameters
    ----------
    start, end : int, optional
        The range that was asked for, ms UTC; without a start: from the last stored candle on.
    reread : bool
        Fetch what is stored of that range too.
    """
    step, closed = series.timeframe.ms, closed_before
    if start is not None:
        span = _whole_candles(series, start, closed if end is None else end, closed)
        again = IntervalSet([span] if reread else [])
    else:
        span, again = _since_last(stores, profile, series, closed)
    requested = IntervalSet([span]).union(_remaining(stores, series, closed))
    hull = TimeRange(min((r.start for r in requested), default=0), max((r.end for r in requested), default=0))
    stored = stored_ranges(stores, series, hull).intersection(requested).difference(again) if hull else IntervalSet()
    explained = stores.gaps.explained(series).intersection(requested).difference(stored).difference(again)
    wanted = requested.difference(stored).difference(explained)
    assert all(span.start % step == 0 and span.end % step == 0 for span in wanted)
    return Plan(requested, stored, explained, wanted)


def _whole_candles(series: Series, start: int, end: int, closed_before: int) -> TimeRange:
    first = series.timeframe.ceil(start)
    return TimeRange(first, max(first, min(series.timeframe.floor(end), closed_before)))


def _since_last(
    stores: Stores, profile: VenueProfile, series: Series, closed_before: int
) -> tuple[TimeRange, IntervalSet]:
    """From some candles before the last stored one to now, and those candles; one page where nothing is stored."""
    step = series.timeframe.ms
    held = stores.candles.available_range(series)
    if held is None:
        first = max(0, closed_before - profile.endpoint(CANDLES.name).page_span * step)
        return TimeRange(first, max(first, closed_before)), IntervalSet()
    last_end = min(series.timeframe.floor(held.end), closed_before)
    first = max(min(held.start, last_end), last_end - profile.reread_candles(series.timeframe) * step)
    return TimeRange(first, max(first, closed_before)), IntervalSet([TimeRange(first, last_end)])


def _remaining(stores: Stores, series: Series, closed_before: int) -> IntervalSet:
    """What an earlier run had to leave."""
    cursor = stores.ingestion.get_cursor(series) or {}
    ranges = (TimeRange(start, max(start, min(end, closed_before))) for start, end in cursor.get("remaining", []))
    return IntervalSet(ranges)


@dataclass
class Cursor:
    """What is still to be done, saved with every commit, so that nothing depends on this run."""

    stores: Stores
    series: Series
    clock: Clock
    ranges: IntervalSet

    def advance(self, done: IntervalSet) -> None:
        self.ranges = self.ranges.difference(done)
        self.save()

    def finalise(self, fetch: FetchReport) -> None:
        """In the end only what failed or was not reached is left; holes are gaps now, and backfill's business."""
        self.ranges = fetch.pending.union(IntervalSet(entry.range for entry in fetch.failed))
        self.save()

    def save(self) -> None:
        if not self.ranges:
            self.stores.ingestion.clear_cursor(self.series)
            return
        ranges = [[span.start, span.end] for span in self.ranges]
        if len(ranges) > _MOST_CURSOR_RANGES:  # one range over all the rest: asking for too much does no harm
            ranges = [*ranges[: _MOST_CURSOR_RANGES - 1], [ranges[_MOST_CURSOR_RANGES - 1][0], ranges[-1][1]]]
        self.stores.ingestion.put_cursor(self.series, {"remaining": ranges}, self.clock())


def stored_ranges(stores: Stores, series: Series, span: TimeRange) -> IntervalSet:
    """Which part of a range is in the lake."""
    return IntervalSet.from_grid(stores.candles.times(series, span), series.timeframe.ms)


def listing_span(stores: Stores, series: Series, start: int | None, end: int | None) -> TimeRange:
    """Whole candles that the series should hold: what is asked for or stored, and nothing before the listing.

    Raises
    ------
    SeriesNotFoundError
        If nothing is stored of the series.
    """
    held = stores.candles.available_range(series)
    if held is None:
        raise SeriesNotFoundError(f"Nothing is stored of {series}.", series=series.id)
    listed_from = stores.index.listed_from(series) or 0
    first = series.timeframe.ceil(max(listed_from, held.start if start is None else start))
    return TimeRange(first, max(first, series.timeframe.floor(held.end if end is None else end)))


def find_missing(stores: Stores, series: Series, span: TimeRange) -> IntervalSet:
    """The part of a range that is not stored; read period by period, so that a long minute series fits in memory."""
    missing = IntervalSet()
    for period in periods_between(series.timeframe.period, span):
        part = period_range(series.timeframe.period, period).intersect(span)
        missing = missing.union(missing_ranges(stores.candles.times(series, part), part, series.timeframe))
    return missing
