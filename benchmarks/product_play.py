"""What ``POST /sweeps`` evaluates as players of the rounds, and whether its figures are those of the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.agreement import DisagreementError
from benchmarks.grids import GRIDS
from benchmarks.plan import COSTS, Line
from benchmarks.protocol import Worker
from benchmarks.rounds import Player

PRODUCTS = {"product": False, "product, tested": True}
"""Name of a player to whether its look-ahead test is on."""

_REPEATS = 3


@dataclass(frozen=True)
class Played:
    """What was evaluated, apart from its time.

    Attributes
    ----------
    bars, warmup_bars : int
        Of the run, and before it.
    batches : int
        That the sweep was cut into.
    bytes : int
        Size of the Parquet objects of all batches, look-ahead test off.
    revision_s : float
        CPU seconds that the job around it takes to check its candles, once per batch.
    """

    bars: int
    warmup_bars: int
    batches: int
    bytes: int
    revision_s: float


def players_of(ours: Worker, line: Line) -> Sequence[Player]:
    """Prepare and warm up both, as submission and lake do before a batch begins."""
    players = []
    for name, look_ahead_test in PRODUCTS.items():
        ours.ask("product_prepare", pairs=GRIDS[line.sets], look_ahead_test=look_ahead_test, **COSTS)
        ours.ask("product", look_ahead_test=look_ahead_test)
        turn = partial(ours.ask, "product", repeat=line.repeat, look_ahead_test=look_ahead_test)
        players.append(Player(name, turn, max(line.rounds, _REPEATS)))
    return players


def check_figures(ours: Worker, line: Line) -> Played:
    """Compare every figure of every set with the kernel's over the same bars, bit for bit.

    Raises
    ------
    DisagreementError
        If one differs.
    """
    pairs = GRIDS[line.sets]
    for look_ahead_test in PRODUCTS.values():
        differing = ours.ask("product_differing", pairs=pairs, look_ahead_test=look_ahead_test, **COSTS).result
        if differing:
            raise DisagreementError(
                f"POST /sweeps, look-ahead test {'on' if look_ahead_test else 'off'}: "
                f"{len(differing)} of {len(pairs)} sets "
                f"have other figures than the kernel over the same bars, first {pairs[differing[0]]}"
            )
    written = ours.ask("product", look_ahead_test=False).result
    prepared = ours.ask("product_prepare", pairs=pairs, look_ahead_test=False, **COSTS).result
    revision = ours.ask("product_revision", repeat=_REPEATS)
    return Played(prepared["bars"], prepared["warmup_bars"], prepared["batches"], written, revision.cpu_s)
