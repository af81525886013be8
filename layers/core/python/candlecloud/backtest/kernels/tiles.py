"""What all parameter sets share on a tile of 512 bars: what a fill costs at each bar, extremes, moving averages.

Precomputed once per tile; every set reads it. Plain Python with its types in the .pxd; uncompiled the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython  # type: ignore[import-untyped]
except ImportError:
    from candlecloud import cython_shim as cython

if not cython.compiled:
    from candlecloud.backtest.kernels.layout import TERM

if TYPE_CHECKING:
    from candlecloud.features.kernels.views import Doubles, Integers


def precompute_fill_terms(
    opens: Doubles, closes: Doubles, fee: float, slippage: float, start: int, bars: int, terms: Doubles
) -> None:
    """Write, by `layout.TERM`, what a buy and a sale at each bar's open cost and add to the sums.

    Prices are moved by slippage, `buy_cost` is a unit with its fee, slippage is per unit, `closes` is the sum of the
    tile's closes before the bar; the others go to the sums of returns, of their squares, and of the negative ones'.

    Held bars earn close over close before; `returns` is the prefix sum of that. A buy adds the return of its own bar
    less the prefix up to that bar, a sale the prefix up to the bar before and the return of its own bar: together they
    are the sum over the trade. The place behind the last bar is a sale without a return of its own: what a position
    adds that is still held when the tile ends.
    """
    buyer, seller = 1.0 + slippage, 1.0 - slippage
    returns = squares = negatives = value = 0.0
    for j in range(bars + 1):
        t, f = start + j, j * TERM.width
        terms[f + TERM.closes] = value
        terms[f + TERM.sell_returns] = returns
        terms[f + TERM.sell_squares] = squares
        terms[f + TERM.sell_negatives] = negatives
        if j == bars:
            return
        price, close = opens[t], closes[t]
        moved = price * seller
        step = gain = 0.0
        if t > 0:
            step = close / closes[t - 1] - 1.0
            gain = moved * (1.0 - fee) / closes[t - 1] - 1.0
        loss = gain if gain < 0.0 else 0.0
        terms[f + TERM.sell_price] = moved
        terms[f + TERM.sell_slippage] = abs(moved - price)
        terms[f + TERM.sell_returns] = returns + gain
        terms[f + TERM.sell_squares] = squares + gain * gain
        terms[f + TERM.sell_negatives] = negatives + loss * loss
        loss = step if step < 0.0 else 0.0
        returns += step
        squares += step * step
        negatives += loss * loss
        moved = price * buyer
        cost = moved * (1.0 + fee)
        gain = close / cost - 1.0
        loss = gain if gain < 0.0 else 0.0
        terms[f + TERM.buy_price] = moved
        terms[f + TERM.buy_cost] = cost
        terms[f + TERM.buy_slippage] = abs(moved - price)
        terms[f + TERM.buy_returns] = gain - returns
        terms[f + TERM.buy_squares] = gain * gain - squares
        terms[f + TERM.buy_negatives] = loss * loss - negatives
        value += close


def precompute_extremes(closes: Doubles, start: int, bars: int, highs: Doubles, lows: Doubles) -> None:
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


def precompute_averages(sums: Doubles, windows: Integers, start: int, bars: int, averages: Doubles) -> None:
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
                averages[place] = 1.7e308
                place -= 8
                t += 1
            for u in range(t, stop):
                averages[place] = (sums[u] - sums[u - window]) / window
                place -= 8
