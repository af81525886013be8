"""Hold what is stored of one series against its grid: every hole becomes a gap item, every filled one is closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from candlecloud.ingestion.gap_ledger import Finding, all_gaps, write_findings
from candlecloud.ingestion.plan import find_missing, listing_span
from candlecloud.jobs.context import Context
from candlecloud.jobs.events import JobReport
from candlecloud.jobs.series_events import SeriesRequest, span_dict
from candlecloud.market.ranges import IntervalSet

_LISTED = 50


class Request(SeriesRequest):
    """Which series to look at, and which range of it: the stored one where left out. Looking twice changes nothing."""


@dataclass(frozen=True)
class Report(JobReport):
    """What was found; `expected` is the sum of `stored` and `missing`, all three in candles.

    Attributes
    ----------
    gaps_found : int
        Holes in the range, explained ones included.
    gaps_new, gaps_closed : int
        Items that this look has opened, and has closed because their candles are there now.
    gaps_open, gaps_explained : int
        Items of the series after the look.
    gaps : list
        The first holes, with state and cause.
    """

    series: str
    range: dict[str, str | None]
    expected: int
    stored: int
    missing: int
    gaps_found: int
    gaps_new: int
    gaps_closed: int
    gaps_open: int
    gaps_explained: int
    gaps: list[dict[str, Any]]


def run(request: Request, context: Context) -> Report:
    """Look for holes and write them down; doing it twice is doing it once.

    Raises
    ------
    SeriesNotFoundError
        If nothing is stored of the series.
    """
    series, stores, now = request.series, context.stores, context.now
    span = listing_span(stores, series, request.start, request.end)
    missing = find_missing(stores, series, span)
    before = [gap for gap in all_gaps(stores.gaps, series) if gap.state != "repaired"]
    findings = [Finding(hole, "open", None, {}) for hole in missing]
    for gap in before:  # also outside the range: a gap is closed when its candles are there, whoever brought them
        absent = find_missing(stores, series, gap.range)
        there = IntervalSet([gap.range]).difference(absent)
        findings += [Finding(part, "repaired", None, {"found_in_lake": True}) for part in there]
    written = write_findings(stores.gaps, series, findings, now)
    after = [gap for gap in all_gaps(stores.gaps, series) if gap.state != "repaired"]
    known = IntervalSet(gap.range for gap in before)
    in_range = [gap for gap in after if gap.range.intersect(span)]
    step = series.timeframe.ms
    return Report(
        series=series.id,
        range=span_dict(span),
        expected=span.duration // step,
        stored=(span.duration - missing.total) // step,
        missing=missing.total // step,
        gaps_found=len(missing),
        gaps_new=sum(gap.state == "open" and not IntervalSet([gap.range]).intersection(known) for gap in written),
        gaps_closed=sum(gap.state == "repaired" for gap in written),
        gaps_open=sum(gap.state == "open" for gap in after),
        gaps_explained=sum(gap.state == "explained" for gap in after),
        gaps=[
            span_dict(gap.range) | {"state": gap.state, "cause": gap.cause, "candles": gap.missing_candles}
            for gap in in_range[:_LISTED]
        ],
    )
