"""Many bars at once: a series in which every few bars one is replaced, and what moved just before.

In such a series later values may move for good reasons, so what is found here is a suspicion: a jump of the difference
before a replaced bar, which nothing explains but that bar. Two more series, one without the replaced bars after the
suspects and one with these alone, clear almost all; a cut, which alone accuses, is tried at the few that are left.
"""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.features.bars import Bars
from candlecloud.strategies.look_ahead.garbage import absurd_at, joined, mirrored_at, part, with_bars_of
from candlecloud.strategies.look_ahead.signals import Place

_REGULAR, _IRREGULAR = (7, 8, 9, 11), (5, 10)
_JUMP = 2.0
_CONFIRMED = 3  # of those right before a replaced bar, and of the others
_TAIL = 64


def screen(place: Place, passes: int, rng: np.random.Generator, *, absurd: bool) -> None:
    """Ask of the bars of a place whether their values move with one of the next bars.

    Parameters
    ----------
    passes : int
        Series to make; in each, one bar of seven to eleven is replaced, or one of five to nine.
    absurd : bool
        Whether the bars that the last series replaces are far from all prices, and not of realistic size.

    Raises
    ------
    LookAheadError
        If a suspicion is confirmed.
    """
    real = place.real
    for turn in range(passes):
        places = _places(len(real), rng, regular=turn % 2 == 0)
        if not len(places):
            continue
        other = (absurd_at if absurd and turn == passes - 1 else mirrored_at)(real, places, rng)
        for number, signal in enumerate(place.signals):
            got = place.evaluate(signal, other)
            suspects = _suspects(place.values[number], got, places, rng)
            if len(suspects):
                for bar in _uncleared(place, number, other, got, places, suspects):
                    place.check(number, joined(part(real, 0, bar + 1), part(other, bar + 1, bar + _TAIL)), bar + 1)


def _places(n: int, rng: np.random.Generator, *, regular: bool) -> IntArray:
    """Bars to replace, not the first. What a window drops shows at one distance from them if their gaps are equal.

    Leaks that come at equal gaps themselves could miss these for ever, so other series have gaps of many lengths.
    """
    if regular:
        gap = int(rng.choice(_REGULAR))
        return np.arange(1 + int(rng.integers(gap)), n, gap)
    places = np.cumsum(rng.integers(*_IRREGULAR, n // _IRREGULAR[0] + 1)) - _IRREGULAR[0] + 1
    return places[places < n]


def _suspects(real: FloatArray, got: FloatArray, places: IntArray, rng: np.random.Generator) -> IntArray:
    """Bars whose difference jumps though none of them was replaced; most are right before one that was."""
    jumps = _jumps(real, got)
    jumps[places] = 0.0
    bars = np.flatnonzero(jumps > _JUMP)
    bars = bars[bars < places[-1]]
    distance = places[np.searchsorted(places, bars)] - bars
    bars = bars[
        np.bincount(distance, minlength=1)[distance] <= max(1, len(places) // 3)
    ]  # what is so regular is no leak
    near = np.isin(bars + 1, places, assume_unique=True)
    most = max(8, len(places) // 8)
    return np.sort(np.concatenate([_drawn(bars[near], most, rng), _drawn(bars[~near], most, rng)]))


def _uncleared(
    place: Place, number: int, other: Bars, got: FloatArray, places: IntArray, suspects: IntArray
) -> list[int]:
    """The few suspects that the replaced bar after each of them explains, as far as series of many can tell.

    Values jump back at them once these bars are the real ones again, and jump where no other bar is replaced.
    """
    signal, after = place.signals[number], places[np.searchsorted(places, suspects, side="right")]
    without = place.evaluate(signal, with_bars_of(other, place.real, after))
    few = _clearest(_jumps(got, without), suspects, after)
    if not len(few):
        return []
    alone = place.evaluate(signal, with_bars_of(place.real, other, after[np.isin(suspects, few)]))
    left: list[int] = few[_jumps(place.values[number], alone)[few] > _JUMP].tolist()
    return left


def _clearest(jumps: FloatArray, suspects: IntArray, after: IntArray) -> IntArray:
    order = np.argsort(-jumps[suspects], kind="stable")
    order = order[jumps[suspects[order]] > _JUMP]
    near = suspects[order] + 1 == after[order]
    return np.concatenate([suspects[order[near][:_CONFIRMED]], suspects[order[~near][:_CONFIRMED]]])


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
