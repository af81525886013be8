"""Momentum of the close: relative strength, MACD, stochastic oscillator, rate of change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.features.bars import Bars
from candlecloud.features.families.moving_average import emas
from candlecloud.features.feature import Feature
from candlecloud.features.kernels import recursive
from candlecloud.features.kernels.views import doubles, integers
from candlecloud.features.outputs import MadeWhenRead
from candlecloud.features.window_parameter import FULL_WINDOW_OF_CHANGES, LONGEST_WINDOW, window_parameter
from candlecloud.features.windows import highest, lowest, mean_of_last
from candlecloud.parameters import Parameter, Parameters, Warmup


def rsi_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Wilder's relative strength index, 0 to 100: ``100 G / (G + L)``.

    G and L are Wilder averages of the closes' rises and falls: the mean of the first w changes, then
    ``a[t] = ((w - 1) a[t-1] + x[t]) / w``. While the close has not moved since the first bar, 0/0 is NaN (TA-Lib: 0).
    """
    strength = np.full(len(bars), np.nan)
    recursive.rsi(doubles(bars.close), int(parameters["window"]), doubles(strength))
    return {"rsi": strength}


def many_rsi(bars: Bars, sets: Sequence[Parameters], begins: Sequence[int]) -> Sequence[Mapping[str, FloatArray]]:
    """All windows in one pass: what one waits for, the others use."""
    n = len(bars)
    windows = np.array([int(each["window"]) for each in sets], np.int64)
    strengths, state = np.full(n * len(sets), np.nan), np.zeros(6 * len(sets))
    firsts = integers(np.array(begins, np.int64))
    recursive.rsis(doubles(bars.close), firsts, integers(windows), doubles(state), n, doubles(strengths))
    return [{"rsi": row} for row in strengths.reshape(len(sets), n)]


def macd_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Difference of two exponential averages of the close, its own average, and their difference; quote currency.

    Both averages begin at bar ``slow - 1`` as TA-Lib has it: the fast one is seeded by the mean of the `fast` closes
    up to there. All three outputs begin with the signal, at bar ``slow + signal - 2``.
    """
    (found,) = many_macd(bars, [parameters], [0])
    return found


def many_macd(bars: Bars, sets: Sequence[Parameters], begins: Sequence[int]) -> Sequence[Mapping[str, FloatArray]]:
    """All sets in one pass per average; sets that begin an average at the same bar share it."""
    fast, slow, smooth = (np.array([int(each[name]) for each in sets], np.int64) for name in ("fast", "slow", "signal"))
    begin = np.array(begins, np.int64)
    averages, which = _distinct_emas(bars.close, np.concatenate([begin + slow - fast, begin]), np.append(fast, slow))
    lines = np.empty((len(sets), len(bars)))
    for k, line in enumerate(lines):
        np.subtract(averages[which[k]], averages[which[len(sets) + k]], out=line)
    signals = emas(lines, begin + slow - 1, smooth)
    for line, first in zip(lines, begin + slow + smooth - 2, strict=True):
        line[:first] = np.nan
    return [_macd_lines(line, signal) for line, signal in zip(lines, signals, strict=True)]


def _macd_lines(line: FloatArray, signal: FloatArray) -> Mapping[str, FloatArray]:
    return MadeWhenRead(macd=lambda: line, signal=lambda: signal, histogram=lambda: line - signal)


def _distinct_emas(values: FloatArray, firsts: IntArray, windows: IntArray) -> tuple[NDArray[np.float64], IntArray]:
    """Exponential averages, each distinct one once, and which of them each is."""
    each, which = np.unique(np.stack([firsts, windows]), axis=1, return_inverse=True)
    return emas(values, each[0], each[1]), which.ravel()


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
    change = np.empty(len(bars))
    change[:window] = np.nan
    before = ticks[: max(0, len(ticks) - window)]
    np.divide(ticks[window:] - before, before, out=change[window:])
    return {"roc": change}


_SMOOTHING = 100


RSI = Feature(
    name="rsi",
    description="Relative strength index of the close, 0 to 100. NaN while the close has never moved (TA-Lib: 0).",
    formula="100 G / (G + L); G, L = Wilder averages of rises and falls: mean of the first w, then "
    "a[t] = ((w - 1) a[t-1] + x[t]) / w",
    source="Wilder 1978, New Concepts in Technical Trading Systems; TA-Lib RSI",
    parameters=(window_parameter(14, low=2, description="Changes from close to close in the first average."),),
    warmup=FULL_WINDOW_OF_CHANGES,
    compute=rsi_of_bars,
    compute_many=many_rsi,
    recursive=True,
)
MACD = Feature(
    name="macd",
    description="Difference of two exponential averages of the close, its own average, and the difference of these; "
    "quote currency. Both averages begin at bar slow - 1.",
    formula="macd = EMA(fast) - EMA(slow); signal = EMA of macd; histogram = macd - signal",
    source="Appel 1979; TA-Lib MACD",
    parameters=(
        Parameter("fast", "integer", 2, LONGEST_WINDOW // 2, 12, "Window of the faster average, in bars; below slow."),
        Parameter("slow", "integer", 3, LONGEST_WINDOW, 26, "Window of the slower average, in bars; above fast."),
        Parameter("signal", "integer", 2, LONGEST_WINDOW, 9, "Window of the signal, in bars."),
    ),
    outputs=("macd", "signal", "histogram"),
    warmup=Warmup(-1, {"slow": 1, "signal": 1}),
    compute=macd_of_bars,
    compute_many=many_macd,
    ordered=("fast", "<", "slow"),
    recursive=True,
)
STOCHASTIC = Feature(
    name="stochastic",
    description="Where the close lies between the window's lowest low and highest high, 0 to 100, smoothed once (k) "
    "and twice (d). NaN while a smoothed window has no range (TA-Lib: 0).",
    formula="raw = 100 (c[t] - min low) / (max high - min low); k = SMA(raw, smooth); d = SMA(k, signal)",
    source="Lane 1984; TA-Lib STOCH with simple averages",
    parameters=(
        window_parameter(14),
        Parameter("smooth", "integer", 1, _SMOOTHING, 3, "Raw values that k averages."),
        Parameter("signal", "integer", 1, _SMOOTHING, 3, "Values of k that d averages."),
    ),
    outputs=("k", "d"),
    warmup=Warmup(-2, {"window": 1, "smooth": 1, "signal": 1}),
    compute=stochastic_of_bars,
)
ROC = Feature(
    name="roc",
    description="Rate of change of the close over w bars, as a fraction (0.01 = 1 %).",
    formula="(c[t] - c[t-w]) / c[t-w]",
    source="TA-Lib ROCP",
    parameters=(window_parameter(10, description="Bars between the two closes."),),
    warmup=FULL_WINDOW_OF_CHANGES,
    compute=roc_of_bars,
)
