"""Rules that are wrong: each error names the place, says what is wrong there and what to write instead."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.api import strict_json
from candlecloud.errors import InvalidParameterError
from candlecloud.strategies.rules.definitions import MAX_FEATURES, MAX_PARAMETERS
from candlecloud.strategies.rules.examples import EXAMPLES
from candlecloud.strategies.rules.language import canonical_rules
from candlecloud.strategies.rules.parse import MAX_DEPTH, MAX_NODES
from candlecloud.strategies.rules.schema import rules_schema
from tests.support.rules import rules_strategy

UP = {"gt": ["close", "open"]}
FAST = {"feature": "ema", "parameters": {"window": 20}}
WINDOW = {"kind": "integer", "low": 2, "high": 50, "default": 20}


def nested(levels: int) -> Any:
    condition: Any = UP
    for _ in range(levels):
        condition = {"not": condition}
    return condition


def entry(condition: Any, **features: Any) -> dict[str, Any]:
    return {"features": features, "long": {"entry": condition}}


def comparing(operand: Any, **features: Any) -> dict[str, Any]:
    return entry({"all": [UP, {"gt": [operand, "close"]}]}, **features)


def featuring(definition: Any, **parameters: Any) -> dict[str, Any]:
    return {"parameters": parameters, "features": {"x": definition}, "long": {"entry": {"gt": ["close", "x"]}}}


def taking(**definition: Any) -> dict[str, Any]:
    block = {key: value for key, value in {**WINDOW, **definition}.items() if value is not None}
    return {"parameters": {"p": block}, "long": {"entry": {"gt": ["close", {"param": "p"}]}}}


OPERAND = "rules/long/entry/all/1/gt/0"
BAD: list[tuple[str, Any, str, str]] = [
    ("no object", [], "rules", "Write a JSON object"),
    ("a text", "close > open", "rules", "Write a JSON object"),
    ("nothing", {}, "rules", 'Add "long"'),
    ("only features", {"features": {}}, "rules", 'Add "long"'),
    ("unknown side", {"lnog": {"entry": UP}}, "rules/lnog", "Did you mean 'long'?"),
    ("side is null", {"long": None}, "rules/long", "Write a JSON object"),
    ("no entry", {"long": {"exit": UP}}, "rules/long", "Add 'entry'"),
    ("unknown part of a side", {"short": {"entry": UP, "exits": UP}}, "rules/short/exits", "Did you mean 'exit'?"),
    ("condition is a text", entry("close > open"), "rules/long/entry", "Write a JSON object"),
    ("condition is empty", entry({}), "rules/long/entry", 'Put several conditions into {"all"'),
    ("two keys", entry({**UP, "lt": ["close", 1]}), "rules/long/entry", 'Put several conditions into {"all"'),
    ("typo in a comparison", entry({"cross_above": ["close", "open"]}), "rules/long/entry/cross_above",
     "Did you mean 'crosses_above'?"),
    ("symbol as comparison", entry({">": ["close", "open"]}), "rules/long/entry/>", "gt, ge, lt, le, eq"),
    ("slash in a key", entry({"a/b~": 1}), "rules/long/entry/a~1b~0", "Allowed: all, any, not"),
    ("group of one object", entry({"all": UP}), "rules/long/entry/all", 'Write {"all": [{"gt"'),
    ("empty group", entry({"any": []}), "rules/long/entry/any", 'Write {"all": [{"gt"'),
    ("wrong member of a group", entry({"any": [UP, 3]}), "rules/long/entry/any/1", "Write a JSON object"),
    ("not of a list", entry({"not": [UP]}), "rules/long/entry/not", "Write a JSON object"),
    ("typo deep inside", entry({"all": [UP, {"not": {"gtt": [1, 2]}}]}), "rules/long/entry/all/1/not/gtt",
     "Did you mean 'gt'?"),
    ("typo in an exit", {"short": {"entry": UP, "exit": {"lower": [1, 2]}}}, "rules/short/exit/lower", "Allowed: all"),
    ("one operand", entry({"gt": ["close"]}), "rules/long/entry/gt", "Write two"),
    ("three operands", entry({"lt": ["close", "open", 1]}), "rules/long/entry/lt", "Write two"),
    ("operands are a text", entry({"lt": "close"}), "rules/long/entry/lt", "Write two"),
    ("constants only", entry({"gt": [1, {"add": [1, 2]}]}), "rules/long/entry/gt", "Compare with a price"),
    ("typo in a price", comparing("clsoe"), OPERAND, "Did you mean 'close'?"),
    ("typo in a feature", comparing("fsat", fast=FAST), OPERAND, "Did you mean 'fast'?"),
    ("typo in an output", comparing("m.signl", m={"feature": "macd"}), OPERAND, "Did you mean 'm.signal'?"),
    ("output of a feature without", comparing("fast.value", fast=FAST), OPERAND, "Did you mean 'fast'?"),
    ("output of a price", comparing("close.ema"), OPERAND, "Did you mean 'close'?"),
    ("number as text", comparing("30.5"), OPERAND, "Write numbers without quotes"),
    ("true", comparing(True), OPERAND, "Write a JSON number"),
    ("null", comparing(None), OPERAND, "Write a JSON number"),
    ("infinite", comparing(float("inf")), OPERAND, "Write a JSON number"),
    ("not a number", comparing(float("nan")), OPERAND, "Write a JSON number"),
    ("beyond floats", comparing(10**400), OPERAND, "Write a JSON number"),
    ("list", comparing([1]), OPERAND, "Write a JSON number"),
    ("feature in place", comparing(FAST), OPERAND, 'Name it under "features"'),
    ("typo in arithmetic", comparing({"mull": ["open", 2]}), f"{OPERAND}/mull", "Did you mean 'mul'?"),
    ("two sums", comparing({"add": [1, 2], "sub": [1, 2]}), OPERAND, "Allowed: of, param, add"),
    ("empty operand", comparing({}), OPERAND, "Allowed: of, param, add"),
    ("sum of one", comparing({"add": [1]}), f"{OPERAND}/add", "Write two"),
    ("typo in a sum", comparing({"add": [1, {"mul": ["opn", 2]}]}), f"{OPERAND}/add/1/mul/0", "Did you mean 'open'?"),
    ("shift into the future", comparing({"of": "close", "shift": -1}), f"{OPERAND}/shift", "1 is the bar before"),
    ("shift too far", comparing({"of": "close", "shift": 1_001}), f"{OPERAND}/shift", "1 is the bar before"),
    ("shift is half", comparing({"of": "close", "shift": 0.5}), f"{OPERAND}/shift", "1 is the bar before"),
    ("shift is true", comparing({"of": "close", "shift": True}), f"{OPERAND}/shift", "1 is the bar before"),
    ("shift of nothing", comparing({"shift": 1}), OPERAND, "Add 'of'"),
    ("shift of a sum", comparing({"of": {"add": [1, 2]}, "shift": 1}), f"{OPERAND}/of", "inside the arithmetic"),
    ("typo in shift", comparing({"of": "close", "shfit": 1}), f"{OPERAND}/shfit", "Did you mean 'shift'?"),
    ("typo in a shifted price", comparing({"of": "hihg"}), f"{OPERAND}/of", "Did you mean 'high'?"),
    ("no such parameter", comparing({"param": "fast"}), f"{OPERAND}/param", "Allowed: none"),
    ("nothing but a feature name", entry(UP, fast=FAST), "rules/features/fast", "Use it in a condition, or remove it"),
    ("features are a list", {"features": [FAST], "long": {"entry": UP}}, "rules/features", "Write a JSON object"),
    ("feature named as a price", entry(UP, close=FAST), "rules/features/close", "Use another name than open"),
    ("feature with a capital", entry(UP, Fast=FAST), "rules/features/Fast", "a letter first"),
    ("feature with a dot", {**entry(UP), "features": {"a.b": FAST}}, "rules/features/a.b", "a letter first"),
    ("too many features", entry(UP, **{f"f{i}": FAST for i in range(MAX_FEATURES + 1)}), "rules/features",
     f"Use at most {MAX_FEATURES}"),
    ("feature is a text", featuring("ema"), "rules/features/x", "Write a JSON object"),
    ("feature without a kind", featuring({"parameters": {"window": 3}}), "rules/features/x", "Add 'feature'"),
    ("typo in a kind", featuring({"feature": "emaa"}), "rules/features/x/feature", "Did you mean 'ema'?"),
    ("kind is a number", featuring({"feature": 20}), "rules/features/x/feature", "Allowed: adx, atr"),
    ("window beside its block", featuring({"feature": "ema", "window": 20}), "rules/features/x/window",
     "Allowed: feature, parameters, timeframe"),
    ("typo in a parameter", featuring({"feature": "ema", "parameters": {"windw": 20}}),
     "rules/features/x/parameters/windw", "Did you mean 'window'?"),
    ("window out of bounds", featuring({"feature": "ema", "parameters": {"window": 1}}),
     "rules/features/x/parameters/window", "The weight of a new close"),
    ("window is half", featuring({"feature": "sma", "parameters": {"window": 2.5}}),
     "rules/features/x/parameters/window", "Bars in the window"),
    ("parameters conflict", featuring({"feature": "macd", "parameters": {"fast": 30}}), "rules/features/x/parameters",
     "Change the parameters of macd"),
    ("unknown timeframe", featuring({**FAST, "timeframe": "4h"}), "rules/features/x/timeframe", "Allowed: 1m, 5m"),
    ("case of a timeframe", featuring({**FAST, "timeframe": "1D"}), "rules/features/x/timeframe", "Allowed: 1m, 5m"),
    ("timeframe is a list", featuring({**FAST, "timeframe": ["1d"]}), "rules/features/x/timeframe", "Allowed: 1m, 5m"),
    ("no such placeholder", featuring({"feature": "ema", "parameters": {"window": {"param": "w"}}}, v=WINDOW),
     "rules/features/x/parameters/window/param", "Allowed: v"),
    ("placeholder wider than the window",
     featuring({"feature": "ema", "parameters": {"window": {"param": "w"}}}, w={**WINDOW, "low": 1}),
     "rules/features/x/parameters/window", "window takes whole numbers from 2 to 10000"),
    ("placeholder of another kind",
     featuring({"feature": "ema", "parameters": {"window": {"param": "w"}}}, w={**WINDOW, "kind": "number"}),
     "rules/features/x/parameters/window", "narrow 'w' to that"),
    ("defaults conflict",
     featuring({"feature": "macd", "parameters": {"fast": {"param": "w"}}}, w={**WINDOW, "default": 40}),
     "rules/features/x/parameters", "or the defaults of the rules' own"),
    ("unused parameter", {"parameters": {"p": WINDOW}, "long": {"entry": UP}}, "rules/parameters/p",
     'Write {"param": "p"}, or remove it'),
    ("parameter is a number", {"parameters": {"p": 3}, "long": {"entry": UP}}, "rules/parameters/p",
     "Write a JSON object"),
    ("parameter without bounds", taking(high=None), "rules/parameters/p", "Add 'high'"),
    ("unknown kind", taking(kind="int"), "rules/parameters/p/kind", "Did you mean 'integer'?"),
    ("default out of bounds", taking(default=99), "rules/parameters/p/default", "Give low <= default <= high"),
    ("bounds turned", taking(low=60), "rules/parameters/p/default", "Give low <= default <= high"),
    ("half an integer", taking(low=2.5), "rules/parameters/p/low", 'set "kind" to "number"'),
    ("bound is a text", taking(high="9"), "rules/parameters/p/high", "Write a JSON number"),
    ("long description", taking(description="x" * 201), "rules/parameters/p/description", "at most 200"),
    ("typo in a parameter's block", taking(defualt=3), "rules/parameters/p/defualt", "Did you mean 'default'?"),
    ("too many parameters",
     {"parameters": {f"p{i}": WINDOW for i in range(MAX_PARAMETERS + 1)}, "long": {"entry": UP}}, "rules/parameters",
     f"Use at most {MAX_PARAMETERS}"),
    ("too deep", entry(nested(MAX_DEPTH)), "rules/long/entry" + "/not" * MAX_DEPTH, "Join inner lists into one"),
    ("far too deep", entry(nested(900)), "rules/long/entry" + "/not" * MAX_DEPTH, "Join inner lists into one"),
    ("too many", entry({"any": [UP] * MAX_NODES}), "rules/long/entry/any/66/gt/0", "Use fewer conditions"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "field", "hint"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_an_error_points_at_its_place(document: Any, field: str, hint: str) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        canonical_rules(document)
    assert caught.value.details["field"] == field
    assert hint in caught.value.hint
    assert caught.value.message.startswith(field)
    assert len(caught.value.message) < 300
    assert caught.value.code == "invalid_parameter"


def test_words_that_could_stand_there_are_listed() -> None:
    with pytest.raises(InvalidParameterError) as caught:
        canonical_rules(comparing("fsat", fast=FAST, m={"feature": "macd"}))
    assert caught.value.details["allowed"] == [
        "open", "high", "low", "close", "volume", "fast", "m.macd", "m.signal", "m.histogram",
    ]  # fmt: skip


def test_the_place_begins_where_the_request_says() -> None:
    with pytest.raises(InvalidParameterError) as caught:
        rules_strategy(comparing("clsoe"), 3_600_000, field="body/strategy")
    assert caught.value.details["field"] == "body/strategy/long/entry/all/1/gt/0"


@pytest.mark.parametrize("minutes", [7, 60 * 24 * 2])
def test_a_timeframe_that_the_bars_cannot_make(minutes: int) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        rules_strategy(featuring({**FAST, "timeframe": "1h"}), minutes * 60_000)
    assert caught.value.details["field"] == "rules/features/x/timeframe"


def test_the_schema_refuses_the_wrong_shapes_too() -> None:
    """What it lets through is about names and sizes, which a schema can't know."""
    validator = jsonschema.Draft202012Validator(rules_schema())
    passed = {name for name, document, *_ in BAD if "deep" not in name and validator.is_valid(document)}
    assert passed == {
        "constants only", "typo in a price", "typo in a feature", "typo in an output",
        "output of a feature without", "output of a price", "no such parameter", "nothing but a feature name",
        "parameters conflict", "typo in a shifted price", "typo in a sum", "no such placeholder",
        "placeholder wider than the window", "placeholder of another kind", "defaults conflict",
        "unused parameter", "default out of bounds", "bounds turned", "half an integer", "too many",
        "feature named as a price", "infinite", "not a number", "beyond floats",
    }  # fmt: skip


@pytest.mark.parametrize("place", [OPERAND, "rules/features/x/parameters/window", "rules/features/x/feature", "rules"])
def test_depth_is_no_way_to_break_a_message(place: str) -> None:
    deep: Any = 1
    for _ in range(950):
        deep = [deep]
    documents = {
        OPERAND: comparing(deep),
        "rules/features/x/parameters/window": featuring({"feature": "ema", "parameters": {"window": deep}}),
        "rules/features/x/feature": featuring({"feature": deep}),
        "rules": deep,
    }
    with pytest.raises(InvalidParameterError) as caught:
        canonical_rules(documents[place])
    assert caught.value.details["field"] == place


def test_the_deepest_rules_fit_into_a_request() -> None:
    operand: Any = {"of": "open", "shift": 1}
    condition: Any = {"gt": [operand, 1]}
    for _ in range(MAX_DEPTH - 2):
        condition = {"all": [condition]}
    canonical_rules(entry(condition))
    body = {"rules": entry(condition)}
    assert strict_json.parse(json.dumps(body).encode()) == body
    with pytest.raises(InvalidParameterError, match="nested deeper than 20 levels"):
        canonical_rules(entry({"all": [condition]}))


def test_limits_can_be_reached() -> None:
    canonical_rules(entry(nested(MAX_DEPTH - 2)))
    canonical_rules(entry({"any": [UP] * ((MAX_NODES - 1) // 3)}))
    many = {f"f{i}": FAST for i in range(MAX_FEATURES)}
    canonical_rules(entry({"all": [{"gt": ["close", name]} for name in many]}, **many))


_words = st.sampled_from(
    [
        "close",
        "fast",
        "bands",
        "bands.lower",
        "all",
        "not",
        "gt",
        "of",
        "param",
        "feature",
        "entry",
        "1d",
        "ema",
        "",
        "~/",
    ]
)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _words, st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(_words, st.text(max_size=5)), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def broken(draw: st.DrawFn) -> Any:
    """An example with one of its parts replaced, removed or added."""
    document = copy.deepcopy(draw(st.sampled_from(list(EXAMPLES.values()))))
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], (dict, list)) and place[key] and draw(st.integers(0, 3)):
            place = place[key]
            continue
        change = draw(st.sampled_from(["replace", "remove", "add"]))
        if change == "replace":
            place[key] = draw(_json)
        elif change == "remove":
            del place[key]
        elif isinstance(place, dict):
            place[draw(_words)] = draw(_json)
        else:
            place.insert(key, draw(_json))
        return document


def check_place(document: Any, error: InvalidParameterError) -> None:
    """All but the last part of the place is there."""
    first, *parts = error.details["field"].split("/")
    assert first == "rules"
    assert error.hint
    place = document
    for part in parts[:-1]:
        key = part.replace("~1", "/").replace("~0", "~")
        place = place[int(key)] if isinstance(place, list) else place[key]


@settings(max_examples=500)
@given(st.one_of(broken(), broken(), _json))
def test_whatever_is_sent_is_read_or_refused_at_a_place_that_is_there(document: Any) -> None:
    before = copy.deepcopy(document)
    try:
        canonical = canonical_rules(document)
    except InvalidParameterError as error:
        check_place(document, error)
    else:
        assert canonical_rules(canonical) == canonical
    assert repr(document) == repr(before)
