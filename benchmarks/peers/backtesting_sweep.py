"""Dual SMA in backtesting.py, the way its quick start shows it, and with the settings at which it meets ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import FractionalBacktest

from benchmarks.peers.exact import exact_averages, windows_of

ENOUGH_CASH = 1e15
"""Quote currency at which whole units are as fine as fractions."""


class DualSma(Strategy):  # type: ignore[misc]
    """Long while SMA(fast) > SMA(slow) of closes; averages by pandas, NaN until their windows are full."""

    fast = 20
    slow = 50

    def init(self) -> None:
        self.fast_average = self.I(_rolling_mean, self.data.Close, self.fast)
        self.slow_average = self.I(_rolling_mean, self.data.Close, self.slow)

    def next(self) -> None:
        if self.fast_average[-1] > self.slow_average[-1]:
            if not self.position:
                self.buy()
        elif self.position:
            self.position.close()


class Aligned(Strategy):  # type: ignore[misc]
    """The same with exact averages and a signal that is never NaN, so that no bar after the warm-up is skipped."""

    signals: ClassVar[Any] = None

    def init(self) -> None:
        self.long = self.I(lambda: self.signals)

    def next(self) -> None:
        if self.long[-1]:
            if not self.position:
                self.buy()
        elif self.position:
            self.position.close()


def sweep(
    series: Mapping[str, Any],
    pairs: Sequence[Sequence[int]],
    *,
    fee: float,
    slippage: float,
    aligned: bool = False,
    fractional: bool = False,
) -> dict[str, Any]:
    """Five numbers per pair, one backtest after another in this process.

    Parameters
    ----------
    aligned : bool
        The settings at which its trades and returns are ours: every bar seen, exact averages. Slippage should be 0,
        because its `spread` is charged on entries only.
    fractional : bool
        Its `FractionalBacktest` with 10,000 of cash in place of plain units with plenty.
    """
    frame = frame_of(series)
    settings = {"commission": fee, "spread": slippage, "trade_on_close": False, "exclusive_orders": False}
    if fractional:
        test = FractionalBacktest(frame, DualSma, cash=1e4, fractional_unit=1e-12, **settings)
    else:
        test = Backtest(frame, Aligned if aligned else DualSma, cash=ENOUGH_CASH, **settings)
    states = _states(series, pairs) if aligned else None
    runs = []
    for k, (fast, slow) in enumerate(pairs):
        runs.append(test.run(signals=states[:, k]) if states is not None else test.run(fast=fast, slow=slow))
    return {
        "total_return": np.array([run["Return [%]"] / 100 for run in runs]),
        "sharpe": np.array([run["Sharpe Ratio"] for run in runs]),
        "max_drawdown": np.array([-run["Max. Drawdown [%]"] / 100 for run in runs]),
        "n_trades": np.array([run["# Trades"] for run in runs], np.float64),
        "win_rate": np.array([run["Win Rate [%]"] / 100 for run in runs]),
        "first_entry": np.array([_first_entry(run) for run in runs], np.float64),
    }


def _first_entry(run: Any) -> float:
    bars = run["_trades"]["EntryBar"]
    return float(bars.iloc[0]) if len(bars) else np.nan


def _states(series: Mapping[str, Any], pairs: Sequence[Sequence[int]]) -> Any:
    windows = windows_of(pairs)
    rows = exact_averages(series, windows)
    column = {window: k for k, window in enumerate(windows)}
    fast, slow = (rows[:, [column[pair[side]] for pair in pairs]] for side in (0, 1))
    return (fast > slow).astype(np.float64)


def _rolling_mean(values: Any, window: int) -> Any:
    return pd.Series(values).rolling(window).mean()


def frame_of(series: Mapping[str, Any]) -> Any:
    """Candles as backtesting.py reads them."""
    names = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Volume": "volume"}
    index = pd.to_datetime(series["open_time"], unit="ms", utc=True)
    return pd.DataFrame({name: series[field] for name, field in names.items()}, index=index)
