"""Bars from plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from candlecloud.features.bars import Bars, prefix_sums, to_ticks

HOUR_MS = 3_600_000


def bars_of(
    opens: Sequence[float], closes: Sequence[float], volumes: Sequence[float | None] | None = None, scale: int = 2
) -> Bars:
    """Hourly bars; high and low are those of open and close, a volume of None is unknown."""
    open_, close = np.array(opens, float), np.array(closes, float)
    times = np.arange(len(open_), dtype=np.int64) * HOUR_MS
    volume = np.ones(len(open_)) if volumes is None else np.array([np.nan if v is None else v for v in volumes], float)
    sums = prefix_sums(to_ticks(close, scale))
    high, low = np.maximum(open_, close), np.minimum(open_, close)
    return Bars(times, times + HOUR_MS, open_, high, low, close, volume, scale, sums)


def with_gaps(bars: Bars, rng: np.random.Generator) -> Bars:
    """The same bars with candles absent between some of them."""
    steps = rng.choice([1, 1, 1, 1, 2, 30], len(bars))
    times = (np.cumsum(steps) * HOUR_MS).astype(np.int64)
    return replace(bars, open_time=times, close_time=times + HOUR_MS)
