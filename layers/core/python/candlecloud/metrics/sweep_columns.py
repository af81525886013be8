"""The five numbers that a sweep is sorted by, for all its sets at once."""

from __future__ import annotations

import math

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.metrics.annual import bars_per_year
from candlecloud.metrics.moments import smallest_spread, squares_from_mean
from candlecloud.metrics.tallies import COLUMNS

CORE = ("total_return", "sharpe", "max_drawdown", "n_trades", "win_rate")


def core_columns(rows: FloatArray, *, initial_equity: float, n_bars: int, timeframe_ms: int) -> dict[str, FloatArray]:
    """Return, Sharpe ratio, maximum drawdown, trades and win rate of many sets.

    Parameters
    ----------
    rows : FloatArray, shape (P, len(COLUMNS))
        One row of tallies per set.
    initial_equity : float
        Quote currency, above zero.
    n_bars, timeframe_ms : int
        Bars of the run and their length.

    Returns
    -------
    dict of FloatArray, length P
        By the names of `CORE`; NaN where `summary_of` says None, and otherwise its bits.
    """
    column = {name: rows[:, k] for k, name in enumerate(COLUMNS)}
    trades = column["n_trades"]
    return {
        "total_return": column["final_equity"] / initial_equity - 1.0,
        "sharpe": _sharpe(column["sum_returns"], column["sum_squares"], n_bars, bars_per_year(timeframe_ms)),
        "max_drawdown": column["max_drawdown"].copy(),
        "n_trades": trades.copy(),
        "win_rate": np.divide(column["n_wins"], trades, out=np.full(len(rows), np.nan), where=trades > 0.0),
    }


def _sharpe(total: FloatArray, squares: FloatArray, n: int, per_year: float) -> FloatArray:
    """Sample Sharpe ratio, annualised; the formula of `moments.sample_deviation`, element by element."""
    ratio = np.full(len(total), np.nan)
    if n >= 2:
        spread = squares_from_mean(n, total, squares)
        varies = spread > smallest_spread(n, squares)
        deviation = np.sqrt(spread[varies] / (n - 1))
        ratio[varies] = total[varies] / n / deviation * math.sqrt(per_year)
    return ratio
