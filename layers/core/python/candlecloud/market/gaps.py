"""Gaps: what a series should hold and does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series
from candlecloud.market.timeframe import Timeframe

GapState = Literal["open", "repaired", "explained"]
GAP_STATES: tuple[GapState, ...] = ("open", "repaired", "explained")


@dataclass(frozen=True)
class Gap:
    """A missing range of a series.

    Attributes
    ----------
    range : TimeRange
        Aligned to the timeframe's grid.
    state : {'open', 'repaired', 'explained'}
        Open: not looked into, or in vain. Repaired: the candles are stored now. Explained: the exchange has none.
    cause : str, optional
        A short identifier, such as ``absent_at_exchange`` or ``before_listing``.
    detected_at, updated_at : int
        ms UTC.
    evidence : dict
        What was asked and answered, JSON-able.
    """

    series: Series
    range: TimeRange
    state: GapState
    cause: str | None
    detected_at: int
    updated_at: int
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def missing_candles(self) -> int:
        return self.range.duration // self.series.timeframe.ms


def missing_ranges(open_times: Iterable[int], wanted: TimeRange, timeframe: Timeframe) -> IntervalSet:
    """The part of `wanted` whose candles are not among `open_times`.

    `wanted` is first narrowed to whole candles: those that open at or after its start and close at or before its end.
    """
    start = timeframe.ceil(wanted.start)
    whole = TimeRange(start, max(start, timeframe.floor(wanted.end)))
    return IntervalSet([whole]).difference(IntervalSet.from_grid(open_times, timeframe.ms))
