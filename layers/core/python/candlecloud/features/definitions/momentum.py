"""Momentum of the close."""

from __future__ import annotations

from candlecloud.features.definitions.windows import LONGEST_WINDOW, full_window_of_changes, window
from candlecloud.features.feature import Feature, deferred
from candlecloud.parameters import Parameter, Parameters

_SMOOTHING = 100


def _macd_conflict(parameters: Parameters) -> str | None:
    fast, slow = parameters["fast"], parameters["slow"]
    return None if fast < slow else f"fast ({fast}) must be below slow ({slow})"


RSI = Feature(
    name="rsi",
    description="Relative strength index of the close, 0 to 100. NaN while the close has never moved (TA-Lib: 0).",
    formula="100 G / (G + L); G, L = Wilder averages of rises and falls: mean of the first w, then "
    "a[t] = ((w - 1) a[t-1] + x[t]) / w",
    source="Wilder 1978, New Concepts in Technical Trading Systems; TA-Lib RSI",
    parameters=(window(14, low=2, description="Changes from close to close in the first average."),),
    warmup_bars=full_window_of_changes,
    compute=deferred("momentum", "rsi_of_bars"),
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
    warmup_bars=lambda parameters: int(parameters["slow"]) + int(parameters["signal"]) - 1,
    compute=deferred("momentum", "macd_of_bars"),
    conflict=_macd_conflict,
    recursive=True,
)
STOCHASTIC = Feature(
    name="stochastic",
    description="Where the close lies between the window's lowest low and highest high, 0 to 100, smoothed once (k) "
    "and twice (d). NaN while a smoothed window has no range (TA-Lib: 0).",
    formula="raw = 100 (c[t] - min low) / (max high - min low); k = SMA(raw, smooth); d = SMA(k, signal)",
    source="Lane 1984; TA-Lib STOCH with simple averages",
    parameters=(
        window(14),
        Parameter("smooth", "integer", 1, _SMOOTHING, 3, "Raw values that k averages."),
        Parameter("signal", "integer", 1, _SMOOTHING, 3, "Values of k that d averages."),
    ),
    outputs=("k", "d"),
    warmup_bars=lambda parameters: sum(int(parameters[name]) for name in ("window", "smooth", "signal")) - 2,
    compute=deferred("momentum", "stochastic_of_bars"),
)
ROC = Feature(
    name="roc",
    description="Rate of change of the close over w bars, as a fraction (0.01 = 1 %).",
    formula="(c[t] - c[t-w]) / c[t-w]",
    source="TA-Lib ROCP",
    parameters=(window(10, description="Bars between the two closes."),),
    warmup_bars=full_window_of_changes,
    compute=deferred("momentum", "roc_of_bars"),
)
