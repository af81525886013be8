"""What the look-ahead test costs: whole runs with and without it, on three years of real hours, by strategy."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.tables import figure, table
from benchmarks.timing import cpu_s
from candlecloud.contract.run import RunConfig
from candlecloud.experiments.run import EvaluatedRun, evaluate_run
from candlecloud.market.rows import times_ms
from candlecloud.runs.data_requirements import needed_range
from candlecloud.runs.identity import Identity
from candlecloud.runs.inputs import RUN_COLUMNS, RunInputs
from candlecloud.strategies.builtin import STRATEGIES
from tests.support.recorded import btc_hours

BASE: dict[str, Any] = {
    "exchange": "binance",
    "symbol": "BTC-USDT",
    "timeframe": "1h",
    "start": "2022-10-01",
    "end": "2025-08-19",
    "as_of": "2026-01-01",
}


def tables() -> str:
    """CPU time of a run, default parameters."""
    rows = [_row(strategy) for strategy in STRATEGIES]
    hours = len(_candles(RunConfig.from_dict({**BASE, "strategy": "dual_sma"})))
    return (
        f"{hours:,} hourly bars, from candles to the finished result (metrics, regimes, benchmark, trades, curves), "
        f"default parameters; CPU time, one thread.\n\n"
        + table(("strategy", "cuts", "run without it, ms", "with it, ms", "it adds"), rows)
    )


def _row(strategy: str) -> tuple[str, ...]:
    off, on = (_run(strategy, look_ahead_test=look_ahead_test) for look_ahead_test in (False, True))
    cuts = len(on().result.look_ahead_test.cuts)
    without, with_it = (cpu_s(run, rounds=3) for run in (off, on))
    added = f"{(with_it / without - 1) * 100:,.0f} %"
    return strategy, str(cuts), figure(without * 1000), figure(with_it * 1000), added


def _run(strategy: str, *, look_ahead_test: bool) -> partial[EvaluatedRun]:
    config = RunConfig.from_dict({**BASE, "strategy": strategy, "look_ahead_test": look_ahead_test})
    inputs = RunInputs(_candles(config))
    return partial(evaluate_run, Identity(config, inputs.revision(), "benchmark"), inputs)


def _candles(config: RunConfig) -> pa.Table:
    needed = needed_range(config.range, config.warmup_bars, config.series)
    candles = btc_hours()
    times = np.array(times_ms(candles))
    return candles.filter(pa.array((times >= needed.start) & (times < needed.end))).select(RUN_COLUMNS)
