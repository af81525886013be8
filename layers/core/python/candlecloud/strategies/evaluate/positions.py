"""Which positions rules want, of one parameter set or of very many: each indicator once, each bar a bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.features.bars import Bars
from candlecloud.features.kernels.views import doubles
from candlecloud.parameters import Parameters
from candlecloud.strategies.evaluate.beginning import Beginning
from candlecloud.strategies.evaluate.rows import Rows, features_read, is_constant, names_of, parameters_of
from candlecloud.strategies.evaluate.words import (
    ALL_ONES,
    BITS,
    Columns,
    WordArray,
    Words,
    distinct,
    first_of_each,
    later,
)
from candlecloud.strategies.kernels import words as kernel
from candlecloud.strategies.rules.tree import Operand, Rules, comparisons_of

_ROWS_BYTES = 24_000_000
"""Rows of values held at once: sets are taken in blocks that need no more. What is written over stays near the
processor, and memory that is asked for anew costs more than what it is filled with."""
_ENOUGH_ROWS, _MOST_BYTES = 96, 256_000_000
"""So many rows are held in any case, for what sets share, while they take no more than that: years of minutes must fit
into a function."""
_WORDS_BYTES = 1_000_000
"""Words of one condition held at once: what lies near the processor."""
_MOST_SETS = 1_024


@dataclass(frozen=True)
class Positions:
    """Positions that some sets want after the closes of bars ``first`` to ``first + bars - 1``.

    Attributes
    ----------
    sets : IntArray
        Their numbers.
    long, short : uint64, sets x words
        Bit j is that of bar ``first + j``: 64 bars to a word, the lowest bit first.
    """

    sets: IntArray
    first: int
    bars: int
    long: WordArray
    short: WordArray

    def from_open(self, bar: int) -> WordArray:
        """Long positions wanted at the open of bar `bar` and of each later one: those of the closes before."""
        if bar > self.first:
            return self.long
        room = np.zeros((len(self.sets), (self.bars + 1 + 63) // 64 - self.long.shape[1]), np.uint64)
        return later(np.concatenate([self.long, room], axis=1))  # before the first bar nothing is wanted

    def write_target(self, k: int, target: FloatArray, sides: tuple[float, float] = (-1.0, 1.0)) -> None:
        """Write the k-th set's wanted position into one entry per bar of all; entries outside stay.

        Parameters
        ----------
        sides : tuple of float
            Lowest and highest target that the run takes.
        """
        kernel.spread(
            *(self.long[k].data, self.short[k].data, self.first, self.bars),
            *(max(0.0, sides[1]), min(0.0, sides[0]), BITS.data, doubles(target)),
        )


def positions_of_sets(
    rules: Rules,
    beginning: Beginning,
    columns: Columns,
    warmups: IntArray,
    first: int,
    stop: int,
) -> Iterator[Positions]:
    """Positions of many parameter sets, in blocks, not in the order of the sets.

    Parameters
    ----------
    columns : mapping
        Parameter to one value per set; empty for one set without parameters.
    warmups : IntArray, one per set
        Bars until the first decision of each.
    first, stop : int
        Bars at whose closes positions are wanted.
    """
    bars = beginning.bars
    lengths, which = np.unique(warmups, return_inverse=True)
    ready = np.array([beginning.ready(int(warmup)) for warmup in lengths], np.int64)[which]
    operands = _operands(rules)
    row_bytes = 8 * max(len(bars), 1)
    most_rows = max(len(operands), min(_ENOUGH_ROWS, _MOST_BYTES // row_bytes), _ROWS_BYTES // row_bytes)
    room = np.empty(0)
    for block in _blocks(rules, operands, columns, np.arange(len(warmups)), most_rows):
        needed = _count_rows(rules, operands, columns, block) * len(bars)
        room = room if len(room) >= needed else np.empty(needed)
        rows = Rows(rules, beginning, room)
        for name in features_read(rules):
            rows.fill(name, distinct(columns, parameters_of(rules.features[name]), block)[0], operands)
        words = Words(rules, bars, rows, columns, first, stop)
        at_once = min(_MOST_SETS, max(8, _WORDS_BYTES // (8 * ((stop - first + 63) // 64 + 1))))
        for begin in range(0, len(block), at_once):
            sets = block[begin : begin + at_once]
            yield Positions(sets, first, stop - first, *_hold(words, rules, sets, ready[sets] - first))


def target_of_rules(rules: Rules, beginning: Beginning, parameters: Parameters, warmup_bars: int) -> FloatArray:
    """Position of one set after each close: -1, 0 or 1, and 0 before the warm-up."""
    target: FloatArray = _targets(rules, beginning, [parameters], [warmup_bars])[0]
    return target


def targets_of_rules(rules: Rules, bars: Bars, sets: Sequence[Parameters], warmups: Sequence[int]) -> FloatArray:
    """Positions of some sets, a row each, that all begin with the bars."""
    return _targets(rules, Beginning(bars), sets, warmups)


def _targets(rules: Rules, beginning: Beginning, sets: Sequence[Parameters], warmups: Sequence[int]) -> FloatArray:
    bars = beginning.bars
    targets = np.zeros((len(sets), len(bars)))
    columns = {name: np.array([each[name] for each in sets]) for name in sets[0]}
    if len(bars):
        for positions in positions_of_sets(rules, beginning, columns, np.array(warmups, np.int64), 0, len(bars)):
            for k, number in enumerate(positions.sets.tolist()):
                positions.write_target(k, targets[number])
    return targets


def _hold(words: Words, rules: Rules, sets: IntArray, ready: IntArray) -> tuple[WordArray, WordArray]:
    """What is held, long and short, from entries and exits of both sides."""
    given: list[WordArray] = []
    for side in (rules.long, rules.short):
        entry = words.never(sets) if side is None else np.array(words.of(side.entry, sets))  # to be written to
        leave = ~entry if side is None or side.exit is None else words.of(side.exit, sets)
        _clear_before(entry, ready)
        given += [entry, np.ascontiguousarray(leave)]
    long, short = np.empty_like(given[0]), np.empty_like(given[0])
    up, leave_up, down, leave_down, longs, shorts = (array.reshape(-1).data for array in (*given, long, short))
    kernel.hold(up, leave_up, down, leave_down, given[0].shape[1], ALL_ONES, longs, shorts)
    return long, short


def _clear_before(words: WordArray, ready: IntArray) -> None:
    """No side is entered before a decision is ready."""
    for k in np.flatnonzero(ready > 0).tolist():
        whole, rest = divmod(min(int(ready[k]), words.shape[1] * 64), 64)
        words[k, :whole] = 0
        if rest:
            words[k, whole] &= np.uint64(ALL_ONES ^ ((1 << rest) - 1))


def _operands(rules: Rules) -> list[Operand]:
    """What has a row: both sides of every comparison that are no numbers, each once."""
    compared = [comparison for condition in rules.conditions() for comparison in comparisons_of(condition)]
    sides = dict.fromkeys(side for comparison in compared for side in (comparison.left, comparison.right))
    return [side for side in sides if not is_constant(side)]


def _count_rows(rules: Rules, operands: Sequence[Operand], columns: Columns, sets: IntArray) -> int:
    return sum(len(first_of_each(columns, names_of(operand, rules), sets)[0]) for operand in operands)


def _blocks(
    rules: Rules, operands: Sequence[Operand], columns: Columns, sets: IntArray, most_rows: int
) -> Iterator[IntArray]:
    """Sets that share few rows each: halved along the parameter that parts fewest rows, until they fit."""
    if not len(sets):
        return
    if len(sets) == 1 or _count_rows(rules, operands, columns, sets) <= most_rows:
        yield sets
        return
    read = sorted({name for operand in operands for name in names_of(operand, rules)}, key=list(columns).index)
    halves = [_halved(columns, name, sets) for name in read]
    whole = [(lower, upper) for lower, upper in halves if len(lower)]
    if not whole:
        yield sets
        return
    sizes = [sum(_count_rows(rules, operands, columns, half) for half in each) for each in whole]
    lower, upper = whole[sizes.index(min(sizes))]
    for half in (lower, upper):
        yield from _blocks(rules, operands, columns, half, most_rows)


def _halved(columns: Columns, name: str, sets: IntArray) -> tuple[IntArray, IntArray]:
    """Sets with the lower and with the higher values of a parameter; none are lower if there is one value only."""
    values = np.unique(columns[name][sets])
    upper = columns[name][sets] >= values[len(values) // 2]
    return sets[~upper], sets[upper]
