"""Every strategy in vectorbt, as its documentation shows it: indicators, signal matrices, `from_signals`, metrics."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt
from vectorbt.portfolio.enums import OppositeEntryMode, StopEntryPrice, StopExitPrice

from benchmarks.peers.vectorbt_indicators import SIGNALS

CASH = 1e4
MUCH = 1e18
Arrays = Mapping[str, Any]
Matrix = Any
vbt.settings.returns["year_freq"] = "365 days"


def sweep(
    series: Arrays,
    strategy: str,
    parameters: Mapping[str, Sequence[float]],
    *,
    chosen: Sequence[int],
    engine: str,
    chunk: int,
    first: int,
    direction: str,
    stop_loss: float | None,
    fee: float,
    slippage: float,
) -> dict[str, Any]:
    """Five numbers of some sets of a grid, by vectorbt's own indicators; this is what is timed.

    Parameters
    ----------
    parameters
        Parameter to one value per set of the whole grid: indicators are computed for all of it.
    chosen
        Numbers of the sets that are traded.
    chunk : int
        Sets per matrix.
    first : int
        Bar that the run begins with; indicators begin before it.

    Returns
    -------
    dict
        The numbers, and ``indicators_s``: CPU seconds of the indicators.
    """
    vbt.settings["engine"] = engine
    started = time.process_time()
    signals = SIGNALS[strategy](series, {name: np.asarray(values) for name, values in parameters.items()})
    indicators_s = time.process_time() - started
    prices = {name: series[name][first:] for name in ("open", "high", "low", "close")}
    costs = {"fees": fee, "slippage": slippage, "init_cash": CASH}
    parts = []
    for start in range(0, len(chosen), chunk):
        sets = np.array(chosen[start : start + chunk])
        # Decided at a close, filled at the next open.
        up, leave_up, down, leave_down = (matrix[first - 1 : -1] for matrix in signals(sets))
        given = {"entries": up & ~leave_up, "exits": leave_up}
        if direction == "both":
            given |= {"short_entries": down & ~leave_down, "short_exits": leave_down}
        parts.append(_numbers(_portfolio(prices, series, given, prices["open"], stop_loss, costs)))
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return joined | {"indicators_s": indicators_s}


def given_positions(
    series: Arrays,
    file: str,
    *,
    engine: str,
    first: int,
    stop_loss: float | None,
    fee: float,
    slippage: float,
) -> dict[str, Any]:
    """Five numbers per set, from positions that are wanted at each open, so that nothing but accounts can differ.

    vectorbt fills one order per row; we fill up to three per bar: what leaves at the open, what enters there, a stop
    inside the bar. So each bar is three rows. The first two have the close before as their
    prices, which hits no stop that the bar before has not hit; equity counts after the third. Cash is 1e14 times
    ours: with less, a set that loses nearly all comes to quantities that vectorbt takes for none.
    """
    vbt.settings["engine"] = engine
    wanted = np.load(file)
    before = np.concatenate([np.zeros((1, wanted.shape[1]), wanted.dtype), wanted[:-1]])
    shape = 3 * len(wanted), wanted.shape[1]
    signals = {name: np.zeros(shape, bool) for name in ("entries", "exits", "short_entries", "short_exits")}
    signals["exits"][0::3] = (before > 0) & (wanted <= 0)
    signals["short_exits"][0::3] = (before < 0) & (wanted >= 0)
    signals["entries"][1::3] = (wanted > 0) & (before <= 0)
    signals["short_entries"][1::3] = (wanted < 0) & (before >= 0)
    prices = {name: np.repeat(series[name][first:], 3) for name in ("open", "high", "low", "close")}
    fills = prices["open"].copy()
    closes = series["close"][first - 1 : -1]
    for values in prices.values():
        values[0::3] = values[1::3] = closes
    costs = {"fees": fee, "slippage": slippage, "init_cash": MUCH}
    portfolio = _portfolio(prices, series, signals, fills, stop_loss, costs)
    equity = np.asarray(portfolio.value()).reshape(len(wanted), 3, -1)[:, 2]
    years = int(series["close_time"][-1] - series["open_time"][first]) / (365 * 86_400_000)  # by the clock, as ours
    return _trades(portfolio) | _of_equity(equity, len(wanted) / years)


def _portfolio(
    prices: Arrays,
    series: Arrays,
    signals: Mapping[str, Matrix],
    fills: Matrix,
    stop_loss: float | None,
    costs: Mapping[str, float],
) -> Any:
    stops: dict[str, Any] = {}
    if stop_loss is not None:
        stops = {
            "sl_stop": stop_loss,
            "stop_entry_price": StopEntryPrice.FillPrice,
            "stop_exit_price": StopExitPrice.StopMarket,
            **{name: pd.Series(prices[name]) for name in ("open", "high", "low")},
        }
    sided = {} if "short_entries" in signals else {"direction": "longonly"}
    return vbt.Portfolio.from_signals(
        pd.Series(prices["close"]),
        **signals,
        **stops,
        **sided,
        **costs,
        price=pd.Series(fills),
        size=np.inf,
        accumulate=False,
        upon_opposite_entry=OppositeEntryMode.Reverse,
        freq=f"{int(series['step_ms'])}ms",
    )


def _numbers(portfolio: Any) -> dict[str, Any]:
    return _trades(portfolio) | {
        "sharpe": _column(portfolio.sharpe_ratio()),
        "max_drawdown": -_column(portfolio.max_drawdown()),
    }


def _trades(portfolio: Any) -> dict[str, Any]:
    closed = portfolio.trades.closed
    return {
        "total_return": _column(portfolio.total_return()),
        "n_trades": _column(closed.count()),
        "win_rate": _column(closed.win_rate()),
    }


def _of_equity(equity: Matrix, bars_per_year: float) -> dict[str, Any]:
    """Sharpe ratio and drawdown of curves that begin with the cash."""
    curve = np.concatenate([np.full((1, equity.shape[1]), MUCH), equity])
    returns = curve[1:] / curve[:-1] - 1.0
    deviation = returns.std(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        sharpe = np.where(deviation > 0.0, returns.mean(axis=0) / deviation * np.sqrt(bars_per_year), np.nan)
    return {"sharpe": sharpe, "max_drawdown": (1.0 - curve / np.maximum.accumulate(curve)).max(axis=0)}


def _column(values: Any) -> Any:
    return np.atleast_1d(np.asarray(values, np.float64))
