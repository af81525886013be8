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


def emas(values: Doubles, starts: Integers, firsts: Integers, windows: Integers, n: int, averages: Doubles) -> None:
    """`ema` of many rows, each with its own first value and window, four at a time: one does not wait for another.

    Row k of the values begins at ``starts[k]``, that of the averages at ``k * n``.
    """
    for k in range(0, len(windows), 4):
        if len(windows) - k >= 4:
            _four_emas(values, starts, firsts, windows, n, averages, k)
        else:
            for j in range(k, len(windows)):
                _ema_on(values, starts[j], firsts[j], windows[j], n, averages, j * n, n)


def _ema_on(
    values: Doubles, start: int, first: int, window: int, n: int, averages: Doubles, place: int, stop: int
) -> float:
    """`ema` of a row up to before bar `stop`; the last value."""
    last = 0.0
    if first + window > n:
        return last
    for t in range(first, first + window):
        last += values[start + t]
    last = last / window
    averages[place + first + window - 1] = last
    weight = 2.0 / (window + 1)
    for t in range(first + window, stop):
        last = (values[start + t] - last) * weight + last
        averages[place + t] = last
    return last


def _four_emas(
    values: Doubles, starts: Integers, firsts: Integers, windows: Integers, n: int, averages: Doubles, k: int
) -> None:
    stop = 0  # from here on all four go
    for j in range(k, k + 4):
        stop = firsts[j] + windows[j] if firsts[j] + windows[j] > stop else stop
    if stop > n:
        stop = n
    a, b, c, d = starts[k], starts[k + 1], starts[k + 2], starts[k + 3]
    p, q, r, s = k * n, (k + 1) * n, (k + 2) * n, (k + 3) * n
    last0 = _ema_on(values, a, firsts[k], windows[k], n, averages, p, stop)
    last1 = _ema_on(values, b, firsts[k + 1], windows[k + 1], n, averages, q, stop)
    last2 = _ema_on(values, c, firsts[k + 2], windows[k + 2], n, averages, r, stop)
    last3 = _ema_on(values, d, firsts[k + 3], windows[k + 3], n, averages, s, stop)
    weight0, weight1 = 2.0 / (windows[k] + 1), 2.0 / (windows[k + 1] + 1)
    weight2, weight3 = 2.0 / (windows[k + 2] + 1), 2.0 / (windows[k + 3] + 1)
    for t in range(stop, n):
        last0 = (values[a + t] - last0) * weight0 + last0
        last1 = (values[b + t] - last1) * weight1 + last1
        last2 = (values[c + t] - last2) * weight2 + last2
        last3 = (values[d + t] - last3) * weight3 + last3
        averages[p + t] = last0
        averages[q + t] = last1
        averages[r + t] = last2
        averages[s + t] = last3


def rsis(close: Doubles, firsts: Integers, windows: Integers, state: Doubles, n: int, strengths: Doubles) -> None:
    """`rsi` of many windows, each on the closes from its own first bar on, in one pass.

    `state` has room for six numbers per window. Row k of the strengths begins at ``k * n``.
    """
    count = len(windows)
    gains, losses, widths, keeps, sums, ratios = 0, count, 2 * count, 3 * count, 4 * count, 5 * count
    begin = 0
    for k in range(count):
        state[widths + k] = windows[k]
        state[keeps + k] = windows[k] - 1
        if firsts[k] + windows[k] > begin:
            begin = firsts[k] + windows[k]
    begin = begin if begin < n else n - 1
    for k in range(count):
        _rsi_until(close, firsts[k], windows[k], begin, state, gains + k, losses + k, strengths, k * n)
    for t in range(begin + 1, n):
        change = close[t] - close[t - 1]
        up, down = (change, 0.0) if change > 0.0 else (0.0, -change)
        for k in range(count):
            state[gains + k] = (state[gains + k] * state[keeps + k] + up) / state[widths + k]
            state[losses + k] = (state[losses + k] * state[keeps + k] + down) / state[widths + k]
            total = state[gains + k] + state[losses + k]
            state[sums + k] = total
            state[ratios + k] = 100.0 * (state[gains + k] / (total if total > 0.0 else 1.0))
        for k in range(count):
            if state[sums + k] > 0.0:
                strengths[k * n + t] = state[ratios + k]


def _rsi_until(
    close: Doubles,
    first: int,
    window: int,
    last: int,
    state: Doubles,
    gain_at: int,
    loss_at: int,
    strengths: Doubles,
    place: int,
) -> None:
    """`rsi` on the closes from bar `first` on, up to bar `last`; its averages go to the state."""
    gain = 0.0
    loss = 0.0
    for t in range(first + 1, last + 1):
        change = close[t] - close[t - 1]
        if t - first > window:
            gain *= window - 1
            loss *= window - 1
        if change > 0.0:
            gain += change
        else:
            loss -= change
        if t - first < window:
            continue
        gain /= window
        loss /= window
        if gain + loss > 0.0:
            strengths[place + t] = 100.0 * (gain / (gain + loss))
    state[gain_at] = gain
    state[loss_at] = loss


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
