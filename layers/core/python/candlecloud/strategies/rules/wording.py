"""Rules in words: what a page about a run says of its strategy."""

from __future__ import annotations

from candlecloud.features.registry import FEATURES
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
    Side,
)

_SIGNS = {
    "gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "=", "crosses_above": "crosses above",
    "crosses_below": "crosses below", "add": "+", "sub": "-", "mul": "x", "div": "/",
}  # fmt: skip
_ONLY_OUTPUTS = {feature.name for feature in FEATURES.values() if len(feature.outputs) == 1}


def describe_rules(rules: Rules) -> str:
    """Sentences such as ``Long from a close with fast > slow to the first without. fast is ema(window 20).``"""
    sides = [_side(name, side) for name, side in (("Long", rules.long), ("Short", rules.short)) if side is not None]
    features = [f"{name} is {_feature(named)}." for name, named in rules.features.items()]
    return " ".join([*sides, "Flat otherwise.", *features])


def _side(name: str, side: Side) -> str:
    until = "without" if side.exit is None else f"with {_condition(side.exit)}"
    return f"{name} from a close with {_condition(side.entry)} to the first {until}."


def _feature(named: NamedFeature) -> str:
    values = ", ".join(f"{name} {_number(value)}" for name, value in named.parameters.items())
    written = f"{named.feature}({values})" if values else named.feature
    return written if named.timeframe is None else f"{written} on {named.timeframe}"


def _condition(condition: Condition, nested: bool = False) -> str:
    if isinstance(condition, Comparison):
        return f"{_operand(condition.left)} {_SIGNS[condition.operator]} {_operand(condition.right)}"
    if isinstance(condition, Negation):
        return f"not ({_condition(condition.condition)})"
    if len(condition.conditions) == 1:
        return _condition(condition.conditions[0], nested)
    word = " and " if condition.operator == "all" else " or "
    joined = word.join(_condition(inner, nested=True) for inner in condition.conditions)
    return f"({joined})" if nested else joined


def _operand(operand: Operand, nested: bool = False) -> str:
    if isinstance(operand, ArithmeticOperand):
        left, right = _operand(operand.left, nested=True), _operand(operand.right, nested=True)
        written = f"{left} {_SIGNS[operand.operator]} {right}"
        return f"({written})" if nested else written
    if isinstance(operand, (float, Placeholder)):
        return _number(operand)
    output = f".{operand.output}" if operand.output not in (None, *_ONLY_OUTPUTS) else ""
    return f"{operand.name}{output}" + (f"[{operand.shift} bars back]" if operand.shift else "")


def _number(value: Number | Placeholder) -> str:
    return f"<{value.name}>" if isinstance(value, Placeholder) else f"{value:.12g}"
