"""Sizing models and what their sizes cost, from targets to a row of statistics; slippage models are switches there."""

from __future__ import annotations

from benchmarks.series import read_series
from benchmarks.sweep import bars_of
from benchmarks.tables import figure, table
from benchmarks.timing import cpu_s
from candlecloud.backtest.slippage import SLIPPAGE
from candlecloud.strategies.registry import find_strategy
from candlecloud.strategies.sizing import SIZING


def tables() -> str:
    """Per sizing model the CPU time of its sizes, and per slippage model that of its switches."""
    bars = bars_of(read_series("1h"))
    strategy = find_strategy("dual_sma")
    target = strategy.target(bars, strategy.check_parameters({})).clip(0.0, 1.0)
    rows = []
    for sizing in SIZING.values():
        parameters = sizing.check_parameters({})
        seconds = cpu_s(lambda sizing=sizing, parameters=parameters: sizing.size(bars, target, parameters))
        rows.append((f"sizing {sizing.name}", figure(seconds * 1e6), figure(seconds / len(bars) * 1e9)))
    for slippage in SLIPPAGE.values():
        parameters = slippage.check_parameters({})
        seconds = cpu_s(lambda slippage=slippage, parameters=parameters: slippage.execution(parameters))
        rows.append((f"slippage {slippage.name}", figure(seconds * 1e6), "-"))
    head = ("model", "microseconds per run", "ns per bar")
    return f"{len(bars):,} hourly bars, default parameters, dual_sma; CPU time, one thread.\n\n" + table(head, rows)
