"""A gap in a series: a missing range, and what is known of it. Needs no Arrow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series

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
