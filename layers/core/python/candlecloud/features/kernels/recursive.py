"""Recursions over bars, seeded as TA-Lib seeds them: each value needs the one before.

Outputs come filled with NaN; a kernel writes the entries that have a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from candlecloud.features.kernels.views import Doubles, Integers


def ema(values: Doubles, first: int, seeds: int, weight: float, average: Doubles) -> None:
    """Exponential average of the values from `first` on, seeded by the mean of the first `seeds` of them."""
    n = len(values)
    if first + seeds > n:
        return
    total = 0.0
    for t in range(first, first + seeds):
        total += values[t]
    last = total / seeds
    average[first + seeds - 1] = last
    for t in range(first + seeds, n):
        last = (values[t] - last) * weight + last
        average[t] = last


def rsi(close: Doubles, window: int, strength: Doubles) -> None:
    """Wilder's relative strength index; no value while nothing has ever moved."""
    n = len(close)
    if window >= n:
        return
    gain = 0.0
    loss = 0.0
    for t in range(1, n):
        change = close[t] - close[t - 1]
        if t > window:
            gain *= window - 1
            loss *= window - 1
        if change > 0.0:
            gain += change
        else:
            loss -= change
        if t < window:
            continue
        gain /= window
        loss /= window
        if gain + loss > 0.0:
            strength[t] = 100.0 * (gain / (gain + loss))


def atr(high: Doubles, low: Doubles, close: Doubles, window: int, average: Doubles) -> None:
    """Wilder's average of the true range, seeded by the mean of the first `window` of them."""
    n = len(high)
    if window >= n:
        return
    last = 0.0
    for t in range(1, n):
        top = high[t] if high[t] > close[t - 1] else close[t - 1]
        bottom = low[t] if low[t] < close[t - 1] else close[t - 1]
        if t <= window:
            last += top - bottom
            if t < window:
                continue
            last /= window
        else:
            last = (last * (window - 1) + (top - bottom)) / window
        average[t] = last


def adx(  # noqa: C901  one pass: what a bar adds is smoothed at once
    high: Doubles, low: Doubles, close: Doubles, window: int, index: Doubles, plus: Doubles, minus: Doubles
) -> None:
    """Wilder's directional movement; a bar without any movement in range or direction leaves the index as it is."""
    n = len(high)
    first = 2 * window - 1
    if first >= n:
        return
    up = 0.0
    down = 0.0
    reach = 0.0
    last = 0.0
    for t in range(1, n):
        if t >= window:
            up -= up / window
            down -= down / window
            reach -= reach / window
        rise = high[t] - high[t - 1]
        fall = low[t - 1] - low[t]
        if fall > 0.0 and rise < fall:
            down += fall
        elif rise > 0.0 and rise > fall:
            up += rise
        top = high[t] if high[t] > close[t - 1] else close[t - 1]
        bottom = low[t] if low[t] < close[t - 1] else close[t - 1]
        reach += top - bottom
        if t < window:
            continue
        moved = reach > 0.0 and up + down > 0.0
        strength = 0.0
        if moved:
            rise = 100.0 * (up / reach)
            fall = 100.0 * (down / reach)
            strength = rise - fall if rise > fall else fall - rise
            strength = 100.0 * (strength / (rise + fall))
        if t <= first:
            last += strength
            if t == first:
                last /= window
        elif moved:
            last = (last * (window - 1) + strength) / window
        if t >= first:
            index[t] = last
            if reach > 0.0:
                plus[t] = 100.0 * (up / reach)
                minus[t] = 100.0 * (down / reach)


def obv(ticks: Integers, volumes: Doubles, balance: Doubles) -> None:
    """Running sum of volumes, signed by the close's change; unknown from the first unknown volume on."""
    n = len(ticks)
    if n == 0:
        return
    total = volumes[0]
    balance[0] = total
    for t in range(1, n):
        if ticks[t] > ticks[t - 1]:
            total += volumes[t]
        elif ticks[t] < ticks[t - 1]:
            total -= volumes[t]
        balance[t] = total


def session_vwap(days: Integers, prices: Doubles, volumes: Doubles, first: int, average: Doubles) -> None:
    """Volume-weighted price since the day began, from bar `first` on; no value before the day's first volume."""
    n = len(days)
    worth = 0.0
    volume = 0.0
    for t in range(first, n):
        if t > first and days[t] != days[t - 1]:
            worth = 0.0
            volume = 0.0
        worth += prices[t] * volumes[t]
        volume += volumes[t]
        if volume > 0.0:
            average[t] = worth / volume
