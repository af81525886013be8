"""The numbers of backtests from their rows of tallies, for all rows at once; a run alone is a batch of one.

What each number means stands in `conventions`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypedDict, Unpack, cast

import numpy as np

from candlecloud.arrays import BoolArray, FloatArray
from candlecloud.metrics.annual import YEAR_MS, bars_per_year
from candlecloud.metrics.compounding import growths_per_year
from candlecloud.metrics.figures import FIGURES, WHOLE, Metrics
from candlecloud.metrics.moments import smallest_spread, squares_from_mean
from candlecloud.metrics.tallies import COLUMNS

Columns: TypeAlias = Mapping[str, FloatArray]

_NO_PROFIT = 1e-9  # of the initial equity: a gross profit below it is rounding, and no share of it is a number
_BLOCK = 1_000  # rows at a time: what is in between stays in the processor's cache


class Extent(TypedDict):
    """What all rows of a run or sweep share.

    Attributes
    ----------
    initial_equity : float
        Quote currency, above zero.
    n_bars : int
        Bars of the run, at least 1.
    timeframe_ms : int
        Length of a bar; absent candles make no bar and so no return.
    span_ms : int
        From the first bar's open to the last bar's close; no number per year exists without a time above zero.
    """

    initial_equity: float
    n_bars: int
    timeframe_ms: int
    span_ms: int


def summary_of(tallies: Iterable[float], **extent: Unpack[Extent]) -> Metrics:
    """Work out the numbers of one backtest.

    Parameters
    ----------
    tallies : Tallies, or a row of them
        Of a run, or of one set of a sweep: the same row gives the same bits.
    extent
        As in `Extent`.
    """
    (numbers,) = summary_dicts(summary_columns(np.array([[*tallies]], np.float64), **extent))
    return Metrics(**cast("dict[str, Any]", numbers))


def summary_columns(
    rows: FloatArray, *, initial_equity: float, n_bars: int, timeframe_ms: int, span_ms: int
) -> dict[str, FloatArray]:
    """Work out the numbers of many backtests over the same bars.

    Every number is worked out element by element, so it has the same bits in whatever company a row comes.

    Parameters
    ----------
    rows : FloatArray, shape (P, len(COLUMNS))
        One row of tallies per backtest.
    initial_equity, n_bars, timeframe_ms, span_ms
        As in `Extent`.

    Returns
    -------
    dict of FloatArray, length P
        By the names of `Metrics` and in its order; NaN where that has None. Counts are whole.
    """
    table = np.empty((len(FIGURES), len(rows)))
    extent = Extent(initial_equity=initial_equity, n_bars=n_bars, timeframe_ms=timeframe_ms, span_ms=span_ms)
    with np.errstate(all="ignore"):  # a quotient that does not exist is replaced
        for start in range(0, len(rows), _BLOCK):
            block = np.array([*_numbers(rows[start : start + _BLOCK], extent).values()])
            block[~np.isfinite(block)] = np.nan
            table[:, start : start + _BLOCK] = block
    return dict(zip(FIGURES, table, strict=True))


def summary_dicts(columns: Columns) -> list[dict[str, float | int | None]]:
    """Columns of summaries as one `Metrics.to_dict` per row: plain numbers, None for NaN, whole counts."""
    plain = [_whole(values) if name in WHOLE else _plain(values) for name, values in columns.items()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*plain, strict=True)]


def _plain(values: FloatArray) -> list[float | int | None]:
    return [value if value == value else None for value in values.tolist()]


def _whole(values: FloatArray) -> list[float | int | None]:
    return [int(value) if value == value else None for value in values.tolist()]


def _numbers(rows: FloatArray, extent: Extent) -> dict[str, FloatArray]:
    """The numbers of one block of rows, in the order of `Metrics`; not all of them finite yet."""
    t = dict(zip(COLUMNS, np.ascontiguousarray(rows.T), strict=True))
    initial_equity, n_bars, span_ms = extent["initial_equity"], extent["n_bars"], extent["span_ms"]
    growth = t["final_equity"] / initial_equity
    cagr = growths_per_year(growth, span_ms)
    under_water, trades = np.trunc(t["max_under_water_bars"]), np.trunc(t["n_trades"])
    return {
        "final_equity": t["final_equity"],
        "total_return": growth - 1.0,
        "cagr": cagr,
        **_ratios(t, n_bars, span_ms),
        "calmar": _where(t["max_drawdown"] > 0.0, cagr / t["max_drawdown"]),
        "max_drawdown": t["max_drawdown"],
        "max_drawdown_bars": under_water,
        "max_drawdown_seconds": under_water * extent["timeframe_ms"] // 1000,
        "n_trades": trades,
        "win_rate": _where(trades != 0.0, t["n_wins"] / t["n_trades"]),
        "profit_factor": _where(t["sum_loss"] > 0.0, t["sum_profit"] / t["sum_loss"]),
        "expectancy": _where(trades != 0.0, (t["sum_profit"] - t["sum_loss"]) / t["n_trades"]),
        "exposure": t["bars_in_position"] / n_bars,
        "turnover": _turnover(t, n_bars, span_ms),
        "fees": t["fees"],
        "slippage": t["slippage"],
        "funding": t["funding"],
        "cost_share": _cost_share(t, initial_equity),
    }


def _ratios(t: Columns, n: int, span_ms: int) -> dict[str, FloatArray]:
    """Volatility, Sharpe and Sortino ratio, annualised."""
    if n < 2 or span_ms <= 0:
        return dict.fromkeys(("volatility", "sharpe", "sortino"), np.full(len(t["sum_returns"]), np.nan))
    mean = t["sum_returns"] / n
    spread = squares_from_mean(n, t["sum_returns"], t["sum_squares"])
    varies = spread > smallest_spread(n, t["sum_squares"])
    deviation = np.where(varies, np.sqrt(spread / (n - 1)), 0.0)
    downside = np.sqrt(t["sum_negative_squares"] / n)
    root = math.sqrt(bars_per_year(span_ms / n))
    return {
        "volatility": deviation * root,
        "sharpe": _where(deviation > 0.0, mean / deviation * root),
        "sortino": _where(downside > 0.0, mean / downside * root),
    }


def _turnover(t: Columns, n: int, span_ms: int) -> FloatArray:
    """Traded notional over mean equity, per year."""
    mean_equity = t["sum_equity"] / n
    per_year = YEAR_MS / span_ms if span_ms > 0 else math.nan
    return _where(mean_equity > 0.0, t["notional"] / mean_equity * per_year)


def _cost_share(t: Columns, initial_equity: float) -> FloatArray:
    """Costs over the profit that the same fills would have made without them."""
    costs = t["fees"] + t["slippage"] + t["funding"]
    before_costs = t["final_equity"] - initial_equity + costs
    return _where(before_costs > _NO_PROFIT * initial_equity, costs / before_costs)


def _where(exists: BoolArray, values: FloatArray) -> FloatArray:
    return np.where(exists, values, np.nan)
