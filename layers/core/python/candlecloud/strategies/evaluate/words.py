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
from candlecloud.strategies.evaluate.rows import Rows, Values, constant, is_constant, names_of
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
    if not names:
        return [{}], np.zeros(len(sets), np.int64)
    taken = [columns[name][sets] for name in names]
    codes = np.zeros(len(sets), np.int64)
    for column in taken:
        values, inverse = np.unique(column, return_inverse=True)
        _, codes = np.unique(codes * len(values) + inverse, return_inverse=True)
    _, firsts = np.unique(codes, return_index=True)
    return [{name: column[k].item() for name, column in zip(names, taken, strict=True)} for k in firsts], codes


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
        names = sorted({*names_of(comparison.left, self._rules), *names_of(comparison.right, self._rules)})
        values, which = distinct(self._columns, names, sets)
        if comparison.operator not in _CROSS:
            found = self._compare(comparison.operator, comparison, values, 0)
        else:
            now, then = _CROSS[comparison.operator]
            found = self._compare(now, comparison, values, 0) & self._compare(then, comparison, values, 1)
        return found if len(values) == len(sets) and np.all(np.diff(which) == 1) else found[which]

    def _compare(self, operator: str, comparison: Comparison, sets: Sequence[Values], earlier: int) -> WordArray:
        """Compare at the closes `earlier` bars before; at the first bar nothing was before."""
        left, right = comparison.left, comparison.right
        if is_constant(left):
            left, right, operator = right, left, _MIRRORED[operator]
        first = self._first - earlier
        if first < 0:  # no bar before the first one: nothing held there
            return later(self._compare_from(operator, left, right, sets, 0, self._stop - earlier))
        return self._compare_from(operator, left, right, sets, first, self._stop - earlier)

    def _compare_from(
        self, operator: str, left: Operand, right: Operand, sets: Sequence[Values], first: int, stop: int
    ) -> WordArray:
        n_words = (self._stop - self._first + 63) // 64
        found = np.zeros((len(sets), n_words), np.uint64)
        exact = [k for k, values in enumerate(sets) if self._needs_whole_numbers(left, right, values)]
        for k in exact:
            words = pack(self._exact(operator, left, right, sets[k])[first:stop])
            found[k, : len(words)] = words
        rest = [values for k, values in enumerate(sets) if k not in exact] if exact else sets
        if not rest or stop <= first:
            return found
        words = np.zeros((len(rest), (stop - first + 63) // 64), np.uint64)
        rows, lefts = self._rows.values, self._places(left, rest)
        span = first, stop - first, BITS.data, words.reshape(-1).data
        if is_constant(right):
            constants = np.array([constant(right, values) for values in rest])
            kernel.compare_constants(doubles(rows), integers(lefts), doubles(constants), _KINDS[operator], *span)
        else:
            rights = self._places(right, rest)
            if operator in ("lt", "le"):
                lefts, rights, operator = rights, lefts, _MIRRORED[operator]
            kernel.compare(doubles(rows), integers(lefts), doubles(rows), integers(rights), _KINDS[operator], *span)
        found[[k for k in range(len(sets)) if k not in exact] if exact else slice(None), : words.shape[1]] = words
        return found

    def _places(self, operand: Operand, sets: Sequence[Values]) -> IntArray:
        return np.array([self._rows.place(operand, values) for values in sets], np.int64)

    def _needs_whole_numbers(self, left: Operand, right: Operand, values: Values) -> bool:
        """Whether two plain averages of the closes are too large to be compared as floats."""
        windows = [self._window(operand, values) for operand in (left, right)]
        return None not in windows and self._largest * int(windows[0] or 0) * int(windows[1] or 0) >= _EXACT_AVERAGES

    def _window(self, operand: Operand, values: Values) -> int | None:
        if not isinstance(operand, SeriesOperand) or operand.output != "sma" or operand.shift:
            return None
        named = self._rules.features[operand.name]
        return int(named.values(values)["window"]) if named.feature == "sma" and named.timeframe is None else None

    def _exact(self, operator: str, left: Operand, right: Operand, values: Values) -> NDArray[np.bool_]:
        fast, slow = int(self._window(left, values) or 0), int(self._window(right, values) or 0)
        low, high = min(fast, slow), max(fast, slow)
        sign = compare_sma(self._bars.close_tick_sums, low, high)
        known = np.arange(len(sign)) >= high - 1
        return np.asarray(_SIGNS[operator](sign if fast <= slow else -sign, 0) & known, np.bool_)


def later(words: WordArray) -> WordArray:
    """The same one bar later; 0 at the first."""
    moved = words << np.uint64(1)
    moved[:, 1:] |= words[:, :-1] >> np.uint64(63)
    return moved
