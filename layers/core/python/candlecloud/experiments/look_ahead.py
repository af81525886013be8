"""The look-ahead test of a run, and of a sweep: which of its sets are tested, and how much on each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from candlecloud.arrays import BoolArray

_DRAWN = 3


def choose_tested_sets(columns: Mapping[str, NDArray[Any]], seed: int, variants: int = 1) -> list[int]:
    """Numbers of the sets of a sweep that the look-ahead test runs on, ascending.

    Each parameter of the grid has its lowest value in one of them and its highest in one, which two sets do for most
    grids; three more are drawn. So their number does not grow with the grid.

    Parameters
    ----------
    columns : mapping
        Parameter to its value in each set of a variant.
    variants : int
        How often these sets come, one after the other, with other settings; those of the first and last are tested.
    """
    sets = max((len(column) for column in columns.values()), default=1)
    rng = np.random.default_rng([seed, sets])
    distinct = list(dict.fromkeys(_extreme_sets(columns) + rng.choice(sets, min(sets, _DRAWN), replace=False).tolist()))
    if len(distinct) == 1:  # the first variant and the last are tested, if with the same parameters
        distinct *= 2
    return sorted({(place % 2) * (variants - 1) * sets + number for place, number in enumerate(distinct)})


def _extreme_sets(columns: Mapping[str, NDArray[Any]]) -> list[int]:
    """Few sets that hold each column's lowest and highest value: at each step the one with most that are missing."""
    wanted: list[BoolArray] = []
    for column in columns.values():
        lowest, highest = column.min(), column.max()
        wanted += [column == lowest, column == highest] if lowest != highest else []
    found: list[int] = []
    while wanted:
        best = int(np.sum(wanted, axis=0).argmax())
        found.append(best)
        wanted = [holds for holds in wanted if not holds[best]]
    return found or [0]
