"""Drawdowns one by one: where each began, was deepest and ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.metrics.curves import drawdowns


@dataclass(frozen=True)
class Episode:
    """One stretch of bars that closed below the highest equity so far.

    Attributes
    ----------
    start, trough : int
        Bar numbers: the first that closed below, and the deepest (the first of several).
    end : int or None
        The bar that closed at or above the old peak; None if that has not happened.
    depth : float
        Positive fraction of the peak.
    bars : int
        Bars that closed below.
    """

    start: int
    trough: int
    end: int | None
    depth: float
    bars: int


def worst_drawdowns(equity: FloatArray, initial_equity: float, count: int = 5) -> list[Episode]:
    """The deepest drawdowns, deepest first; of two equally deep ones the earlier.

    Parameters
    ----------
    equity : FloatArray, length n
        At the close of each bar; the initial equity counts as a peak.
    """
    drawdown = drawdowns(equity, initial_equity)
    below = np.concatenate(([False], drawdown > 0.0, [False]))
    turns = np.flatnonzero(below[1:] != below[:-1])
    starts, ends = turns[::2], turns[1::2]
    if not len(starts):
        return []
    depths = np.maximum.reduceat(drawdown, starts)  # from one start to the next: the bars between are at 0
    deepest = np.argsort(-depths, kind="stable")[:count]
    return [_episode(drawdown, int(starts[k]), int(ends[k])) for k in deepest]


def _episode(drawdown: FloatArray, start: int, end: int) -> Episode:
    trough = start + int(np.argmax(drawdown[start:end]))
    return Episode(start, trough, end if end < len(drawdown) else None, float(drawdown[trough]), end - start)
