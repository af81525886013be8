"""What the lake holds of a series, what it should hold, and what is missing."""

from __future__ import annotations

from candlecloud.errors import SeriesNotFoundError
from candlecloud.market.gaps import missing_ranges
from candlecloud.market.period import period_range, periods_between
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series
from candlecloud.store.stores import Stores


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
