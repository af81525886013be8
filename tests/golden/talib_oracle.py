"""What TA-Lib says on the same bars, for the features that it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import talib

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_feature
from candlecloud.features.families import FEATURES
from candlecloud.parameters import Parameters

Oracle = Callable[[Bars, Parameters], tuple[FloatArray, ...]]


def _bollinger(b: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    upper, middle, lower = talib.BBANDS(b.close, p["window"], p["width"], p["width"])
    return middle, upper, lower


def _stochastic(b: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    ticks = (t.astype(np.float64) for t in (b.high_ticks, b.low_ticks, b.close_ticks))  # prices would cancel near 0
    return talib.STOCH(*ticks, p["window"], p["smooth"], 0, p["signal"], 0)


def _donchian(b: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    window = p["window"]
    return talib.MAX(b.high, window), talib.MIN(b.low, window), talib.MIDPRICE(b.high, b.low, window)


def _adx(b: Bars, p: Parameters) -> tuple[FloatArray, ...]:
    return tuple(f(b.high, b.low, b.close, p["window"]) for f in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI))


ORACLES: Mapping[str, Oracle] = {
    "sma": lambda b, p: (talib.SMA(b.close, p["window"]),),
    "ema": lambda b, p: (talib.EMA(b.close, p["window"]),),
    "wma": lambda b, p: (talib.WMA(b.close, p["window"]),),
    "rsi": lambda b, p: (talib.RSI(b.close, p["window"]),),
    "macd": lambda b, p: talib.MACD(b.close, p["fast"], p["slow"], p["signal"]),
    "stochastic": _stochastic,
    "roc": lambda b, p: (talib.ROCP(b.close, p["window"]),),
    "bollinger": _bollinger,
    "donchian": _donchian,
    "atr": lambda b, p: (talib.ATR(b.high, b.low, b.close, p["window"]),),
    "adx": _adx,
    "obv": lambda b, p: (talib.OBV(b.close, b.volume),),
}
"""Feature to its outputs, in their order. (A z-score from TA-Lib's STDDEV is no oracle: its variance cancels.)"""

CASES: tuple[tuple[str, Parameters], ...] = (
    *((name, {"window": w}) for name in ("sma", "ema", "wma", "donchian") for w in (2, 20, 1_000)),
    *((name, {"window": w}) for name in ("rsi", "atr", "adx") for w in (2, 14, 200)),
    ("macd", {}),
    ("macd", {"fast": 50, "slow": 200, "signal": 30}),
    *(("stochastic", {"window": w, "smooth": s, "signal": d}) for w, s, d in ((14, 3, 3), (5, 1, 1), (500, 10, 7))),
    *(("roc", {"window": w}) for w in (1, 10, 720)),
    *(("bollinger", {"window": w, "width": k}) for w, k in ((2, 1.0), (20, 2.0), (1_000, 2.5))),
    ("obv", {}),
)


class Difference(NamedTuple):
    """How far an output is from an oracle's.

    Attributes
    ----------
    missing : int
        Bars from the warm-up on where one of the two has no value.
    relative : float
        The greatest difference, as a fraction of the oracle's value; of 1 + value for a rate of change, which is
        itself a small difference.
    """

    feature: str
    parameters: Parameters
    output: str
    bars: int
    missing: int
    relative: float


def differences(bars: Bars, name: str, parameters: Parameters, oracle: Oracle) -> Iterator[Difference]:
    """Compare each output of a feature from its warm-up on with what an oracle says."""
    feature = FEATURES.find(name)
    checked = feature.check_parameters(parameters)
    known = slice(feature.warmup_bars(checked) - 1, None)
    offset = 1.0 if name == "roc" else 0.0
    computed = compute_feature(bars, FEATURES[name], parameters)
    for (output, ours), theirs in zip(computed.items(), oracle(bars, checked), strict=True):
        mine, wanted = ours[known] + offset, theirs[known] + offset
        missing = int((np.isnan(mine) | np.isnan(wanted)).sum())
        apart = np.abs(mine - wanted)
        size = np.abs(wanted)
        relative = np.divide(apart, size, out=np.where(apart > 0, np.inf, 0.0), where=size > 0)
        yield Difference(name, parameters, output, len(mine), missing, float(np.nanmax(relative)))
