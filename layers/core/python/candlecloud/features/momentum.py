"""Momentum of the close: relative strength, MACD, stochastic oscillator, rate of change."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.kernels import recursive
from candlecloud.features.kernels.views import doubles
from candlecloud.features.moving_average import ema
from candlecloud.features.windows import highest, lowest, mean_of_last
from candlecloud.parameters import Parameters


def rsi_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Wilder's relative strength index, 0 to 100: ``100 G / (G + L)``.

    G and L are Wilder averages of the closes' rises and falls: the mean of the first w changes, then
    ``a[t] = ((w - 1) a[t-1] + x[t]) / w``. While the close has not moved since the first bar, 0/0 is NaN (TA-Lib: 0).
    """
    strength = np.full(len(bars), np.nan)
    recursive.rsi(doubles(bars.close), int(parameters["window"]), doubles(strength))
    return {"rsi": strength}


def macd_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Difference of two exponential averages of the close, its own average, and their difference; quote currency.

    Both averages begin at bar ``slow - 1`` as TA-Lib has it: the fast one is seeded by the mean of the `fast` closes
    up to there. All three outputs begin with the signal, at bar ``slow + signal - 2``.
    """
    fast, slow, smooth = (int(parameters[name]) for name in ("fast", "slow", "signal"))
    macd = ema(bars.close, fast, first=slow - fast) - ema(bars.close, slow)
    signal = ema(macd, smooth, first=slow - 1)
    macd[: slow + smooth - 2] = np.nan
    return {"macd": macd, "signal": signal, "histogram": macd - signal}


def stochastic_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Where the close lies between the lowest low and the highest high, 0 to 100, smoothed twice.

    ``raw = 100 (c - L) / (H - L)`` with H and L over `window` bars, k the mean of `smooth` raw values, d the mean of
    `signal` values of k. Where H = L, 0/0 is NaN, and so are the means that hold it (TA-Lib: 0).
    """
    window, smooth, signal = (int(parameters[name]) for name in ("window", "smooth", "signal"))
    top = highest(bars.high_ticks.astype(np.float64), window)
    bottom = lowest(bars.low_ticks.astype(np.float64), window)
    with np.errstate(invalid="ignore"):
        raw = 100.0 * ((bars.close_ticks - bottom) / (top - bottom))
    k = mean_of_last(raw, smooth)
    d = mean_of_last(k, signal)
    k[: window + smooth + signal - 3] = np.nan  # both begin together
    return {"k": k, "d": d}


def roc_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Rate of change of the close as a fraction: ``c[t] / c[t-w] - 1``, computed as ``(c[t] - c[t-w]) / c[t-w]``."""
    window = int(parameters["window"])
    ticks = bars.close_ticks
    change = np.full(len(bars), np.nan)
    before = ticks[: max(0, len(ticks) - window)]
    change[window:] = (ticks[window:] - before) / before
    return {"roc": change}
