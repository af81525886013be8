"""Curves derived from equity: returns per bar and drawdown, and their accumulators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.metrics.accumulators import Accumulators
from candlecloud.metrics.moments import total_of


def bar_returns(equity: FloatArray, initial_equity: float) -> FloatArray:
    """Simple return of each bar against the bar before it, the first against the initial equity.

    Parameters
    ----------
    equity : FloatArray, length n
        At the close of each bar.
    initial_equity : float
        Above zero.

    Returns
    -------
    FloatArray, length n
        0 after equity has reached zero or less: there is nothing left to earn on.
    """
    before = np.empty_like(equity)
    before[:1] = initial_equity
    before[1:] = equity[:-1]
    if len(before) and before.min() <= 0.0:
        alive = before > 0.0
        return np.where(alive, equity / np.where(alive, before, 1.0) - 1.0, 0.0)
    return equity / before - 1.0


def peaks(equity: FloatArray, initial_equity: float) -> FloatArray:
    """Highest equity so far, the initial one included, length n."""
    highest: FloatArray = np.maximum.accumulate(np.maximum(equity, initial_equity))
    return highest


def drawdowns(equity: FloatArray, initial_equity: float) -> FloatArray:
    """Loss since the highest equity so far (the initial one included), as a positive fraction of it, length n."""
    return 1.0 - equity / peaks(equity, initial_equity)


def longest_under_water(drawdown: FloatArray) -> int:
    """Most consecutive bars that closed below the highest equity so far; a stretch that never ends counts too."""
    at_peak = np.flatnonzero(drawdown == 0.0)
    edges = np.concatenate(([-1], at_peak, [len(drawdown)]))
    return int(np.diff(edges).max()) - 1


def longest_time_under_water(drawdown: FloatArray, open_time: IntArray, close_time: IntArray) -> int:
    """The same by the clock, ms: absent candles count.

    Parameters
    ----------
    drawdown : FloatArray, length n
        At each close.
    open_time, close_time : IntArray, length n
        ms UTC of the bars.

    Returns
    -------
    int
        Longest time from a close at the highest equity (or the first open) to the open of the next bar that closed at
        one, if there is a bar between, or to the last close.
    """
    at_peak = np.flatnonzero(drawdown == 0.0)
    begins = np.concatenate((open_time[:1], close_time[at_peak]))
    ends = np.concatenate((open_time[at_peak], close_time[-1:]))
    between = np.diff(np.concatenate(([-1], at_peak, [len(drawdown)]))) > 1
    return int((ends - begins)[between].max(initial=0))


def accumulate_curve(equity: FloatArray, initial_equity: float, profits: Sequence[float] = ()) -> Accumulators:
    """Accumulators of a curve that no kernel has counted; what fills leave behind, and time by the clock, is 0.

    Parameters
    ----------
    equity : FloatArray, length n >= 1
        At the close of each bar, quote currency.
    initial_equity : float
        Above zero.
    profits : sequence of float
        Quote currency per closed trade, after all costs.
    """
    returns = bar_returns(equity, initial_equity)
    negative = np.minimum(returns, 0.0)
    drawdown = drawdowns(equity, initial_equity)
    return Accumulators(
        final_equity=float(equity[-1]),
        n_trades=float(len(profits)),
        n_wins=float(sum(profit > 0.0 for profit in profits)),
        sum_profit=float(sum(profit for profit in profits if profit > 0.0)),
        sum_loss=float(sum(-profit for profit in profits if profit < 0.0)),
        sum_returns=total_of(returns),
        sum_squares=total_of(returns * returns),
        sum_negative_squares=total_of(negative * negative),
        sum_equity=total_of(equity),
        max_drawdown=float(drawdown.max()),
        max_under_water_bars=float(longest_under_water(drawdown)),
        ruined=float(equity.min() <= 0.0),
    )
