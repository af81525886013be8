"""Curves derived from equity: returns per bar and drawdown."""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray


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
