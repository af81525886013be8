"""Strategies as one plain loop over the bars, from their descriptions alone; they share no code with the product."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

Prices = Sequence[Fraction]
Conditions = tuple[bool, bool, bool, bool]
"""Long entry, long exit, short entry, short exit."""


def walk(conditions: Sequence[Conditions]) -> list[int]:
    """Positions of a strategy that holds what it entered."""
    held, path = 0, []
    for long_entry, long_exit, short_entry, short_exit in conditions:
        enters_long, enters_short = long_entry and not long_exit, short_entry and not short_exit
        if enters_long or enters_short:
            held = int(enters_long) - int(enters_short)
        elif (held > 0 and long_exit) or (held < 0 and short_exit):
            held = 0
        path.append(held)
    return path


def sign(value: Any) -> int:
    return (value > 0) - (value < 0)


def mean(values: Prices) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def variance(values: Prices) -> Fraction:
    return mean([v * v for v in values]) - mean(values) ** 2


def ema(values: Sequence[float], window: int) -> list[float | None]:
    """None before the first full window."""
    path: list[float | None] = [None] * len(values)
    last = 0.0
    for t in range(window - 1, len(values)):
        last = sum(values[:window]) / window if t == window - 1 else (values[t] - last) * (2.0 / (window + 1)) + last
        path[t] = last
    return path


def dual_sma(bars: Any, fast: int, slow: int) -> list[int]:
    c = bars.c
    return [
        sign(mean(c[t + 1 - fast : t + 1]) - mean(c[t + 1 - slow : t + 1])) if t >= slow - 1 else 0
        for t in range(len(c))
    ]


def ema_cross(bars: Any, fast: int, slow: int) -> list[int]:
    closes = [float(c) for c in bars.c]
    pairs = zip(ema(closes, fast), ema(closes, slow), strict=True)
    return [0 if b is None else sign((a or 0.0) - b) for a, b in pairs]


def rsi_reversion(bars: Any, window: int, oversold: float, overbought: float, exit: float) -> list[int]:  # noqa: A002
    c = bars.c
    path: list[Conditions] = []
    up = down = Fraction(0)
    for t in range(len(c)):
        move = c[t] - c[t - 1] if t else Fraction(0)
        weight = Fraction(min(t, window) - 1, min(t, window)) if t else Fraction(0)
        share = Fraction(1, min(t, window)) if t else Fraction(0)
        up, down = up * weight + max(move, 0) * share, down * weight + max(-move, 0) * share
        if t < window or up + down == 0:
            path.append((False, True, False, True))
        else:
            rsi = 100 * up / (up + down)
            path.append((rsi < oversold, rsi >= exit, rsi > overbought, rsi <= exit))
    return walk(path)


def _reversion(bars: Any, window: int, entry: Fraction, leave: Fraction) -> list[int]:
    """Squares are compared, so that no root is rounded."""
    c, path = bars.c, []
    for t in range(len(c)):
        some = c[t + 1 - window : t + 1] if t >= window - 1 else []
        if not some or variance(some) == 0:
            path.append((False, True, False, True))
            continue
        distance, spread = c[t] - mean(some), variance(some)
        z2 = sign(distance) * distance**2 / spread
        path.append((z2 < -(entry**2), z2 >= -(leave**2), z2 > entry**2, z2 <= leave**2))
    return walk(path)


def bollinger_reversion(bars: Any, window: int, width: float) -> list[int]:
    return _reversion(bars, window, Fraction(width), Fraction(0))


def zscore_reversion(bars: Any, window: int, entry: float, exit: float) -> list[int]:  # noqa: A002
    return _reversion(bars, window, Fraction(entry), Fraction(exit))


def donchian_breakout(bars: Any, entry: int, exit: int) -> list[int]:  # noqa: A002
    path = []
    for t, close in enumerate(bars.c):
        if t < entry:
            path.append((False, False, False, False))
            continue
        path.append(
            (
                close > max(bars.h[t - entry : t]),
                close < min(bars.l[t - exit : t]),
                close < min(bars.l[t - entry : t]),
                close > max(bars.h[t - exit : t]),
            )
        )
    return walk(path)


def time_series_momentum(bars: Any, window: int, threshold: float) -> list[int]:
    c, level = bars.c, Fraction(threshold)
    returns = [c[t] / c[t - window] - 1 if t >= window else Fraction(0) for t in range(len(c))]
    return [(r > level) - (r < -level) for r in returns]


def volatility_breakout(bars: Any, window: int, multiplier: float) -> list[int]:
    c, path = bars.c, []
    ranges = [max(high, p) - min(low, p) for high, low, p in zip(bars.h[1:], bars.l[1:], c, strict=False)]
    atr: list[Fraction] = []  # entry k belongs to bar window + k
    for k in range(window, len(c)):
        atr.append(mean(ranges[:window]) if not atr else (atr[-1] * (window - 1) + ranges[k - 1]) / window)
    for t, close in enumerate(c):
        if t <= window:
            path.append((False, False, False, False))
            continue
        move, least = close - c[t - 1], atr[t - 1 - window] * Fraction(multiplier)
        middle = mean(c[t + 1 - window : t + 1])
        path.append((move > least, close < middle, move < -least, close > middle))
    return walk(path)


def macd(bars: Any, fast: int, slow: int, signal: int) -> list[int]:
    """Both averages begin at bar slow - 1, the faster one over the closes just before it, as in TA-Lib."""
    closes = [float(c) for c in bars.c]
    late = [*([None] * (slow - fast)), *ema(closes[slow - fast :], fast)][: len(closes)]
    line = [(a - b) for a, b in zip(late, ema(closes, slow), strict=True) if a is not None and b is not None]
    lines = [None if s is None else a - s for a, s in zip(line, ema(line, signal), strict=True)]
    return [0] * (len(closes) - len(lines)) + [0 if d is None or math.isnan(d) else sign(d) for d in lines]


LOOPS: dict[str, Callable[..., list[int]]] = {
    "buy_and_hold": lambda bars: [1] * len(bars.c),
    "dual_sma": dual_sma,
    "ema_cross": ema_cross,
    "macd": macd,
    "rsi_reversion": rsi_reversion,
    "bollinger_reversion": bollinger_reversion,
    "zscore_reversion": zscore_reversion,
    "donchian_breakout": donchian_breakout,
    "time_series_momentum": time_series_momentum,
    "volatility_breakout": volatility_breakout,
}
