"""What all parameter sets share on a tile of 512 bars: the price of a fill at each bar, extremes, moving averages.

Laid out once per tile; every set reads it. Plain Python with its types in the .pxd; uncompiled it gives the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from candlecloud.features.kernels.views import Doubles, Integers


def lay_facts(
    opens: Doubles, closes: Doubles, fee: float, slippage: float, start: int, bars: int, facts: Doubles
) -> None:
    """Write 16 numbers per bar: what a buy at its open costs and adds to the sums (0 to 5), and a sale (8 to 14).

    0 and 8: price moved by slippage. 1: price of a unit with its fee. 2 and 10: slippage per unit. 3 to 5 and 11 to 13:
    what the fill adds to the sums of returns, of their squares, and of the squares of the negative ones. 14: closes of
    the tile before this bar.

    Held bars earn close over close before; `returns` is the prefix sum of that. A buy adds the return of its own bar
    less the prefix up to that bar, a sale the prefix up to the bar before and the return of its own bar: together they
    are the sum over the trade. The place behind the last bar is a sale without a return of its own: what a position
    adds that is still held when the tile ends.
    """
    buyer, seller = 1.0 + slippage, 1.0 - slippage
    returns = squares = negatives = value = 0.0
    facts[11] = facts[12] = facts[13] = facts[14] = 0.0
    for j in range(bars):
        t, f = start + j, j * 16
        price, close = opens[t], closes[t]
        moved = price * seller
        step = gain = 0.0
        if t > 0:
            step = close / closes[t - 1] - 1.0
            gain = moved * (1.0 - fee) / closes[t - 1] - 1.0
        loss = gain if gain < 0.0 else 0.0
        facts[f + 8] = moved
        facts[f + 10] = abs(moved - price)
        facts[f + 11] = returns + gain
        facts[f + 12] = squares + gain * gain
        facts[f + 13] = negatives + loss * loss
        loss = step if step < 0.0 else 0.0
        returns += step
        squares += step * step
        negatives += loss * loss
        moved = price * buyer
        unit = moved * (1.0 + fee)
        gain = close / unit - 1.0
        loss = gain if gain < 0.0 else 0.0
        facts[f] = moved
        facts[f + 1] = unit
        facts[f + 2] = abs(moved - price)
        facts[f + 3] = gain - returns
        facts[f + 4] = gain * gain - squares
        facts[f + 5] = loss * loss - negatives
        value += close
        facts[f + 27] = returns
        facts[f + 28] = squares
        facts[f + 29] = negatives
        facts[f + 30] = value


def lay_extremes(closes: Doubles, start: int, bars: int, highs: Doubles, lows: Doubles) -> None:
    """Write the highest and the lowest of the ``2**k`` closes from bar j on, at ``512 * k + j``.

    Two overlapping entries cover any range (Bender and Farach-Colton 2000, the sparse table).
    """
    for j in range(bars):
        highs[j] = closes[start + j]
        lows[j] = closes[start + j]
    half = 1
    base = 0
    while half + half <= bars:
        for j in range(bars - half - half + 1):
            a, b = highs[base + j], highs[base + half + j]
            highs[base + 512 + j] = a if a > b else b
            a, b = lows[base + j], lows[base + half + j]
            lows[base + 512 + j] = a if a < b else b
        base += 512
        half += half


def lay_averages(sums: Doubles, windows: Integers, start: int, bars: int, rows: Doubles) -> None:
    """Write, per window, the averages that decide for the bars of a tile: those of the closes before each bar.

    `sums` are running sums of ticks: whole numbers below ``2**53``, so differences are exact and an average is rounded
    once. Bar ``64 * lane + bit`` lies at ``8 * (63 - bit) + lane``: eight words of bits grow side by side, highest bit
    first. Where a window is not full yet stands a number above all averages: nothing is above it.
    """
    for w in range(len(windows)):
        window = windows[w]
        for lane in range(8):
            place = w * 512 + 504 + lane
            first = start + lane * 64
            stop = start + bars
            if stop > first + 64:
                stop = first + 64
            t = first
            while t < stop and t < window:
                rows[place] = 1.7e308
                place -= 8
                t += 1
            for u in range(t, stop):
                rows[place] = (sums[u] - sums[u - window]) / window
                place -= 8
