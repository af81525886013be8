"""Rules on bars: conditions to positions. Needs NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from candlecloud.arrays import BoolArray, FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_feature, compute_use
from candlecloud.features.families import FEATURES
from candlecloud.parameters import Parameters
from candlecloud.strategies.holding import before, hold
from candlecloud.strategies.rules.tree import (
    Comparison,
    Condition,
    Negation,
    Operand,
    Placeholder,
    Rules,
    SeriesOperand,
    Side,
)

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "gt": np.greater,
    "ge": np.greater_equal,
    "lt": np.less,
    "le": np.less_equal,
    "eq": np.equal,
}
_CROSS = {"crosses_above": (np.greater, np.less_equal), "crosses_below": (np.less, np.greater_equal)}


def rules_target(rules: Rules, bars: Bars, parameters: Parameters, warmup_bars: int) -> FloatArray:
    """Positions after the close of each bar.

    Parameters
    ----------
    parameters : mapping
        A number for each of the rules' parameters.
    warmup_bars : int
        No side is entered before this many bars have closed.

    Returns
    -------
    FloatArray, length n
        -1, 0 or 1.
    """
    values = _Values(rules, bars, parameters)
    ready = np.arange(len(bars)) >= warmup_bars - 1
    with np.errstate(over="ignore", invalid="ignore"):  # arithmetic that overflows compares as infinity
        return hold(*_side(values, rules.long, ready), *_side(values, rules.short, ready))


def _side(values: _Values, side: Side | None, ready: BoolArray) -> tuple[BoolArray, BoolArray]:
    if side is None:
        return np.zeros_like(ready), np.zeros_like(ready)
    entry = _holds(values, side.entry)
    return entry & ready, ~entry if side.exit is None else _holds(values, side.exit)


def _holds(values: _Values, condition: Condition) -> BoolArray:
    if isinstance(condition, Comparison):
        return _compares(values, condition)
    if isinstance(condition, Negation):
        return ~_holds(values, condition.condition)
    inner = [_holds(values, one) for one in condition.conditions]
    return np.asarray(np.all(inner, axis=0) if condition.operator == "all" else np.any(inner, axis=0), np.bool_)


def _compares(values: _Values, comparison: Comparison) -> BoolArray:
    """A comparison with NaN is False."""
    left, right = values.of(comparison.left), values.of(comparison.right)
    if comparison.operator in _COMPARE:
        return np.asarray(_COMPARE[comparison.operator](left, right), np.bool_)
    now, then = _CROSS[comparison.operator]
    return np.asarray(now(left, right) & then(before(left), before(right)), np.bool_)


class _Values:
    """Operands as arrays of the bars' length; each feature of the run's own bars is computed once."""

    def __init__(self, rules: Rules, bars: Bars, parameters: Parameters) -> None:
        self._rules = rules
        self._bars = bars
        self._parameters = parameters
        self._outputs: dict[tuple[str, str | None], FloatArray] = {}
        self._longer: dict[SeriesOperand, FloatArray] = {}

    def of(self, operand: Operand) -> FloatArray:
        if isinstance(operand, SeriesOperand):
            return self._series(operand)
        if isinstance(operand, Placeholder):
            return np.full(len(self._bars), float(self._parameters[operand.name]))
        if isinstance(operand, float):
            return np.full(len(self._bars), operand)
        left, right = self.of(operand.left), self.of(operand.right)
        if operand.operator == "div":
            return left / np.where(right == 0.0, np.nan, right)  # a quotient by 0 has no value
        return {"add": np.add, "sub": np.subtract, "mul": np.multiply}[operand.operator](left, right)

    def _series(self, operand: SeriesOperand) -> FloatArray:
        if operand.output is None:
            price: FloatArray = getattr(self._bars, operand.name)
            return before(price, operand.shift)
        if self._rules.features[operand.name].timeframe is not None:
            return self._of_longer_bars(operand)
        if (operand.name, operand.output) not in self._outputs:
            self._compute(operand.name)
        return before(self._outputs[operand.name, operand.output], operand.shift)

    def _of_longer_bars(self, operand: SeriesOperand) -> FloatArray:
        """Shifted by the feature's own bars, before its values meet those of the run."""
        if operand not in self._longer:
            use = self._rules.features[operand.name].use(operand, self._parameters)
            self._longer[operand] = compute_use(self._bars, use)
        return self._longer[operand]

    def _compute(self, name: str) -> None:
        named = self._rules.features[name]
        computed = compute_feature(self._bars, FEATURES.find(named.feature), named.values(self._parameters))
        self._outputs |= {(name, each): array for each, array in computed.items()}
