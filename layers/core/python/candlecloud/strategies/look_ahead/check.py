"""Where the look-ahead test looks: the beginning, the end, many local cuts, and the bars between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from candlecloud.features.bars import Bars
from candlecloud.strategies.look_ahead.garbage import extended, garbage_from, other_future, part
from candlecloud.strategies.look_ahead.memory import check_memory
from candlecloud.strategies.look_ahead.screen import screen
from candlecloud.strategies.look_ahead.signals import Place, SignalUnderTest

_TAIL = 64
_SHORT = 1_024


@dataclass(frozen=True)
class Effort:
    """How much is computed, in bars: it does not depend on how many bars there are.

    Attributes
    ----------
    head : int
        Bars, from the first on, that cuts in the beginning and in the middle are tried on.
    left_out : int
        As many bars are left out at the end, at most.
    places : int
        Local stretches, drawn from all bars, with two cuts each.
    stretches, body, passes : int
        Stretches that are screened, their length beside the warm-up, and the series made of each.
    screened : int
        About as many bars are computed in screening at most, one series of each stretch apart.
    """

    head: int
    left_out: int
    places: int
    stretches: int
    body: int
    passes: int
    screened: int


RUN_EFFORT = Effort(head=32_768, left_out=8, places=6, stretches=2, body=16_384, passes=2, screened=300_000)
SWEEP_EFFORT = Effort(head=2_048, left_out=2, places=1, stretches=1, body=1_024, passes=3, screened=20_000)


def check_look_ahead(
    bars: Bars,
    signals: Sequence[SignalUnderTest],
    *,
    rng: np.random.Generator,
    warmup_bars: int = 1,
    effort: Effort = RUN_EFFORT,
) -> list[int]:
    """Compare every signal before each cut with what it says once the bars from the cut on are others.

    Parameters
    ----------
    bars : Bars
        All that the signals are computed on, warm-up included.
    signals : sequence of SignalUnderTest
        Features before what is made of them: the first one that moves is named.
    rng : numpy.random.Generator
        Draws the cuts and the garbage.
    warmup_bars : int
        What the first decision needs; found from the values where they begin later.

    Returns
    -------
    list of int
        The cuts: number of the first bar that was another, ascending.

    Raises
    ------
    LookAheadError
        With the name of the signal and the first bar that moved.
    """
    if len(bars) < 2 or not signals:
        return []
    head = Place(bars, 0, min(len(bars), max(effort.head, warmup_bars + effort.body)), signals)
    lead = _lead(head, warmup_bars)
    length = min(len(bars), lead + effort.body)
    short = min(len(bars), lead + _SHORT)
    affordable = max(1, effort.screened // length)  # a warm-up of months leaves room for few
    cuts = _check_beginning(head, lead, rng)
    cuts += _check_end(bars, lead, signals, min(effort.left_out, affordable), rng)
    for _ in range(min(effort.places, affordable)):
        cuts += _check_locally(bars, lead, signals, rng)
    check_memory(_drawn_place(bars, short, signals, rng), rng)
    stretches = min(effort.stretches, affordable)
    for turn in range(stretches):
        place = head if length == len(bars) == len(head.real) else _drawn_place(bars, length, signals, rng)
        passes = min(effort.passes, max(1, affordable // (2 * stretches)))
        screen(place, passes, rng, absurd=turn == stretches - 1 and passes > 1)
    return sorted(set(cuts))


def _lead(head: Place, warmup_bars: int) -> int:
    """Bars that a value needs: as declared, or as it shows when the first of them changes; no more than half."""
    if warmup_bars > 1:
        return min(warmup_bars, len(head.real))
    changes = (head.changes(number) for number in range(len(head.signals)))
    shown = max((int(bars[0]) + 1 for bars in changes if len(bars)), default=1)
    return min(shown, (len(head.real) + 1) // 2)


def _check_beginning(head: Place, lead: int, rng: np.random.Generator) -> list[int]:
    """The first bar, bars of the warm-up, the first after it; and the middle, with a long future."""
    n = len(head.real)
    warm = min(lead, n - 1)
    lengths = {1, int(rng.integers(1, warm + 1)), int(rng.integers(1, warm + 1)), warm, min(2 * lead, n - 1)}
    middle = int(rng.integers(n // 4, n * 3 // 4)) if n > 3 else 1
    for factor in (10.0, 0.1):
        head.check_all(garbage_from(head.real, 1, factor, rng), 1)
    early = int(rng.integers(1, warm + 1))
    head.check_all(other_future(part(head.real, 0, min(n, early + warm + _TAIL)), early, rng), early)
    for cut in sorted(lengths | {middle}):
        head.check_all(part(head.real, 0, cut), cut)
    head.check_all(other_future(head.real, middle, rng), middle)
    head.check_all(extended(head.real, 1, rng), n)
    return [*lengths, early, middle]


def _check_end(
    bars: Bars, lead: int, signals: Sequence[SignalUnderTest], left_out: int, rng: np.random.Generator
) -> list[int]:
    """The last bars: some of them left out, and some that did not happen after them."""
    first = max(0, len(bars) - lead - int(rng.integers(_TAIL, 2 * _TAIL)))
    place = Place(bars, first, len(bars), signals)
    n = len(place.real)
    for count in (1, min(n, _TAIL)):
        place.check_all(extended(place.real, count, rng), n)
    cuts = [n - left for left in range(1, left_out + 1) if left < n]
    for cut in cuts:
        place.check_all(part(place.real, 0, cut), cut)
    return [first + cut for cut in cuts]


def _check_locally(bars: Bars, lead: int, signals: Sequence[SignalUnderTest], rng: np.random.Generator) -> list[int]:
    """Two cuts on a short stretch, right after bars at which a signal changed.

    That is where a leak shows best, and two changes in a row are one of each kind: into a position and out of it.
    """
    length = min(len(bars), lead + 4 * _TAIL)
    place = _drawn_place(bars, length, signals, rng)
    changes = place.changes(int(rng.integers(len(signals))))
    after = changes[(changes > min(lead, length // 2)) & (changes < length - 1)] + 1
    if len(after):
        drawn = int(rng.integers(len(after)))
        cuts = after[[drawn, min(drawn + 1, len(after) - 1)]].tolist()
    else:
        cuts = rng.integers(1, length, 2).tolist()
    for cut, factor in zip(cuts, (10.0, 0.1), strict=True):
        for other in (part(place.real, 0, cut), garbage_from(place.real, cut, factor, rng)):
            place.check_all(other, cut)
        place.check_all(other_future(place.real, cut, rng), cut)
    return [place.first + cut for cut in cuts]


def _drawn_place(bars: Bars, length: int, signals: Sequence[SignalUnderTest], rng: np.random.Generator) -> Place:
    first = int(rng.integers(len(bars) - length + 1))
    return Place(bars, first, first + length, signals)
