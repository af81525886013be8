"""Dual SMA in vectorbt, the way its documentation shows it: indicator rows, signal matrix, `from_signals`, metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt

from benchmarks.peers.exact import exact_averages, windows_of

vbt.settings.returns["year_freq"] = "365 days"
Matrix = Any


def sweep(
    series: Mapping[str, Any],
    pairs: Sequence[Sequence[int]],
    *,
    engine: str,
    chunk: int,
    fee: float,
    slippage: float,
    exact: bool = False,
) -> dict[str, Any]:
    """Five numbers per pair.

    Parameters
    ----------
    series
        ``open, close`` and the timeframe in ms.
    engine : {'numba', 'rust'}
    chunk : int
        Pairs per matrix.
    exact : bool
        Averages of whole ticks instead of vectorbt's own, whose ties break.
    """
    vbt.settings["engine"] = engine
    windows = windows_of(pairs)
    rows = exact_averages(series, windows) if exact else own_averages(series["close"], windows)
    column = {window: k for k, window in enumerate(windows)}
    parts = []
    for start in range(0, len(pairs), chunk):
        block = pairs[start : start + chunk]
        fast, slow = (rows[:, [column[pair[side]] for pair in block]] for side in (0, 1))
        parts.append(_numbers(series, fast, slow, fee, slippage))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def own_averages(close: Any, windows: Sequence[int]) -> Matrix:
    """vectorbt's moving averages, bars x windows."""
    return vbt.MA.run(close, window=list(windows)).ma.to_numpy().reshape(len(close), len(windows))


def ties(series: Mapping[str, Any], pairs: Sequence[Sequence[int]], *, engine: str) -> list[list[int]]:
    """Bars on which two averages tie exactly, or on which vectorbt's own have another sign than the exact ones.

    Returns
    -------
    list of [fast, slow, bar, exact sign, own sign]
    """
    vbt.settings["engine"] = engine
    windows = windows_of(pairs)
    exact, own = exact_averages(series, windows), np.asfortranarray(own_averages(series["close"], windows))
    column = {window: k for k, window in enumerate(windows)}
    found: list[list[int]] = []
    for fast, slow in pairs:
        signs, own_signs = (np.sign(rows[:, column[fast]] - rows[:, column[slow]]) for rows in (exact, own))
        bars = np.flatnonzero((signs == 0) | ((signs != own_signs) & ~np.isnan(signs)))
        found += [[fast, slow, int(bar), int(signs[bar]), int(own_signs[bar])] for bar in bars]
    return found


def _numbers(series: Mapping[str, Any], fast: Matrix, slow: Matrix, fee: float, slippage: float) -> dict[str, Any]:
    long, known = np.zeros(fast.shape, bool), np.zeros(fast.shape, bool)
    long[1:] = (fast > slow)[:-1]  # decided at a close, filled at the next open
    known[1:] = ~np.isnan(slow[:-1])
    portfolio = vbt.Portfolio.from_signals(
        pd.Series(series["close"]),
        entries=long,
        exits=known & ~long,
        price=pd.Series(series["open"]),
        fees=fee,
        slippage=slippage,
        size=np.inf,
        accumulate=False,
        direction="longonly",
        init_cash=1e4,
        freq=f"{int(series['step_ms'])}ms",
    )
    closed = portfolio.trades.closed
    return {
        "total_return": _column(portfolio.total_return()),
        "sharpe": _column(portfolio.sharpe_ratio()),
        "max_drawdown": -_column(portfolio.max_drawdown()),
        "n_trades": _column(closed.count()),
        "win_rate": _column(closed.win_rate()),
    }


def _column(values: Any) -> Any:
    return np.atleast_1d(np.asarray(values, np.float64))
