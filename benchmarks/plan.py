"""What is timed: which sets, how many rounds, so that the whole run stays below eight minutes on two cores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.grids import GRIDS, Pairs

FEE, SLIPPAGE = 0.001, 0.0002
COSTS: Mapping[str, Any] = {"fee": FEE, "slippage": SLIPPAGE}
ENGINES = ("numba", "rust")
SAMPLE: Pairs = [*GRIDS[100][::11], (30, 60), (40, 120)]
"""Sets of the grid of 100 that backtesting.py gets: its diagonal, and the two that tie exactly on hourly BTC."""


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes
    ----------
    sets : int
        A key of `GRIDS`.
    repeat, peer_repeat : int
        Calls per round; the median counts. More where one call is short.
    rounds : Mapping
        vectorbt backend to rounds.
    best_only : bool
        Time only the backend that was faster on the line before.
    product : bool
        Time what ``POST /sweeps`` evaluates too, look-ahead test off and on.
    backtesting : Pairs
        Sets that backtesting.py gets; its time per set is taken for all.
    """

    sets: int
    rounds: int
    repeat: int = 1
    peer_repeat: int = 1
    best_only: bool = False
    vectorbt: bool = True
    product: bool = False
    backtesting: Pairs = ()


PLANS: Mapping[str, Sequence[Line]] = {
    "1h": (
        Line(1, 5, repeat=21, peer_repeat=5, backtesting=GRIDS[1]),
        Line(100, 5, repeat=5, backtesting=SAMPLE),
        Line(1_000, 3, repeat=3, product=True, backtesting=SAMPLE),
        Line(10_000, 2, repeat=3, product=True, best_only=True),
    ),
    "1m": (
        Line(1, 3, repeat=11, peer_repeat=3, backtesting=GRIDS[1]),
        Line(100, 2, repeat=3, best_only=True),
        Line(1_000, 1, repeat=3, product=True),
        Line(10_000, 1, vectorbt=False, product=True),
    ),
}


LINES_KEPT: Mapping[str, Sequence[Line]] = {
    "1h": (
        Line(1, 3, repeat=21, peer_repeat=5, best_only=True),
        Line(1_000, 2, repeat=3, best_only=True),
    ),
    "1m": (
        Line(1, 3, repeat=11, peer_repeat=3, best_only=True),
        Line(100, 2, repeat=3, best_only=True),
    ),
}
"""Timed once more in processes that keep freed memory."""


@dataclass(frozen=True)
class Choice:
    """How vectorbt's chunk size is chosen: the sizes, tried so many times each on these sets."""

    pairs: Pairs
    sizes: Sequence[int]
    tries: int


CHOICES: Mapping[str, Choice] = {
    "1h": Choice(GRIDS[1_000][:250], (10, 25, 50, 100, 250), 2),
    "1m": Choice(GRIDS[100], (10, 25, 50, 100), 1),
}
