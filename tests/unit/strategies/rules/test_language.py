"""Rules: what conditions mean, the canonical form, warm-up, parameters, the schema."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.errors import InvalidParameterError
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.compute import compute_use
from candlecloud.features.families import FEATURES
from candlecloud.strategies.rules.examples import EXAMPLES
from candlecloud.strategies.rules.language import canonical_rules
from candlecloud.strategies.rules.schema import rules_schema
from tests.golden.bars import bars_of
from tests.golden.rules import RulesLoop
from tests.support.recorded import btc_hours
from tests.support.rules import rules_strategy

HOUR_MS = 3_600_000
VALIDATOR = jsonschema.Draft202012Validator(rules_schema())
PRICES = ("open", "high", "low", "close", "volume")


def targets(document: Any, bars: Bars, **values: float) -> list[float]:
    strategy = rules_strategy(document, HOUR_MS)
    path: list[float] = strategy.target(bars, strategy.check_parameters(values)).tolist()
    return path


def long_while(condition: Any, **features: Any) -> dict[str, Any]:
    return {"features": features, "long": {"entry": condition}}


CLOSES = [3, 5, 5, 4, 2, 5]
BARS = bars_of([4, 4, 5, 5, 3, 2], CLOSES, [1, None, 2, 2, 0, 9])


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ({"gt": ["close", "open"]}, [0, 1, 0, 0, 0, 1]),
        ({"ge": ["close", "open"]}, [0, 1, 1, 0, 0, 1]),
        ({"lt": ["close", 4]}, [1, 0, 0, 0, 1, 0]),
        ({"le": ["close", 4]}, [1, 0, 0, 1, 1, 0]),
        ({"eq": ["close", 5]}, [0, 1, 1, 0, 0, 1]),
        ({"not": {"eq": ["close", 5]}}, [1, 0, 0, 1, 1, 0]),
        ({"all": [{"gt": ["close", 3]}, {"lt": ["close", 5]}]}, [0, 0, 0, 1, 0, 0]),
        ({"any": [{"gt": ["close", 4]}, {"lt": ["close", 3]}]}, [0, 1, 1, 0, 1, 1]),
        ({"crosses_above": ["close", "open"]}, [0, 1, 0, 0, 0, 1]),
        ({"crosses_above": ["close", 4]}, [0, 1, 0, 0, 0, 1]),
        ({"crosses_below": ["close", 4]}, [0, 0, 0, 0, 1, 0]),  # 4 itself is not below
        ({"crosses_below": [4, "close"]}, [0, 1, 0, 0, 0, 1]),
        ({"gt": ["close", {"of": "close", "shift": 1}]}, [0, 1, 0, 0, 0, 1]),
        ({"lt": ["close", {"of": "close", "shift": 2}]}, [0, 0, 0, 1, 1, 0]),
        ({"gt": ["close", {"add": ["open", 0.5]}]}, [0, 1, 0, 0, 0, 1]),
        ({"gt": [{"sub": ["open", "close"]}, 0]}, [1, 0, 0, 1, 1, 0]),
        ({"ge": ["close", {"mul": [1.25, "open"]}]}, [0, 1, 0, 0, 0, 1]),
        ({"gt": [{"div": ["close", {"sub": ["close", 5]}]}, 0]}, [0, 0, 0, 0, 0, 0]),  # a quotient by 0 is missing
        ({"lt": [{"div": ["close", {"sub": ["close", 5]}]}, 0]}, [1, 0, 0, 1, 1, 0]),
        ({"gt": ["volume", 0]}, [1, 0, 1, 1, 0, 1]),  # an unknown volume is not above 0
        ({"not": {"gt": ["volume", 0]}}, [0, 1, 0, 0, 1, 0]),  # and so `not` holds
        ({"crosses_above": ["volume", 1]}, [0, 0, 0, 0, 0, 1]),  # unknown one bar before: no crossing
    ],
)
def test_conditions_by_hand(condition: dict[str, Any], wanted: list[int]) -> None:
    assert targets(long_while(condition), BARS) == wanted
    VALIDATOR.validate(long_while(condition))


def test_positions_by_hand() -> None:
    bars = bars_of([1] * 10, [5, 8, 7, 6, 9, 3, 2, 4, 5, 1])
    document: dict[str, Any] = {
        "long": {"entry": {"gt": ["close", 7]}, "exit": {"lt": ["close", 7]}},
        "short": {"entry": {"lt": ["close", 3]}, "exit": {"gt": ["close", 4]}},
    }
    assert targets(document, bars) == [0, 1, 1, 0, 1, 0, -1, -1, 0, -1]
    document["short"]["entry"] = {"gt": ["close", 8]}
    document["short"]["exit"] = {"lt": ["close", 3]}
    assert targets(document, bars) == [0, 1, 1, 0, 0, 0, 0, 0, 0, 0], "both enter at 9: flat"
    del document["long"]
    assert targets(document, bars) == [0, 0, 0, 0, -1, -1, 0, 0, 0, 0]
    document["long"] = {"entry": {"gt": ["close", 3]}, "exit": {"gt": ["close", 6]}}
    document["short"] = {"entry": {"lt": ["close", 3]}}
    assert targets(document, bars) == [1, 0, 0, 1, 0, 0, -1, 1, 1, -1], "an entry counts only while its exit does not"


def test_outputs_and_higher_timeframes() -> None:
    bars = bars_from_table(btc_hours())
    document = long_while(
        {"all": [{"gt": ["m.histogram", 0]}, {"gt": ["m", "m.signal"]}, {"gt": ["close", "day"]}]},
        m={"feature": "macd"},
        day={"feature": "sma", "parameters": {"window": 20}, "timeframe": "1day"},
    )
    strategy = rules_strategy(document, HOUR_MS)
    histogram, line, signal, day = (compute_use(bars, use) for use in strategy.features({}))
    first = strategy.warmup_bars({}) - 1
    assert first == 20 * 24 + 23 - 1, "wherever in the day the bars begin"
    wanted = (histogram > 0) & (line > signal) & (bars.close > day)
    wanted[:first] = False
    np.testing.assert_array_equal(strategy.target(bars, {}), wanted)
    assert canonical_rules(document)["features"]["day"]["timeframe"] == "1d"
    assert rules_strategy(document, 86_400_000).warmup_bars({}) == 34, "a day is a timeframe of daily bars"
    with pytest.raises(InvalidParameterError) as caught:
        rules_strategy(document, 7 * 86_400_000)
    assert caught.value.details["field"] == "rules/features/day/timeframe"


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ({"gt": ["close", 1]}, 1),
        ({"crosses_above": ["close", 1]}, 2),
        ({"gt": [{"of": "close", "shift": 7}, 1]}, 8),
        ({"crosses_above": [{"of": "close", "shift": 7}, 1]}, 9),
        ({"gt": ["slow", 1]}, 50),
        ({"gt": [{"of": "slow", "shift": 3}, "close"]}, 53),
        ({"not": {"all": [{"crosses_below": [{"add": [{"of": "slow", "shift": 3}, 1]}, "close"]}]}}, 54),
        ({"gt": ["day", 1]}, 10 * 24 + 23),
        ({"gt": ["day", {"of": "day", "shift": 3}]}, 13 * 24 + 23),
        ({"crosses_above": ["close", {"of": "day", "shift": 3}]}, 13 * 24 + 24),
    ],
)
def test_warmup(condition: dict[str, Any], wanted: int) -> None:
    features = {
        "slow": {"feature": "sma", "parameters": {"window": 50}},
        "day": {"feature": "sma", "parameters": {"window": 10}, "timeframe": "1d"},
    }
    used = {name: feature for name, feature in features.items() if f'"{name}"' in json.dumps(condition)}
    assert rules_strategy(long_while(condition, **used), HOUR_MS).warmup_bars({}) == wanted


def test_nothing_is_entered_before_the_warmup() -> None:
    condition = {"any": [{"gt": ["close", 0]}, {"gt": ["slow", 0]}]}
    path = targets(long_while(condition, slow={"feature": "sma", "parameters": {"window": 4}}), BARS)
    assert path == [0, 0, 0, 1, 1, 1]


def test_parameters_sweep_a_document() -> None:
    document = {
        "parameters": {
            "fast": {"kind": "integer", "low": 1, "high": 5, "default": 2},
            "least": {"kind": "number", "low": 0, "high": 1, "default": 0.25, "description": "Above the average."},
        },
        "features": {"mean": {"feature": "sma", "parameters": {"window": {"param": "fast"}}}},
        "long": {"entry": {"gt": ["close", {"add": ["mean", {"param": "least"}]}]}},
    }
    strategy = rules_strategy(document, HOUR_MS)
    assert strategy.check_parameters({"fast": 3}) == {"fast": 3, "least": 0.25}
    assert strategy.schema()["properties"]["fast"] == {
        "type": "integer", "minimum": 1, "maximum": 5, "default": 2, "description": "",
    }  # fmt: skip
    assert [strategy.warmup_bars({"fast": w, "least": 0.0}) for w in (1, 5)] == [1, 5]
    assert strategy.features({"fast": 4, "least": 0.0})[0].parameters == {"window": 4}
    assert targets(document, BARS) == [0, 1, 0, 0, 0, 1]
    assert targets(document, BARS, fast=3, least=0.5) == [0, 0, 1, 0, 0, 1]
    with pytest.raises(InvalidParameterError, match="parameters\\.fast must be a whole number from 1 to 5"):
        strategy.check_parameters({"fast": 6})


def test_values_that_a_feature_refuses_conflict() -> None:
    fast = {"kind": "integer", "low": 2, "high": 50, "default": 12}
    document = {
        "parameters": {"fast": fast},
        "features": {"m": {"feature": "macd", "parameters": {"fast": {"param": "fast"}}}},
        "long": {"entry": {"gt": ["m.histogram", 0]}},
    }
    strategy = rules_strategy(document, HOUR_MS)
    assert strategy.conflict({"fast": 25}) is None
    assert strategy.conflict({"fast": 26}) == "feature 'm': fast (26) must be below 26"


def test_equal_rules_have_one_spelling() -> None:
    plain = {
        "features": {"b": {"feature": "bollinger"}, "a": {"feature": "sma", "parameters": {"window": 20.0}}},
        "long": {"entry": {"gt": ["b", {"of": "a", "shift": 0}]}},
    }
    full = {
        "parameters": {},
        "features": {
            "a": {"feature": "sma", "parameters": {"window": 20}},
            "b": {"feature": "bollinger", "parameters": {"width": 2, "window": 20}},
        },
        "long": {"entry": {"gt": ["b.middle", "a"]}, "exit": {"not": {"gt": ["b.middle", "a"]}}},
    }
    assert json.dumps(canonical_rules(plain)) == json.dumps(canonical_rules(full))
    assert canonical_rules(plain)["long"] == {"entry": {"gt": ["b.middle", "a"]}}
    other = copy.deepcopy(full)
    other["long"]["exit"] = {"lt": ["b.middle", "a"]}
    assert canonical_rules(other) != canonical_rules(full), "a tie leaves in one and not in the other"
    before = copy.deepcopy(plain)
    canonical_rules(plain)
    assert plain == before


_series = st.sampled_from(["close", "open", "high", "volume", "fast", "m", "m.signal", "day", "z"])
_leaves = st.one_of(
    _series,
    st.integers(-2, 60),
    st.just({"param": "level"}),
    st.builds(lambda name, shift: {"of": name, "shift": shift}, _series, st.integers(0, 5)),
)
_operands = st.recursive(
    _leaves,
    lambda inner: st.builds(
        lambda key, a, b: {key: [a, b]}, st.sampled_from(["add", "sub", "mul", "div"]), inner, inner
    ),
    max_leaves=3,
)
_comparisons = st.builds(
    lambda key, name, other, turned: {key: [other, name] if turned else [name, other]},
    st.sampled_from(["gt", "ge", "lt", "le", "eq", "crosses_above", "crosses_below"]),
    _series,
    _operands,
    st.booleans(),
)
_conditions = st.recursive(
    _comparisons,
    lambda inner: st.one_of(
        st.builds(lambda one: {"not": one}, inner),
        st.builds(
            lambda key, some: {key: some}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)
        ),
    ),
    max_leaves=4,
)
_sides = st.fixed_dictionaries({"entry": _conditions}, optional={"exit": _conditions})
_FEATURES: dict[str, Any] = {
    "fast": {"feature": "ema", "parameters": {"window": {"param": "w"}}},
    "m": {"feature": "macd", "parameters": {"fast": 2, "slow": 4, "signal": 3}},
    "day": {"feature": "sma", "parameters": {"window": 2}, "timeframe": "1d"},
    "z": {"feature": "zscore", "parameters": {"window": 4}},
}
_PARAMETERS: dict[str, Any] = {
    "w": {"kind": "integer", "low": 2, "high": 6, "default": 3},
    "level": {"kind": "number", "low": 0, "high": 60, "default": 50},
}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    document: dict[str, Any] = draw(
        st.one_of(
            st.fixed_dictionaries({"long": _sides}, optional={"short": _sides}),
            st.fixed_dictionaries({"short": _sides}),
        )
    )
    text = json.dumps(document)
    used = {name for name in _FEATURES if f'"{name}"' in text or f'"{name}.' in text}
    document["features"] = {name: _FEATURES[name] for name in used}
    text += json.dumps(document["features"])
    document["parameters"] = {name: value for name, value in _PARAMETERS.items() if f'{{"param": "{name}"}}' in text}
    return document


@settings(max_examples=200)
@given(document=documents(), seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 119))
def test_any_rules_are_a_plain_loop_in_one_spelling_without_the_future(
    document: dict[str, Any], seed: int, cut: int
) -> None:
    rng = np.random.default_rng(seed)
    closes = rng.integers(47, 53, 120).tolist()
    volumes = [None if v == 3 else v for v in rng.integers(0, 4, 120).tolist()]
    bars = bars_of(rng.integers(47, 53, 120).tolist(), closes, volumes)
    VALIDATOR.validate(document)
    strategy = rules_strategy(document, HOUR_MS)
    values = strategy.check_parameters({})
    path = strategy.target(bars, values).tolist()
    assert path == RulesLoop(document, bars, values).targets(strategy.warmup_bars(values) - 1)
    canonical = canonical_rules(document)
    assert canonical_rules(json.loads(json.dumps(canonical, sort_keys=True))) == canonical
    VALIDATOR.validate(canonical)
    assert targets(canonical, bars) == path
    garbage = rng.integers(1, 900, 120 - cut).tolist()
    other = bars_of([*bars.open[:cut].tolist(), *garbage[::-1]], [*closes[:cut], *garbage], [*volumes[:cut], *garbage])
    assert targets(document, other)[:cut] == path[:cut]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_trade_on_real_hours(name: str) -> None:
    VALIDATOR.validate(EXAMPLES[name])
    path = targets(EXAMPLES[name], bars_from_table(btc_hours()))
    assert np.count_nonzero(np.diff(path)) > 100
    assert canonical_rules(canonical_rules(EXAMPLES[name])) == canonical_rules(EXAMPLES[name])


def test_schema_is_a_schema_whose_references_can_move() -> None:
    jsonschema.Draft202012Validator.check_schema(rules_schema())
    moved = rules_schema(refs="#/components/schemas/")
    assert "#/$defs/" not in json.dumps(moved)
    assert set(moved["$defs"]) >= {"RulesCondition", "RulesOperand", "RulesFeature"}
    names = [item["properties"]["feature"]["const"] for item in moved["$defs"]["RulesFeature"]["anyOf"]]
    assert names == list(FEATURES)


def test_rules_are_read_without_numpy() -> None:
    code = "import sys, json; sys.modules['numpy'] = None; "
    code += "from candlecloud.strategies.rules.language import canonical_rules, rules_spec; "
    code += "from candlecloud.strategies.rules.schema import rules_schema; "
    code += "from candlecloud.strategies.rules.examples import EXAMPLES; rules_schema(); "
    code += "[canonical_rules(e) for e in EXAMPLES.values()]; "
    code += "s = [rules_spec(e, 3600000) for e in EXAMPLES.values()]; "
    code += "print([x.warmup_bars(x.check_parameters({})) for x in s])"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert json.loads(ran.stdout) == [50 * 24 + 23, 68]


def test_rules_in_words() -> None:
    described = [rules_strategy(document, HOUR_MS).description for document in EXAMPLES.values()]
    assert described == [
        "Long from a close with fast crosses above slow and close > day and not (rsi > 75) to the first with "
        "fast crosses below slow or close < day. Short from a close with fast crosses below slow and close < day to "
        "the first with fast crosses above slow or close > day. Flat otherwise. day is sma(window 50) on 1d. "
        "fast is ema(window 20). rsi is rsi(window 14). slow is ema(window 50).",
        "Long from a close with close < bands.lower - (<depth> x atr) to the first with close >= bands.middle or "
        "close < bands.lower[48 bars back]. Flat otherwise. atr is atr(window 14). "
        "bands is bollinger(window <window>, width 2).",
    ]
    nested = {"any": [{"all": [{"gt": ["close", 1]}, {"eq": ["open", 2.5]}]}, {"all": [{"lt": ["low", 3]}]}]}
    assert rules_strategy(long_while(nested), HOUR_MS).description == (
        "Long from a close with (close > 1 and open = 2.5) or low < 3 to the first without. Flat otherwise."
    )


@pytest.mark.parametrize(
    ("timeframe", "shift", "wanted"),
    [
        (None, 1, "x[1 bar back]"),
        (None, 3, "x[3 bars back]"),
        ("1d", 1, "x[1 day back]"),
        ("1h", 2, "x[2 hours back]"),
        ("1m", 2, "x[2 minutes back]"),
        ("15m", 1, "x[1 bar of 15m back]"),
        ("5m", 2, "x[2 bars of 5m back]"),
        ("1d", 0, "x"),
    ],
)
def test_a_shift_in_words_says_whose_bars_it_counts(timeframe: str | None, shift: int, wanted: str) -> None:
    feature = {"feature": "sma"} if timeframe is None else {"feature": "sma", "timeframe": timeframe}
    document = long_while({"gt": [{"of": "x", "shift": shift}, {"of": "open", "shift": 1}]}, x=feature)
    described = rules_strategy(document, 60_000).description
    assert described.startswith(f"Long from a close with {wanted} > open[1 bar back] to")
