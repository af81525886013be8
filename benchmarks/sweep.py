"""Dual SMA as candlecloud sweeps it, everything from arrays to the five numbers inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from candlecloud.backtest.sweep_form import PlainCosts, statistics_of_pairs
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.metrics.sweep_columns import core_columns

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
    fast, slow = (np.ascontiguousarray(side, np.int64) for side in np.array(pairs).T)
    rows = statistics_of_pairs(bars, fast, slow, PlainCosts(fee, slippage), initial_equity=CASH)
    return core_columns(rows, initial_equity=CASH, n_bars=len(bars), timeframe_ms=int(series["step_ms"]))
