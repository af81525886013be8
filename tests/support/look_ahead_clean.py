"""Signals that are causal, though some look as if they were not: the look-ahead test must be silent on them."""

from __future__ import annotations

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.features.families import FEATURES
from candlecloud.spec import FeatureUse
from candlecloud.strategies.builtin import STRATEGIES
from tests.support.look_ahead_leaks import Signal, ewm, forward_filled, group_last, mean_cross, rolling, shift, sparse

_DAY_MS = 86_400_000
_NEW_YORK = ZoneInfo("America/New_York")


def _dates(bars: Bars, unit: str) -> FloatArray:
    return bars.open_time.astype("datetime64[ms]").astype(f"datetime64[{unit}]").astype(np.int64).astype(np.float64)


@cache
def _new_york_hour(time_ms: int) -> int:
    return dt.datetime.fromtimestamp(time_ms / 1000, _NEW_YORK).hour


def _days_since_2020(bars: Bars) -> FloatArray:
    return bars.open_time / _DAY_MS - 18_262.0


def _moon(bars: Bars) -> FloatArray:
    return np.sin(2.0 * np.pi * bars.open_time / (29.530588 * _DAY_MS))


def _use(name: str, timeframe: str | None = None, **parameters: float) -> Signal:
    use = FeatureUse(FEATURES[name], parameters, timeframe)
    return lambda bars: compute_use(bars, use)


def _strategy(name: str) -> Signal:
    strategy = STRATEGIES[name]
    return lambda bars: strategy.target(bars, strategy.check_parameters({}))


CLEAN: dict[str, Signal] = {
    "close": lambda b: b.close,
    "constant": lambda b: np.ones(len(b)),
    "bar number": lambda b: np.arange(len(b), dtype=float),
    "open of this bar": lambda b: b.close - b.open,
    "return": lambda b: b.close / shift(b.close, -1) - 1,
    "log return": lambda b: np.log(b.close / shift(b.close, -1)),
    "lag of 500 bars": lambda b: shift(b.close, -500),
    "trailing mean": lambda b: rolling(b.close, 20, np.mean),
    "trailing deviation": lambda b: rolling(b.close, 20, np.std),
    "trailing maximum": lambda b: rolling(b.high, 55, np.max),
    "trailing median": lambda b: rolling(b.close, 9, np.median),
    "minimum so far": lambda b: np.minimum.accumulate(b.low),
    "maximum so far": lambda b: np.maximum.accumulate(b.high),
    "expanding mean": lambda b: b.close.cumsum() / np.arange(1, len(b) + 1),
    "exponential smoothing": lambda b: ewm(b.close, 0.1),
    "smoothing of smoothing": lambda b: ewm(ewm(b.close, 0.2), 0.2),
    "forward fill": lambda b: forward_filled(sparse(b)),
    "yesterday's close, known at its end": lambda b: group_last(b, at_close=True),
    "hour of the day": lambda b: (b.open_time // 3_600_000 % 24).astype(float),
    "weekday": lambda b: (b.close_time // 86_400_000 % 7).astype(float),
    "volume": lambda b: b.volume,
    "cumulative volume": lambda b: b.volume.cumsum(),
    "range position": lambda b: (b.close - b.low) / np.maximum(b.high - b.low, 1e-12),
    "breakout of the bars before": lambda b: (b.close > shift(rolling(b.high, 20, np.max), -1)).astype(float),
    "swing high, known five bars later": lambda b: shift(rolling(b.high, 11, np.max), 0) - shift(b.high, -5),
    "NaN before, number after": lambda b: np.where(np.arange(len(b)) < 300, np.nan, b.close),
    "negative zero": lambda b: -0.0 * b.close,
    "rounded": lambda b: np.round(b.close, -2),
    "month of the year": lambda b: _dates(b, "M") % 12,
    "day of the month": lambda b: (
        _dates(b, "D")
        - b.open_time.astype("datetime64[ms]").astype("datetime64[M]").astype("datetime64[D]").astype(float)
    ),
    "year": lambda b: _dates(b, "Y"),
    "days since 2020": _days_since_2020,
    "logarithm of the days since 2010": lambda b: np.log(_days_since_2020(b).clip(-3_652.0) + 3_653.0),
    "days until 2030, not below 0": lambda b: (3_653.0 - _days_since_2020(b)).clip(0.0),
    "halvings so far": lambda b: np.floor((_days_since_2020(b) + 2_591.0) / 1_399.0),
    "since the fourth halving": lambda b: (b.open_time >= 1_713_571_767_000).astype(float),
    "moon": _moon,
    "moon and mean": lambda b: mean_cross(b) * (_moon(b) > 0.0),
    "hour in New York": lambda b: np.array([_new_york_hour(t) for t in b.open_time.tolist()], float),
    "only at New York's session": lambda b: (
        mean_cross(b) * np.array([9 <= _new_york_hour(t) < 16 for t in b.open_time.tolist()])
    ),
    "only on Mondays": lambda b: mean_cross(b) * (b.open_time // _DAY_MS % 7 == 4),
    "daily average": _use("sma", "1d", window=20),
    "rsi": _use("rsi"),
    "session vwap": _use("session_vwap"),
    "volatility regime": _use("volatility_regime"),
    "macd": _use("macd"),
    "obv": _use("obv"),
    **{f"strategy {name}": _strategy(name) for name in STRATEGIES},
}
