"""What the numbers cost: the summary of one run and of many at once, everything that needs the curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.series import read_series
from benchmarks.tables import figure, table
from benchmarks.timing import cpu_s
from candlecloud.metrics.compounding import growths_per_year
from candlecloud.metrics.curves import accumulate_curve, bar_returns, drawdowns
from candlecloud.metrics.distribution import describe_distribution
from candlecloud.metrics.episodes import worst_drawdowns
from candlecloud.metrics.periods import monthly_returns, rolling_sharpe
from candlecloud.metrics.regimes import describe_regimes
from candlecloud.metrics.relative import compare_with_benchmark
from candlecloud.metrics.rows import Extent
from candlecloud.metrics.summary import summary_columns, summary_dicts, summary_of

CASH = 1e4
HOUR_MS = 3_600_000
ROWS = 10_000


def tables() -> str:
    """CPU time of each, on the curve of holding real BTC hours."""
    series = read_series("1h")
    equity = series["close"] / series["close"][0] * CASH
    n = len(equity)
    span = int(series["close_time"][-1] - series["open_time"][0])
    accumulators = accumulate_curve(equity, CASH)
    rows = np.tile(np.array(accumulators, np.float64), (ROWS, 1))
    rows[:, 0] *= np.linspace(0.5, 2.0, ROWS)
    extent = Extent(initial_equity=CASH, n_bars=n, span_ms=span)
    works: dict[str, Callable[[], Any]] = {
        "headline metrics from one row of accumulators": lambda: summary_of(accumulators, **extent),
        f"the same as columns, from {ROWS:,} rows": lambda: summary_columns(rows, **extent),
        "of that the yearly rates": lambda: growths_per_year(rows[:, 0] / CASH, span),
        f"{ROWS:,} rows of columns as numbers by name": lambda: summary_dicts(summary_columns(rows, **extent)),
        **_of_curve(series["close_time"], equity),
    }
    timed = [(name, cpu_s(work)) for name, work in works.items()]
    return f"One curve of {n:,} hourly closes; CPU time, one thread.\n\n" + table(
        ("what", "microseconds"), [(name, figure(seconds * 1e6)) for name, seconds in timed]
    )


def _of_curve(close_time: Any, equity: Any) -> dict[str, Callable[[], Any]]:
    returns = bar_returns(equity, CASH)
    calm = (np.abs(returns) < np.median(np.abs(returns))).astype(np.float64)
    none = np.empty(0)
    return {
        "accumulators from a curve": lambda: accumulate_curve(equity, CASH),
        "drawdown curve": lambda: drawdowns(equity, CASH),
        "the five worst drawdowns": lambda: worst_drawdowns(equity, CASH),
        "value at risk, expected shortfall, omega, skew, kurtosis, tail ratio": lambda: describe_distribution(
            equity, CASH
        ),
        "figures per regime (2 labels)": lambda: describe_regimes(
            returns, calm, {0: "wild", 1: "calm"}, none.astype(np.int64), none, HOUR_MS
        ),
        "alpha, beta, capture against a benchmark": lambda: compare_with_benchmark(
            equity, equity[::-1].copy(), CASH, HOUR_MS
        ),
        "monthly returns": lambda: monthly_returns(close_time, equity, CASH),
        "rolling Sharpe ratio, 30 days": lambda: rolling_sharpe(returns, 720, 8_760.0),
    }
