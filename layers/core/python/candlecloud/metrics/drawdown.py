"""How deep the curve fell, and for how long."""

from __future__ import annotations

from candlecloud.metrics.rows import RowMetric

MAX_DRAWDOWN = RowMetric(
    name="max_drawdown",
    unit="fraction",
    label="Maximum drawdown",
    group="Loss",
    convention="Largest loss from the highest equity so far, at closes, as a positive fraction of it; above 1 where a "
    "short was gapped below zero.",
    formula="max(1 - E[t] / max(E[0], ..., E[t]))",
    function=lambda rows: rows["max_drawdown"],
    nullable=False,
)

MAX_DRAWDOWN_BARS = RowMetric(
    name="max_drawdown_bars",
    unit="bars",
    label="Longest drawdown, bars",
    group="Loss",
    convention="Most consecutive bars that closed below the highest equity so far; absent candles make no bar.",
    formula="longest run of t with E[t] < max(E[0], ..., E[t])",
    function=lambda rows: rows.bars_under_water,
    nullable=False,
)

MAX_DRAWDOWN_SECONDS = RowMetric(
    name="max_drawdown_seconds",
    unit="seconds",
    label="Longest drawdown",
    group="Loss",
    convention="Longest time below the highest equity so far, by the clock: from the close that set it to the open of "
    "the bar that closed there again, or to the last close. Absent candles count; without any it is max_drawdown_bars "
    "times the timeframe.",
    formula="longest time from the close of a t with E[t] = max(E[0], ..., E[t]) to the open of the next such t",
    function=lambda rows: rows.time_under_water_ms // 1000,
    nullable=False,
)

DRAWDOWN = (MAX_DRAWDOWN, MAX_DRAWDOWN_BARS, MAX_DRAWDOWN_SECONDS)
