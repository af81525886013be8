"""Sizing models: what their sizes cost. Slippage models are switches of the loop, and stand in the path table.

``python -m benchmarks.models`` prints both as JSON, in seconds of CPU per run: ``risk:<model>``, ``slippage:<model>``.
"""

from __future__ import annotations

import json
from functools import partial

from benchmarks.path import slippage_seconds
from benchmarks.series import read_series
from benchmarks.sweep import bars_of
from benchmarks.tables import figure, table
from benchmarks.timing import cpu_s
from candlecloud.backtest.sizing import SIZING
from candlecloud.features.bars import Bars
from candlecloud.strategies.builtin import STRATEGIES


def tables() -> str:
    """CPU time of the sizes of one run, per model."""
    bars = bars_of(read_series("1h"))
    rows = [
        (name, figure(seconds * 1e6), figure(seconds / len(bars) * 1e9))
        for name, seconds in sizing_seconds(bars).items()
    ]
    head = ("sizing model", "microseconds per run", "ns per bar")
    return f"{len(bars):,} hourly bars, default parameters, dual_sma; CPU time, one thread.\n\n" + table(head, rows)


def sizing_seconds(bars: Bars) -> dict[str, float]:
    """CPU seconds of the sizes of one run, by name of the sizing model."""
    strategy = STRATEGIES.find("dual_sma")
    target = strategy.target(bars, strategy.check_parameters({})).clip(0.0, 1.0)
    return {
        model.name: cpu_s(partial(model.size, bars, target, model.check_parameters({}))) for model in SIZING.values()
    }


def timings() -> dict[str, float]:
    """CPU seconds per run of every sizing model, as ``risk:<model>``, and slippage model, as ``slippage:<model>``."""
    sizing = sizing_seconds(bars_of(read_series("1h")))
    return {f"risk:{name}": seconds for name, seconds in sizing.items()} | {
        f"slippage:{name}": seconds for name, seconds in slippage_seconds().items()
    }


if __name__ == "__main__":
    print(json.dumps(timings(), indent=2))
