"""Sizing models: what their sizes cost. Slippage models are switches of the loop, and stand in the path table."""

from __future__ import annotations

from functools import partial

from benchmarks.series import read_series
from benchmarks.sweep import bars_of
from benchmarks.tables import figure, table
from benchmarks.timing import cpu_s
from candlecloud.backtest.sizing import SIZING
from candlecloud.strategies.builtin import STRATEGIES


def tables() -> str:
    """CPU time of the sizes of one run, per model."""
    bars = bars_of(read_series("1h"))
    strategy = STRATEGIES.find("dual_sma")
    target = strategy.target(bars, strategy.check_parameters({})).clip(0.0, 1.0)
    rows = []
    for model in SIZING.values():
        seconds = cpu_s(partial(model.size, bars, target, model.check_parameters({})))
        rows.append((model.name, figure(seconds * 1e6), figure(seconds / len(bars) * 1e9)))
    head = ("sizing model", "microseconds per run", "ns per bar")
    return f"{len(bars):,} hourly bars, default parameters, dual_sma; CPU time, one thread.\n\n" + table(head, rows)
