"""JSON Schema (2020-12) of a rules document, made from the catalogue of features, and two examples."""

from __future__ import annotations

from typing import Any

from candlecloud.catalogue import FEATURES
from candlecloud.market.timeframe import TIMEFRAMES
from candlecloud.parameters import parameters_schema
from candlecloud.spec import FeatureSpec
from candlecloud.strategies.rules.definitions import MAX_FEATURES, MAX_PARAMETERS, NAME
from candlecloud.strategies.rules.examples import EXAMPLES
from candlecloud.strategies.rules.parse import MAX_SHIFT
from candlecloud.strategies.rules.tree import ARITHMETIC, COMPARISONS, CROSSINGS, GROUPS, PRICES


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required}


_SHIFTED = _object(
    {
        "of": {"type": "string"},
        "shift": {
            "type": "integer",
            "minimum": 0,
            "maximum": MAX_SHIFT,
            "description": "Bars back: the run's, or those of the feature's own timeframe.",
        },
    },
    ["of"],
)
_PLACEHOLDER = _object({"param": {"type": "string", "pattern": NAME}}, ["param"])
_PARAMETER = _object(
    {
        "kind": {"enum": ["integer", "number"]},
        "low": {"type": "number"},
        "high": {"type": "number"},
        "default": {"type": "number"},
        "description": {"type": "string", "maxLength": 200},
    },
    ["kind", "low", "high", "default"],
)


def rules_schema(refs: str = "#/$defs/") -> dict[str, Any]:
    """JSON Schema of a rules document.

    What a schema can't say (names that exist, numbers of nodes and levels) is checked when rules are read.

    Parameters
    ----------
    refs : str
        What references to the parts of the schema begin with. The parts stand under ``$defs``; in an OpenAPI document
        move them to ``components/schemas`` and give ``#/components/schemas/``.
    """

    def ref(name: str) -> dict[str, str]:
        return {"$ref": f"{refs}{name}"}

    condition, operand = ref("RulesCondition"), ref("RulesOperand")
    pair = {"type": "array", "items": operand, "minItems": 2, "maxItems": 2}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "parameters": _named(ref("RulesParameter"), MAX_PARAMETERS, "Numbers that a run or a sweep sets."),
            "features": _named(ref("RulesFeature"), MAX_FEATURES, "Features by the names that conditions use."),
            "long": ref("RulesSide"),
            "short": ref("RulesSide"),
        },
        "anyOf": [{"required": ["long"]}, {"required": ["short"]}],
        "examples": list(EXAMPLES.values()),
        "$defs": {
            "RulesSide": _object({"entry": condition, "exit": condition}, ["entry"]),
            "RulesCondition": _one_of(
                {key: {"type": "array", "items": condition, "minItems": 1} for key in GROUPS}
                | {"not": condition}
                | dict.fromkeys((*COMPARISONS, *CROSSINGS), pair),
                "Comparisons with a missing value are false.",
            ),
            "RulesOperand": {
                "description": f"Number, or name of a feature (`fast`, `macd.signal`) or price ({', '.join(PRICES)}).",
                "anyOf": [
                    {"type": "number"},
                    {"type": "string", "pattern": r"^[a-z][a-z0-9_]{0,31}(\.[a-z0-9_]+)?$"},
                    ref("RulesShifted"),
                    ref("RulesPlaceholder"),
                    _one_of(dict.fromkeys(ARITHMETIC, pair), "Arithmetic; a quotient by 0 is a missing value."),
                ],
            },
            "RulesShifted": _SHIFTED,
            "RulesPlaceholder": _PLACEHOLDER,
            "RulesParameter": _PARAMETER,
            "RulesFeature": {"anyOf": [_feature(feature, ref("RulesPlaceholder")) for feature in FEATURES.values()]},
        },
    }


def refer_to_rules(schemas: dict[str, Any], refs: str) -> None:
    """Let every field ``rules`` refer to the schema of rules documents; pydantic knows it as an object only.

    Parameters
    ----------
    schemas : dict
        Name to schema; that of rules and its parts are added.
    refs : str
        What references to them begin with.
    """
    rules = rules_schema(refs)
    for name in ("$schema", "examples"):
        del rules[name]
    schemas.update(rules.pop("$defs"))
    for schema in list(schemas.values()):
        field = schema.get("properties", {}).get("rules", {})
        if "anyOf" in field:
            field["anyOf"] = [{"$ref": f"{refs}Rules"}, {"type": "null"}]
    schemas["Rules"] = rules


def _feature(feature: FeatureSpec, placeholder: dict[str, str]) -> dict[str, Any]:
    values = parameters_schema(feature.parameters)["properties"]
    return _object(
        {
            "feature": {"const": feature.name},
            "parameters": _object({name: {"anyOf": [value, placeholder]} for name, value in values.items()}, []),
            "timeframe": {"enum": list(TIMEFRAMES), "description": "A multiple of the run's; its own when left out."},
        },
        ["feature"],
    )


def _named(content: dict[str, Any], most: int, description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "propertyNames": {"pattern": NAME},
        "additionalProperties": content,
        "maxProperties": most,
    }


def _one_of(properties: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "properties": properties,
        "minProperties": 1,
        "maxProperties": 1,
    }
