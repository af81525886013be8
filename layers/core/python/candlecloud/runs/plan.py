"""A sweep cut into batches."""

from __future__ import annotations

import math

from candlecloud.contract.sweep import SweepConfig

MAX_BATCHES = 500
# Bars times sets of one batch: a second or more, so that starting it costs less than its work, and within its limit.
_FAST_WORK = 1_000_000_000  # half a nanosecond each where the engine makes the signals itself
_WORK = 100_000_000  # up to a hundred where features are computed per set
_MOST_SETS = 10_000


def cut_into_batches(config: SweepConfig) -> list[tuple[int, int]]:
    """Batches as half-open ranges of set numbers; at most 500, so a small batch size grows where it must."""
    total = config.size.valid
    bars = config.range.duration // config.series.timeframe.ms + config.warmup_bars
    work = _WORK if config.strategy_rule.crossing is None else _FAST_WORK
    size = config.batch_size or min(max(1, work // bars), _MOST_SETS)
    size = max(size, math.ceil(total / MAX_BATCHES))
    return [(start, min(start + size, total)) for start in range(0, total, size)]
