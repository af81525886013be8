"""Where what a run reads begins: each indicator with its own warm-up, whatever else the run reads."""

from __future__ import annotations

from dataclasses import dataclass

from candlecloud.features.bars import Bars


@dataclass(frozen=True)
class Beginning:
    """Where decisions begin, and so where each indicator does.

    An indicator that remembers every bar (an exponential average) has other values when it begins elsewhere. In a run
    it begins so many candles before the first decision as its own warm-up asks for. So the same indicator has the same
    values in every set of a sweep, and is computed once.

    Attributes
    ----------
    bars : Bars
        Reaching back to the longest warm-up, or further.
    start : int, optional
        Open time of the run's range, ms UTC. Left out: all begins at the first bar.
    lead : int
        Decisions wanted before `start`, beside the last one: a sizing model may count what they would have earned.
    """

    bars: Bars
    start: int | None = None
    lead: int = 0

    def of(self, warmup_bars: int) -> int:
        """The first bar that something with this warm-up reads."""
        if self.start is None or not len(self.bars):
            return 0
        return self.bars.index_of(self.start - (warmup_bars + self.lead) * self.bars.timeframe_ms)

    def ready(self, warmup_bars: int) -> int:
        """The first bar at whose close a decision with this warm-up may be made; later if candles are absent."""
        return self.of(warmup_bars) + warmup_bars - 1
