"""Rules in words: what a page about a run says of its strategy."""

from __future__ import annotations

from candlecloud.catalogue import FEATURES
from candlecloud.parameters import Number
from candlecloud.strategies.rules.tree import (
    ArithmeticOperand,
    Comparison,
    Condition,
    NamedFeature,
    Negation,
    Operand,
    Placeholder,
    Rules,
    SeriesOperand,
    Side,
)

_SIGNS = {
    "gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "=", "crosses_above": "crosses above",
    "crosses_below": "crosses below", "add": "+", "sub": "-", "mul": "x", "div": "/",
}  # fmt: skip
_SPANS = {"1m": "minute", "1h": "hour", "1d": "day"}


def describe_rules(rules: Rules) -> str:
    """Sentences such as ``Long from a close with fast > slow to the first without. fast is ema(window 20).``"""
    words = _Words(rules)
    sides = [
        words.side(name, side) for name, side in (("Long", rules.long), ("Short", rules.short)) if side is not None
    ]
    features = [f"{name} is {_feature(named)}." for name, named in rules.features.items()]
    return " ".join([*sides, "Flat otherwise.", *features])


def _feature(named: NamedFeature) -> str:
    values = ", ".join(f"{name} {_number(value)}" for name, value in named.parameters.items())
    written = f"{named.feature}({values})" if values else named.feature
    return written if named.timeframe is None else f"{written} on {named.timeframe}"


def _number(value: Number | Placeholder) -> str:
    return f"<{value.name}>" if isinstance(value, Placeholder) else f"{value:.12g}"


def _back(shift: int, timeframe: str | None) -> str:
    """How far back, in bars of the run or of the timeframe: ``1 bar``, ``2 days``, ``3 bars of 15m``."""
    plural = "" if shift == 1 else "s"
    if timeframe in _SPANS:
        return f"{shift} {_SPANS[timeframe]}{plural}"
    return f"{shift} bar{plural}" + ("" if timeframe is None else f" of {timeframe}")


class _Words:
    """Conditions in words; the features say whose bars a shift counts."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def side(self, name: str, side: Side) -> str:
        until = "without" if side.exit is None else f"with {self._condition(side.exit)}"
        return f"{name} from a close with {self._condition(side.entry)} to the first {until}."

    def _condition(self, condition: Condition, nested: bool = False) -> str:
        if isinstance(condition, Comparison):
            return f"{self._operand(condition.left)} {_SIGNS[condition.operator]} {self._operand(condition.right)}"
        if isinstance(condition, Negation):
            return f"not ({self._condition(condition.condition)})"
        if len(condition.conditions) == 1:
            return self._condition(condition.conditions[0], nested)
        word = " and " if condition.operator == "all" else " or "
        joined = word.join(self._condition(inner, nested=True) for inner in condition.conditions)
        return f"({joined})" if nested else joined

    def _operand(self, operand: Operand, nested: bool = False) -> str:
        if isinstance(operand, ArithmeticOperand):
            left, right = self._operand(operand.left, nested=True), self._operand(operand.right, nested=True)
            written = f"{left} {_SIGNS[operand.operator]} {right}"
            return f"({written})" if nested else written
        if isinstance(operand, (float, Placeholder)):
            return _number(operand)
        return self._series(operand)

    def _series(self, series: SeriesOperand) -> str:
        named = None if series.output is None else self._rules.features[series.name]
        single = named is None or len(FEATURES[named.feature].outputs) == 1
        output = "" if single else f".{series.output}"
        back = f"[{_back(series.shift, None if named is None else named.timeframe)} back]" if series.shift else ""
        return f"{series.name}{output}{back}"
