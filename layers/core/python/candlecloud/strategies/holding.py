"""From conditions at each close to positions, without a loop over bars."""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import BoolArray, FloatArray


def sides(long: BoolArray, short: BoolArray) -> FloatArray:
    """1 where long, -1 where short, 0 where neither or both.

    Parameters
    ----------
    long, short : BoolArray, length n

    Returns
    -------
    FloatArray, length n
    """
    return long.astype(np.float64) - short.astype(np.float64)


def hold(long_entry: BoolArray, long_exit: BoolArray, short_entry: BoolArray, short_exit: BoolArray) -> FloatArray:
    """Position that remembers: entered at the close of an entry, left at the close of its exit.

    An entry counts only while its own exit does not hold. An entry of the other side reverses the position. Where both
    sides enter at one close, the position is flat. Before the first entry it is flat.

    Parameters
    ----------
    long_entry, long_exit, short_entry, short_exit : BoolArray, length n
        Entry t from bars 0..t only.

    Returns
    -------
    FloatArray, length n
        -1, 0 or 1: the side of the last entry, unless its exit held since.
    """
    enters_long, enters_short = long_entry & ~long_exit, short_entry & ~short_exit
    entered = _last(enters_long | enters_short)
    side = np.append(sides(enters_long, enters_short), 0.0)[entered]  # entry -1, none so far, reads the appended 0
    left = np.where(side > 0.0, _last(long_exit), _last(short_exit)) > entered
    return np.where(left, 0.0, side)


def before(values: FloatArray, bars: int = 1) -> FloatArray:
    """Values of `bars` bars earlier, NaN where there is none.

    Returns
    -------
    FloatArray, length n
    """
    return values if bars == 0 else np.concatenate([np.full(min(bars, len(values)), np.nan), values[:-bars]])


def _last(events: BoolArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Number of the last bar with an event, up to and including each bar; -1 before the first."""
    return np.maximum.accumulate(np.where(events, np.arange(len(events)), -1))
