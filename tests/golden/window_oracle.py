"""Features that TA-Lib does not have, written down window by window in NumPy, as their formulas say: slow and plain."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.parameters import Parameters
from tests.golden.talib_oracle import Oracle

YEAR_MS = 365 * 86_400_000


def windows(values: FloatArray, width: int) -> FloatArray:
    """One row per entry: the last `width` values, NaN for those before the first."""
    return sliding_window_view(np.concatenate([np.full(width - 1, np.nan), values]), width)


def _year(bars: Bars) -> float:
    return float(np.sqrt(YEAR_MS / (bars.close_time[0] - bars.open_time[0])))


def _zscore(bars: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    width = int(p["window"])
    rows = windows(bars.close_ticks.astype(np.float64), width)
    distance = (width * rows[:, -1] - rows.sum(axis=1)) / width  # of whole numbers: nothing is lost near 0
    return (distance / rows.std(axis=1),)


def _vwap(bars: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    typical, width = (bars.high + bars.low + bars.close) / 3, int(p["window"])
    return (windows(typical * bars.volume, width).sum(axis=1) / windows(bars.volume, width).sum(axis=1),)


def _session_vwap(bars: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    typical, days = (bars.high + bars.low + bars.close) / 3, bars.open_time // 86_400_000
    answer = np.full(len(bars), np.nan)
    for day in np.unique(days):
        of_day = days == day
        answer[of_day] = np.cumsum((typical * bars.volume)[of_day]) / np.cumsum(bars.volume[of_day])
    return (answer,)


def _realised(bars: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    returns = np.diff(np.log(bars.close), prepend=np.nan)
    return (windows(returns, int(p["window"])).std(axis=1, ddof=1) * _year(bars),)


def _parkinson(bars: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    squares = np.log(bars.high / bars.low) ** 2
    return (np.sqrt(windows(squares, int(p["window"])).mean(axis=1) / (4 * np.log(2))) * _year(bars),)


def _garman_klass(bars: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    ranges, moves = np.log(bars.high / bars.low) ** 2, np.log(bars.close / bars.open) ** 2
    daily = ranges / 2 - (2 * np.log(2) - 1) * moves
    return (np.sqrt(windows(daily, int(p["window"])).mean(axis=1)) * _year(bars),)


def _volatility_of_volatility(bars: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    return (windows(_realised(bars, p)[0], int(p["lookback"])).std(axis=1, ddof=1),)


def _trend(bars: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    mean = windows(bars.close, int(p["window"])).mean(axis=1)
    label = np.where(bars.close > mean * (1 + p["band"]), 1.0, np.where(bars.close < mean * (1 - p["band"]), -1.0, 0.0))
    return (np.where(np.isnan(mean), np.nan, label),)


def _volatility_regime(bars: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    rows = windows(_realised(bars, p)[0], int(p["lookback"]))
    newest = rows[:, -1:]
    rank = ((rows < newest).sum(axis=1) + (rows == newest).sum(axis=1) / 2) / p["lookback"]
    label = np.where(rank < p["low"], 0.0, np.where(rank > p["high"], 2.0, 1.0))
    return (np.where(np.isnan(rows).any(axis=1), np.nan, label),)


WINDOW_ORACLES: Mapping[str, Oracle] = {
    "zscore": _zscore,
    "vwap": _vwap,
    "session_vwap": _session_vwap,
    "realised_volatility": _realised,
    "parkinson_volatility": _parkinson,
    "garman_klass_volatility": _garman_klass,
    "volatility_of_volatility": _volatility_of_volatility,
    "trend_regime": _trend,
    "volatility_regime": _volatility_regime,
}
"""Feature to its outputs, in their order."""

WINDOW_CASES: tuple[tuple[str, Parameters], ...] = (
    *((name, {}) for name in WINDOW_ORACLES),
    *((name, {"window": 168}) for name in WINDOW_ORACLES if name != "session_vwap"),
)
