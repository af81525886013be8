"""Many bars at once: a series in which every few bars one is replaced, and what moved just before.

In such a series later values may move for good reasons, so what is found here is a suspicion: a jump of the difference
right before a replaced bar, which nothing explains but that bar. Each suspicion is cleared by a second series without
that replacement, or confirmed by a cut, which alone accuses.
"""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.features.bars import Bars
from candlecloud.strategies.look_ahead.garbage import absurd_at, joined, mirrored_at, part, restored_at
from candlecloud.strategies.look_ahead.signals import Place

_SPACINGS = (5, 7, 8, 9, 11)
_JUMP = 2.0
_CONFIRMED = 3
_FAR = 4


def screen(place: Place, passes: int, rng: np.random.Generator) -> None:
    """Ask of the bars of a place whether their values move with one of the next bars.

    Parameters
    ----------
    passes : int
        Series to make; with as many as the spacing, at most 11, every bar has its turn.

    Raises
    ------
    LookAheadError
        If a suspicion is confirmed.
    """
    real = place.real
    spacing = int(rng.choice(_SPACINGS))
    for turn, phase in enumerate(rng.permutation(spacing)[:passes].tolist()):
        places = np.arange(1 + phase, len(real), spacing)
        if not len(places):
            continue
        other = (absurd_at if turn == 1 else mirrored_at)(real, places, rng)
        for number, signal in enumerate(place.signals):
            got = place.evaluate(signal, other)
            suspects = _suspects(place.values[number], got, places, rng)
            if len(suspects):
                for bar in _uncleared(place, number, other, got, places, suspects):
                    place.check(number, joined(part(real, 0, bar + 1), part(other, bar + 1, len(real))), bar + 1)


def _suspects(real: FloatArray, got: FloatArray, places: IntArray, rng: np.random.Generator) -> IntArray:
    """Bars whose difference jumps though none of them was replaced; most are right before one that was."""
    jumps = _jumps(real, got)
    jumps[places] = 0.0
    bars = np.flatnonzero(jumps > _JUMP)
    bars = bars[bars < places[-1]]
    near = np.isin(bars + 1, places, assume_unique=True)
    chosen = (_drawn(bars[near], max(8, len(places) // 8), rng), _drawn(bars[~near], _FAR, rng))
    return np.sort(np.concatenate(chosen))


def _uncleared(
    place: Place, number: int, other: Bars, got: FloatArray, places: IntArray, suspects: IntArray
) -> list[int]:
    """Suspects that jump back once the bar after them that was replaced is the real one again; the clearest few."""
    back = places[np.searchsorted(places, suspects, side="right")]
    without = place.evaluate(place.signals[number], restored_at(other, place.real, back))
    jumps = _jumps(got, without)[suspects]
    order = np.argsort(-jumps, kind="stable")[:_CONFIRMED]
    return sorted(suspects[order[jumps[order] > _JUMP]].tolist())


def _jumps(one: FloatArray, two: FloatArray) -> FloatArray:
    """How much the difference of two changes at each bar, beside its change at the bar before; the most of all rows.

    What decays after a replaced bar, as an exponential average does, changes by less at each bar and never jumps.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        scale = np.nanmax(np.where(np.isfinite(one), np.abs(one), 0.0), axis=1, keepdims=True) + 1e-300
        apart = ((one - two) / scale).clip(-1e6, 1e6)
    known = np.isnan(one).astype(np.float64) - np.isnan(two)  # -1, 0, 1: where only one of them has a value
    apart = np.where(np.isfinite(apart), apart, 0.0) + 10.0 * known
    change = np.abs(np.diff(apart, axis=1, prepend=0.0))
    before = np.concatenate([np.zeros((len(change), 1)), change[:, :-1]], axis=1)
    jumps: FloatArray = np.where(apart != 0.0, change / (before + 1e-12), 0.0).max(axis=0)
    return jumps


def _drawn(bars: IntArray, most: int, rng: np.random.Generator) -> IntArray:
    return bars if len(bars) <= most else bars[rng.permutation(len(bars))[:most]]
