"""Rules written in the one way that equal rules share."""

from __future__ import annotations

from typing import Any

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


def write_rules(rules: Rules) -> dict[str, Any]:
    """Rules as a document: defaults filled, outputs named, numbers of one type, an exit only if it is not the default.

    Reading the result gives equal rules, and writing those gives the result again.
    """
    document: dict[str, Any] = {
        "parameters": {
            p.name: {
                "kind": p.kind,
                "low": p.low,
                "high": p.high,
                "default": p.default,
                "description": p.description,
            }
            for p in rules.parameters
        },
        "features": {name: _feature(named) for name, named in rules.features.items()},
    }
    for name, side in (("long", rules.long), ("short", rules.short)):
        if side is not None:
            document[name] = _side(rules, side)
    return document


def _feature(named: NamedFeature) -> dict[str, Any]:
    written: dict[str, Any] = {
        "feature": named.feature,
        "parameters": {name: _value(value) for name, value in named.parameters.items()},
    }
    return written if named.timeframe is None else {**written, "timeframe": named.timeframe}


def _value(value: Number | Placeholder) -> Number | dict[str, str]:
    return {"param": value.name} if isinstance(value, Placeholder) else value


def _side(rules: Rules, side: Side) -> dict[str, Any]:
    entry = {"entry": _condition(rules, side.entry)}
    return entry if side.exit is None else {**entry, "exit": _condition(rules, side.exit)}


def _condition(rules: Rules, condition: Condition) -> dict[str, Any]:
    if isinstance(condition, Comparison):
        return {condition.operator: [_operand(rules, condition.left), _operand(rules, condition.right)]}
    if isinstance(condition, Negation):
        return {"not": _condition(rules, condition.condition)}
    return {condition.operator: [_condition(rules, inner) for inner in condition.conditions]}


def _operand(rules: Rules, operand: Operand) -> Any:
    if isinstance(operand, SeriesOperand):
        name = _series_name(rules, operand)
        return {"of": name, "shift": operand.shift} if operand.shift else name
    if isinstance(operand, ArithmeticOperand):
        return {operand.operator: [_operand(rules, operand.left), _operand(rules, operand.right)]}
    return _value(operand)


def _series_name(rules: Rules, series: SeriesOperand) -> str:
    if series.output is None:
        return series.name
    single = len(FEATURES[rules.features[series.name].feature].outputs) == 1
    return series.name if single else f"{series.name}.{series.output}"
