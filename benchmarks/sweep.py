"""Dual SMA as candlecloud sweeps it, everything from arrays to the five numbers inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.vectorised_engine import PlainCosts, statistics_of_pairs
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.metrics.summary import summary_columns

CASH = 1e4
NUMBERS = ("total_return", "sharpe", "max_drawdown", "n_trades", "win_rate")
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
    """Five numbers per pair, of the twenty that candlecloud works out for each.

    The run's time is its bars times their length: engines that know no absent candles make a ratio per year of that.

    Parameters
    ----------
    fee, slippage : float
        Fractions per side.
    volume : bool
        False withholds the volumes, so that every bar counts as trading, as it does for engines that don't look.
    """
    bars = bars_of(series, volume=volume)
    fast, slow = (np.ascontiguousarray(side, np.int64) for side in np.array(pairs).T)
    rows = statistics_of_pairs(Backtest(bars, CASH), fast, slow, PlainCosts(fee, slippage))
    n, step = len(bars), int(series["step_ms"])
    columns = summary_columns(rows, initial_equity=CASH, n_bars=n, span_ms=n * step)
    return {name: columns[name] for name in NUMBERS}
