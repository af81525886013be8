"""vectorbt's indicators and what each strategy reads from them: entries and exits of both sides at each close.

A function takes the parameters of all sets, computes each distinct row once, and returns what makes the four matrices
of some of the sets. Windows of Wilder's averages are given as spans (2 w - 1), which is the same weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt

Arrays = Mapping[str, Any]
Columns = Mapping[str, Any]
Matrix = Any
Sides = tuple[Matrix, Matrix, Matrix, Matrix]
Signals = Callable[[Any], Sides]


class Rows:
    """Rows of an indicator, bars x distinct values, and which of them each set reads."""

    def __init__(self, values: Any, make: Callable[[list[Any]], Matrix]) -> None:
        distinct, self._which = np.unique(values, return_inverse=True)
        self._rows = make(distinct.tolist())

    def of(self, sets: Any) -> Matrix:
        return self._rows[:, self._which[sets]]


def _averages(close: Any, *, ewm: bool) -> Callable[[list[Any]], Matrix]:
    return lambda windows: _matrix(vbt.MA.run(close, window=windows, ewm=ewm).ma, len(windows))


def _strengths(close: Any) -> Callable[[list[Any]], Matrix]:
    return lambda windows: _matrix(vbt.RSI.run(close, window=[2 * w - 1 for w in windows], ewm=True).rsi, len(windows))


def _matrix(found: Any, columns: int) -> Matrix:
    return found.to_numpy().reshape(-1, columns)


def _crossing(*, ewm: bool) -> Callable[[Arrays, Columns], Signals]:
    def cross(series: Arrays, columns: Columns) -> Signals:
        windows = np.concatenate([columns["fast"], columns["slow"]])
        rows, count = Rows(windows, _averages(series["close"], ewm=ewm)), len(columns["fast"])

        def signals(sets: Any) -> Sides:
            fast, slow = rows.of(sets), rows.of(sets + count)
            up, down = fast > slow, fast < slow
            return up, ~up, down, ~down

        return signals

    return cross


def _rsi_reversion(series: Arrays, columns: Columns) -> Signals:
    rows = Rows(columns["window"], _strengths(series["close"]))

    def signals(sets: Any) -> Sides:
        strength = rows.of(sets)
        low, high, middle = (columns[name][sets] for name in ("oversold", "overbought", "exit"))
        return strength < low, ~(strength < middle), strength > high, ~(strength > middle)

    return signals


def _donchian_breakout(series: Arrays, columns: Columns) -> Signals:
    windows, count = np.concatenate([columns["entry"], columns["exit"]]), len(columns["entry"])
    close = series["close"][:, None]
    highest = Rows(windows, lambda ws: _stack([_later(pd.Series(series["high"]).vbt.rolling_max(w)) for w in ws]))
    lowest = Rows(windows, lambda ws: _stack([_later(pd.Series(series["low"]).vbt.rolling_min(w)) for w in ws]))

    def signals(sets: Any) -> Sides:
        return (
            close > highest.of(sets),
            close < lowest.of(sets + count),
            close < lowest.of(sets),
            close > highest.of(sets + count),
        )

    return signals


def _bollinger_reversion(series: Arrays, columns: Columns) -> Signals:
    pairs, which = np.unique(np.stack([columns["window"], columns["width"]]), axis=1, return_inverse=True)
    close = series["close"][:, None]
    windows, widths = pairs[0].astype(int).tolist(), pairs[1].tolist()
    bands = vbt.BBANDS.run(series["close"], window=windows, alpha=widths)
    lower, middle, upper = (_matrix(band, len(windows)) for band in (bands.lower, bands.middle, bands.upper))
    which = which.ravel()

    def signals(sets: Any) -> Sides:
        low, mean, high = (rows[:, which[sets]] for rows in (lower, middle, upper))
        return close < low, ~(close < mean), close > high, ~(close > mean)

    return signals


def _macd(series: Arrays, columns: Columns) -> Signals:
    given = {f"{name}_window": columns[name].tolist() for name in ("fast", "slow", "signal")}
    found = vbt.MACD.run(series["close"], **given, macd_ewm=True, signal_ewm=True)
    lines, slower = (_matrix(rows, len(columns["fast"])) for rows in (found.macd, found.signal))

    def signals(sets: Any) -> Sides:
        up, down = lines[:, sets] > slower[:, sets], lines[:, sets] < slower[:, sets]
        return up, ~up, down, ~down

    return signals


def _zscore_reversion(series: Arrays, columns: Columns) -> Signals:
    close = series["close"]

    def make(windows: list[Any]) -> Matrix:
        mean = _averages(close, ewm=False)(windows)
        deviation = _matrix(vbt.MSTD.run(close, window=windows).mstd, len(windows))
        with np.errstate(invalid="ignore", divide="ignore"):
            return (close[:, None] - mean) / deviation

    rows = Rows(columns["window"], make)

    def signals(sets: Any) -> Sides:
        z, far, near = rows.of(sets), columns["entry"][sets], columns["exit"][sets]
        return z < -far, ~(z < -near), z > far, ~(z > near)

    return signals


def _time_series_momentum(series: Arrays, columns: Columns) -> Signals:
    close = pd.Series(series["close"])
    rows = Rows(columns["window"], lambda ws: _stack([close.pct_change(w).to_numpy() for w in ws]))

    def signals(sets: Any) -> Sides:
        change, least = rows.of(sets), columns["threshold"][sets]
        up, down = change > least, change < -least
        return up, ~up, down, ~down

    return signals


def _volatility_breakout(series: Arrays, columns: Columns) -> Signals:
    high, low, close = (series[name] for name in ("high", "low", "close"))
    move = np.concatenate([[np.nan], np.diff(close)])[:, None]
    mean = Rows(columns["window"], _averages(close, ewm=False))

    def make(windows: list[Any]) -> Matrix:
        spans = [2 * w - 1 for w in windows]
        return _later(_matrix(vbt.ATR.run(high, low, close, window=spans, ewm=True).atr, len(windows)))

    ranges = Rows(columns["window"], make)

    def signals(sets: Any) -> Sides:
        least, average = ranges.of(sets) * columns["multiplier"][sets], mean.of(sets)
        below, above = close[:, None] < average, close[:, None] > average
        return move > least, below, move < -least, above

    return signals


def _three_conditions(series: Arrays, columns: Columns) -> Signals:
    close = series["close"]
    rows = Rows(columns["window"], _strengths(close))
    trend, near = (_averages(close, ewm=ewm)([window]) for ewm, window in ((False, 100), (True, 50)))
    above = (close[:, None] > trend) & (close[:, None] > near)

    def signals(sets: Any) -> Sides:
        strength = rows.of(sets)
        up = (strength < columns["oversold"][sets]) & above
        never = np.zeros_like(up)
        return up, strength > 60, never, never

    return signals


def _later(rows: Any) -> Matrix:
    rows = np.asarray(rows)
    moved = np.full_like(rows, np.nan)
    moved[1:] = rows[:-1]
    return moved


def _stack(rows: list[Any]) -> Matrix:
    return np.stack(rows, axis=1)


SIGNALS: Mapping[str, Callable[[Arrays, Columns], Signals]] = {
    "dual_sma": _crossing(ewm=False),
    "ema_cross": _crossing(ewm=True),
    "rsi_reversion": _rsi_reversion,
    "donchian_breakout": _donchian_breakout,
    "bollinger_reversion": _bollinger_reversion,
    "macd": _macd,
    "zscore_reversion": _zscore_reversion,
    "time_series_momentum": _time_series_momentum,
    "volatility_breakout": _volatility_breakout,
    "rules": _three_conditions,
}
