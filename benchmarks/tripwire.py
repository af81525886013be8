"""What the tripwire costs: one run's decisions with and without it, on real hours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from benchmarks.series import read_series
from benchmarks.sweep import bars_of
from benchmarks.tables import figure, table
from benchmarks.timing import cpu_s
from candlecloud.features.bars import Bars
from candlecloud.features.registry import compute_use
from candlecloud.strategies.registry import STRATEGIES
from candlecloud.strategies.strategy import Strategy
from candlecloud.strategies.tripwire import Reading, check_causality


def tables() -> str:
    """CPU time per strategy with its default parameters."""
    bars = bars_of(read_series("1h"))
    rows = [_row(bars, strategy) for strategy in STRATEGIES.values()]
    return f"{len(bars):,} hourly bars, default parameters; CPU time, one thread.\n\n" + table(
        ("strategy", "features read", "targets alone, ms", "tripwire, ms", "cuts", "ms per cut"), rows
    )


def _row(bars: Bars, strategy: Strategy) -> tuple[str, ...]:
    parameters = strategy.check_parameters({})
    readings = readings_of(strategy, parameters)
    cuts = check_causality(bars, readings, rng=np.random.default_rng(1))
    alone = cpu_s(lambda: strategy.target(bars, parameters), rounds=3)
    wired = cpu_s(lambda: check_causality(bars, readings, rng=np.random.default_rng(1)), rounds=3)
    return (
        strategy.name,
        str(len(readings) - 1),
        figure(alone * 1000),
        figure(wired * 1000),
        str(len(cuts)),
        figure(wired * 1000 / len(cuts)) if cuts else "-",
    )


def readings_of(strategy: Strategy, parameters: dict[str, int | float]) -> Sequence[Reading]:
    """What the strategy reads, then what it decides."""
    uses = strategy.features(parameters)
    return [
        *(Reading(use.feature, partial(compute_use, use=use)) for use in uses),
        Reading(strategy.name, lambda bars: strategy.target(bars, parameters)),
    ]
