"""Orders: which bar fills what.

The target is fixed at the close of bar t. Where it differs from the one before, an order waits for the first later bar
that trades; a newer target takes the place of a waiting one.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.errors import InvalidParameterError

Direction = Literal["long", "short", "both"]
DIRECTIONS: tuple[Direction, ...] = ("long", "short", "both")


class Orders(NamedTuple):
    """Orders that get filled, in time order: bar of the fill, and target position in [-1, 1]."""

    bars: IntArray
    targets: FloatArray


def allowed_target(target: FloatArray, direction: Direction) -> FloatArray:
    """The target without the sides that the run does not take.

    Raises
    ------
    InvalidParameterError
        If a target lies outside [-1, 1] or is not a number.
    """
    if len(target) and not np.abs(target).max() <= 1.0:
        raise InvalidParameterError("A target position lies outside [-1, 1] or is not a number.", field="target")
    if direction == "long":
        return np.maximum(target, 0.0)
    return np.minimum(target, 0.0) if direction == "short" else target


def filled_orders(target: FloatArray, traded: IntArray, first: int) -> Orders:
    """Find the fills: bars that trade and whose preceding close wants another position than the last fill did.

    Parameters
    ----------
    target : FloatArray, length n
        Wanted after the close of each bar.
    traded : IntArray
        Bars that can fill, ascending.
    first : int
        First bar that may fill (an earlier close may decide for it).
    """
    bars = traded[np.searchsorted(traded, max(first, 1)) :]
    wanted = target[bars - 1]
    before = np.empty_like(wanted)
    before[:1] = 0.0
    before[1:] = wanted[:-1]
    changed = np.flatnonzero(wanted != before)
    return Orders(bars[changed], wanted[changed])
