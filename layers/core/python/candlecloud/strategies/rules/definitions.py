"""Reading the blocks `parameters` and `features` of a rules document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from candlecloud.catalogue import FEATURES
from candlecloud.errors import InvalidTimeframeError
from candlecloud.market.timeframe import TIMEFRAMES, Timeframe
from candlecloud.parameters import Number, Parameter
from candlecloud.spec import FeatureSpec
from candlecloud.strategies.rules.refusals import read_mapping, read_object, refuse, refuse_word, show, step
from candlecloud.strategies.rules.tree import PRICES, NamedFeature, Placeholder

MAX_FEATURES = 30
MAX_PARAMETERS = 20
NAME = "^[a-z][a-z0-9_]{0,31}$"
_LONGEST_TEXT = 200


def read_parameters(value: Any, pointer: str) -> tuple[Parameter, ...]:
    """Parameters of the rules: numbers with bounds that a run or a sweep sets.

    Raises
    ------
    InvalidParameterError
        With the place of what is wrong.
    """
    block = _named(value, pointer, MAX_PARAMETERS, "parameters")
    return tuple(_read_parameter(name, content, step(pointer, name)) for name, content in block.items())


def _read_parameter(name: str, value: Any, pointer: str) -> Parameter:
    keys, required = ("kind", "low", "high", "default", "description"), ("kind", "low", "high", "default")
    block = read_object(value, pointer, keys, required)
    if block["kind"] not in ("integer", "number"):
        refuse_word(step(pointer, "kind"), "kind", block["kind"], ("integer", "number"))
    kind: Literal["integer", "number"] = block["kind"]
    low, high, default = (_read_bound(block[key], kind, step(pointer, key)) for key in ("low", "high", "default"))
    if not low <= default <= high:
        refuse(
            step(pointer, "default"),
            f"{default} is not between low ({low}) and high ({high}).",
            "Give low <= default <= high.",
        )
    text = block.get("description", "")
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        refuse(step(pointer, "description"), "This must be a text.", f"Write at most {_LONGEST_TEXT} characters.")
    return Parameter(name, kind, low, high, default, text)


def _read_bound(value: Any, kind: str, pointer: str) -> Number:
    number = read_number(value, pointer)
    if kind == "number":
        return number
    if not number.is_integer():
        refuse(pointer, f"{number} is not a whole number.", 'Write a whole number, or set "kind" to "number".')
    return int(number)


def read_number(value: Any, pointer: str) -> float:
    """A finite number as a float; -0.0 is 0.0.

    Raises
    ------
    InvalidParameterError
        If it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= 1e300:
        refuse(pointer, "This must be a finite number.", "Write a JSON number, without quotes.", got=show(value))
    return float(value) + 0.0


def read_features(value: Any, pointer: str, parameters: Mapping[str, Parameter]) -> dict[str, NamedFeature]:
    """Features by the names that conditions use.

    Raises
    ------
    InvalidParameterError
        With the place of what is wrong.
    """
    block = _named(value, pointer, MAX_FEATURES, "features")
    return {name: _read_feature(content, step(pointer, name), parameters) for name, content in block.items()}


def _read_feature(value: Any, pointer: str, parameters: Mapping[str, Parameter]) -> NamedFeature:
    block = read_object(value, pointer, ("feature", "parameters", "timeframe"), ("feature",))
    word = block["feature"]
    if not isinstance(word, str) or word not in FEATURES:
        refuse_word(step(pointer, "feature"), "feature", word, tuple(FEATURES))
    feature = FEATURES[word]
    place = step(pointer, "parameters")
    values = _read_values(feature, read_mapping(block.get("parameters", {}), place), place, parameters)
    named = NamedFeature(word, values, _read_timeframe(block, step(pointer, "timeframe")))
    reason = feature.conflict(
        named.values({name: p.default for name, p in parameters.items() if p.default is not None})
    )
    if reason is not None:
        refuse(place, f"{reason}.", f"Change the parameters of {word}, or the defaults of the rules' own.")
    return named


def _read_values(
    feature: FeatureSpec, block: Mapping[str, Any], pointer: str, parameters: Mapping[str, Parameter]
) -> dict[str, Number | Placeholder]:
    known = [parameter.name for parameter in feature.parameters]
    for name in block:
        if name not in known:
            refuse_word(step(pointer, name), f"parameter of {feature.name}", name, known)
    return {
        wanted.name: _read_value(wanted, block.get(wanted.name, wanted.default), step(pointer, wanted.name), parameters)
        for wanted in feature.parameters
    }


def _read_value(
    wanted: Parameter, value: Any, pointer: str, parameters: Mapping[str, Parameter]
) -> Number | Placeholder:
    if not isinstance(value, Mapping):
        return wanted.check(value if isinstance(value, (int, float)) else show(value), pointer)
    placeholder = read_placeholder(value, pointer, parameters)
    given = parameters[placeholder.name]
    if given.low < wanted.low or given.high > wanted.high or (wanted.kind == "integer" and given.kind != "integer"):
        kind = "whole numbers" if wanted.kind == "integer" else "numbers"
        refuse(
            pointer,
            f"Parameter {given.name!r} can be what {wanted.name!r} can't.",
            f"{wanted.name} takes {kind} from {wanted.low} to {wanted.high}: narrow {given.name!r} to that.",
        )
    return placeholder


def read_placeholder(value: Any, pointer: str, parameters: Mapping[str, Parameter]) -> Placeholder:
    """A reference to one of the rules' parameters.

    Raises
    ------
    InvalidParameterError
        If there is no such parameter.
    """
    name = read_object(value, pointer, ("param",), ("param",))["param"]
    if not isinstance(name, str) or name not in parameters:
        refuse_word(step(pointer, "param"), "parameter", name, tuple(parameters))
    return Placeholder(name)


def _read_timeframe(block: Mapping[str, Any], pointer: str) -> str | None:
    if "timeframe" not in block:
        return None
    try:
        return Timeframe.parse(block["timeframe"]).name
    except (InvalidTimeframeError, TypeError):
        refuse_word(pointer, "timeframe", block["timeframe"], TIMEFRAMES)


def _named(value: Any, pointer: str, limit: int, what: str) -> Mapping[str, Any]:
    block = read_mapping(value, pointer)
    if len(block) > limit:
        refuse(pointer, f"There are {len(block)} {what}.", f"Use at most {limit}.", limit=limit)
    for name in block:
        if not isinstance(name, str) or not re.fullmatch(NAME, name):
            refuse(step(pointer, name), f"{show(name)} is no name.", "Use a-z, 0-9 and _, at most 32, a letter first.")
        if what == "features" and name in PRICES:
            refuse(
                step(pointer, name), f"{name!r} is a price of the bar.", f"Use another name than {', '.join(PRICES)}."
            )
    return dict(sorted(block.items()))  # the order in which names are written means nothing
