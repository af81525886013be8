"""Conditions at closes as words: one bit per bar and parameter set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from candlecloud.arrays import IntArray
from candlecloud.features.bars import Bars
from candlecloud.features.families.moving_average import compare_sma
from candlecloud.features.kernels.views import doubles, integers
from candlecloud.strategies.evaluate.rows import Rows, Values, constant, is_constant
from candlecloud.strategies.kernels import words as kernel
from candlecloud.strategies.rules.tree import Comparison, Condition, Negation, Operand, Rules, SeriesOperand

WordArray = NDArray[np.uint64]
Columns = Mapping[str, NDArray[Any]]

ALL_ONES = 2**64 - 1
BITS = np.left_shift(np.uint64(1), np.arange(64, dtype=np.uint64))
_EXACT_AVERAGES = 2**51
"""Averages of whole ticks keep order and ties as floats while the largest close times both windows is below this."""
_KINDS = {"gt": 0, "ge": 1, "eq": 2, "lt": 3, "le": 4}
_MIRRORED = {"gt": "lt", "ge": "le", "eq": "eq", "lt": "gt", "le": "ge"}
_CROSS = {"crosses_above": ("gt", "le"), "crosses_below": ("lt", "ge")}
_SIGNS: Mapping[str, Callable[[Any, int], Any]] = {
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "lt": np.less,
    "le": np.less_equal,
}


def distinct(columns: Columns, names: Sequence[str], sets: IntArray) -> tuple[list[Values], IntArray]:
    """Distinct values of some parameters among sets, and which of them each set has."""
    firsts, codes = first_of_each(columns, names, sets)
    return [{name: columns[name][k].item() for name in names} for k in firsts], codes


def first_of_each(columns: Columns, names: Sequence[str], sets: IntArray) -> tuple[IntArray, IntArray]:
    """For each distinct combination of some parameters the first set that has it, and which one each set has."""
    if len(sets) == 1 or not names:  # a run alone, and each of the many calls of its look-ahead test
        return sets[:1], np.zeros(len(sets), np.int64)
    codes, *others = (np.unique(columns[name][sets], return_inverse=True)[1] for name in names)
    for inverse in others:
        _, codes = np.unique(codes * (int(inverse.max()) + 1) + inverse, return_inverse=True)
    return sets[_first_places(codes)], codes


def _first_places(codes: IntArray) -> IntArray:
    """Where each code, from 0 to the highest, stands first."""
    places = np.empty(int(codes.max()) + 1, np.int64)
    places[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)  # the last written is the first
    return places


def pack(bits: NDArray[np.bool_]) -> WordArray:
    """64 bits to a word, the lowest first; the last word is filled up with zeros."""
    octets = np.zeros((len(bits) + 63) // 64 * 8, np.uint8)
    packed = np.packbits(bits, bitorder="little")
    octets[: len(packed)] = packed
    return octets.view("<u8").astype(np.uint64)


class Words:
    """Conditions of a block of sets at the closes of bars ``first`` to ``stop - 1``."""

    def __init__(self, rules: Rules, bars: Bars, rows: Rows, columns: Columns, first: int, stop: int) -> None:
        self._rules, self._bars, self._rows, self._columns = rules, bars, rows, columns
        self._first, self._stop = first, stop
        self._largest = int(bars.close_ticks.max()) if len(bars) else 0

    def of(self, condition: Condition, sets: IntArray) -> WordArray:
        """One row of words per set. Bits behind the last bar mean nothing.

        Parameters
        ----------
        sets : IntArray
            Numbers of the sets: entries of the columns.
        """
        if isinstance(condition, Comparison):
            return self._comparison(condition, sets)
        if isinstance(condition, Negation):
            return ~self.of(condition.condition, sets)
        join = np.bitwise_and if condition.operator == "all" else np.bitwise_or
        found = self.of(condition.conditions[0], sets)
        for inner in condition.conditions[1:]:
            found = join(found, self.of(inner, sets))
        return found

    def never(self, sets: IntArray) -> WordArray:
        """What holds at no bar."""
        return np.zeros((len(sets), (self._stop - self._first + 63) // 64), np.uint64)

    def _comparison(self, comparison: Comparison, sets: IntArray) -> WordArray:
        """Each distinct pair of rows is compared once."""
        names = {name for side in (comparison.left, comparison.right) for name in self._rows.names(side)}
        firsts, which = first_of_each(self._columns, sorted(names), sets)
        if comparison.operator not in _CROSS:
            found = self._compare(comparison.operator, comparison, firsts, 0)
        else:
            now, then = _CROSS[comparison.operator]
            found = self._compare(now, comparison, firsts, 0) & self._compare(then, comparison, firsts, 1)
        return found if np.array_equal(which, np.arange(len(firsts))) else found[which]

    def _compare(self, operator: str, comparison: Comparison, sets: IntArray, earlier: int) -> WordArray:
        """Compare at the closes `earlier` bars before; at the first bar nothing was before."""
        left, right = comparison.left, comparison.right
        if is_constant(left):
            left, right, operator = right, left, _MIRRORED[operator]
        first = max(0, self._first - earlier)
        found = np.zeros((len(sets), (self._stop - self._first + 63) // 64), np.uint64)
        large = self._too_large(left, right, sets)
        for k in np.flatnonzero(large).tolist():
            words = pack(self._exact(operator, left, right, sets[k : k + 1])[first : self._stop - earlier])
            found[k, : len(words)] = words
        if self._stop - earlier > first and not large.all():
            words = self._compared(operator, left, right, sets[~large], first, self._stop - earlier - first)
            found[~large, : words.shape[1]] = words
        return found if self._first >= earlier else later(found)

    def _compared(
        self, operator: str, left: Operand, right: Operand, sets: IntArray, first: int, bars: int
    ) -> WordArray:
        """Compare rows as floats."""
        lefts = self._of_each(left, sets, self._rows.place)
        words = np.zeros((len(sets), (bars + 63) // 64), np.uint64)
        span = first, bars, BITS.data, words.reshape(-1).data
        if is_constant(right):
            constants = self._of_each(right, sets, constant).astype(np.float64)
            rows = doubles(self._rows.values)
            kernel.compare_constants(rows, integers(lefts), doubles(constants), _KINDS[operator], *span)
            return words
        rights = self._of_each(right, sets, self._rows.place)
        rows = doubles(self._rows.values)
        if operator in ("lt", "le"):
            lefts, rights, operator = rights, lefts, _MIRRORED[operator]
        kernel.compare(rows, integers(lefts), rows, integers(rights), _KINDS[operator], *span)
        return words

    def _of_each(self, operand: Operand, sets: IntArray, find: Callable[[Operand, Values], Any]) -> NDArray[Any]:
        """What is found for an operand, per set; it is looked for once per distinct combination."""
        values, which = distinct(self._columns, self._rows.names(operand), sets)
        return np.array([find(operand, each) for each in values])[which]

    def _too_large(self, left: Operand, right: Operand, sets: IntArray) -> NDArray[np.bool_]:
        """Whether two plain averages of the closes are too large to keep order and ties as floats."""
        if not (self._is_average(left) and self._is_average(right)):
            return np.zeros(len(sets), np.bool_)
        windows = [self._of_each(operand, sets, self._window) for operand in (left, right)]
        return np.asarray(float(self._largest) * windows[0] * windows[1] >= _EXACT_AVERAGES, np.bool_)

    def _is_average(self, operand: Operand) -> bool:
        if not isinstance(operand, SeriesOperand) or operand.output != "sma" or operand.shift:
            return False
        named = self._rules.features[operand.name]
        return named.feature == "sma" and named.timeframe is None

    def _window(self, operand: Operand, values: Values) -> int:
        return int(self._rules.features[operand.name].values(values)["window"])  # type: ignore[union-attr]

    def _exact(self, operator: str, left: Operand, right: Operand, one: IntArray) -> NDArray[np.bool_]:
        """Compare averages of one set by sums of whole ticks."""
        fast, slow = (int(self._of_each(operand, one, self._window)[0]) for operand in (left, right))
        sign = compare_sma(self._bars.close_tick_sums, min(fast, slow), max(fast, slow))
        known = np.arange(len(sign)) >= max(fast, slow) - 1
        return np.asarray(_SIGNS[operator](sign if fast <= slow else -sign, 0) & known, np.bool_)


def later(words: WordArray) -> WordArray:
    """The same one bar later; 0 at the first."""
    moved = words << np.uint64(1)
    moved[:, 1:] |= words[:, :-1] >> np.uint64(63)
    return moved
