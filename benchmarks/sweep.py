"""Dual SMA as candlecloud sweeps it, everything from arrays to the five numbers inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from candlecloud.backtest.costs import Costs
from candlecloud.backtest.engine import simulate
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.strategies.registry import find_strategy

CASH = 1e4
FIELDS = ("open_time", "close_time", "open", "high", "low", "close")


def bars_of(series: Mapping[str, Any], *, volume: bool = True) -> Bars:
    """Bars from arrays: the price scale is found, closes become whole ticks, their running sums are taken."""
    known = series["volume"] if volume else np.full(len(series["close"]), np.nan)
    table = pa.table({**{name: series[name] for name in FIELDS}, "volume_base": known})
    return bars_from_table(table)


def sweep(
    series: Mapping[str, Any],
    pairs: Sequence[Sequence[int]],
    *,
    fee: float,
    slippage: float,
    volume: bool = True,
) -> dict[str, Any]:
    """Five numbers per pair.

    Parameters
    ----------
    fee, slippage : float
        Fractions per side.
    volume : bool
        False withholds the volumes, so that every bar counts as trading, as it does for engines that don't look.
    """
    bars = bars_of(series, volume=volume)
    costs = Costs(fee * 1e4, slippage * 1e4)
    rows = []
    for fast, slow in pairs:
        target = find_strategy("dual_sma").target(bars, {"fast": fast, "slow": slow})
        s = simulate(bars, target, costs, initial_equity=CASH, direction="long").summary()
        rows.append((s.total_return, s.sharpe, s.max_drawdown, s.n_trades, s.win_rate))
    names = ("total_return", "sharpe", "max_drawdown", "n_trades", "win_rate")
    return {name: np.array(column, np.float64) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
