"""The registry: names, parameters, schemas, labels, errors that say what to do; no NumPy needed to read its data."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import jsonschema
import pytest

from candlecloud import catalogue
from candlecloud.errors import InvalidParameterError, InvalidTimeframeError, UnknownFeatureError
from candlecloud.features.compute import compute_feature, compute_use
from candlecloud.features.families import FEATURES
from candlecloud.features.feature import Feature
from candlecloud.spec import FeatureUse
from tests.support.drawn_bars import Step, bars_from_steps

EVERY = pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
BARS = bars_from_steps([Step(0, 1, 1, 1, 1.0, 0)] * 30)
READ_WITHOUT_NUMPY = """
import sys
from importlib.abc import MetaPathFinder
class Refuse(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("numpy", "pyarrow"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refuse())
from candlecloud.catalogue import FEATURES
from candlecloud.spec import FeatureUse
for feature in FEATURES.values():
    print(feature.name, FeatureUse(feature, timeframe="1d").warmup_bars(3_600_000), len(feature.schema()))
"""


def test_the_catalogue_is_read_where_there_is_no_numpy() -> None:
    done = subprocess.run([sys.executable, "-c", READ_WITHOUT_NUMPY], capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(FEATURES)


def test_the_features_that_were_promised() -> None:
    promised = """sma ema wma rsi macd bollinger atr adx stochastic zscore vwap session_vwap donchian roc obv
        realised_volatility parkinson_volatility garman_klass_volatility volatility_of_volatility trend_regime
        volatility_regime"""
    assert set(promised.split()) <= set(FEATURES)
    assert list(FEATURES) == sorted(FEATURES)


@EVERY
def test_defaults_are_in_bounds_and_compute(feature: Feature) -> None:
    parameters = feature.check_parameters({})
    jsonschema.validate(parameters, feature.schema())
    assert feature.warmup_bars(parameters) >= 1
    assert tuple(compute_feature(BARS, feature, {})) == feature.outputs


@EVERY
def test_the_longest_windows_are_computed(feature: Feature) -> None:
    longest = {p.name: p.high for p in feature.parameters if p.kind == "integer"}
    assert tuple(compute_feature(BARS, feature, longest)) == feature.outputs


@EVERY
def test_what_it_is_is_said(feature: Feature) -> None:
    assert feature.description.endswith(".")
    assert len(feature.formula) > 10
    assert len(feature.source) > 5
    assert (feature.kind == "label") == bool(feature.labels)
    assert all(p.description.endswith(".") for p in feature.parameters)


@pytest.mark.parametrize("feature", [f for f in FEATURES.values() if f.kind == "label"], ids=lambda f: f.name)
def test_labels_are_the_named_values(feature: Feature) -> None:
    drawn = [
        Step(0, move, 1, 1, 1.0, 0) for move in (0, 0, 0, 1, -2, 30, -30, 90, 200, 0, 0, 0, -150, -100, 0, 0, 0, 40)
    ]
    few = {p.name: 3 for p in feature.parameters if p.kind == "integer"}
    values = compute_feature(bars_from_steps(drawn), feature, few)[feature.name]
    assert {int(v) for v in values if v == v} == set(feature.labels)


def test_an_unknown_feature_is_refused_with_the_names() -> None:
    with pytest.raises(UnknownFeatureError) as refused:
        FEATURES.find("rsl", "rules.entry.left")
    assert refused.value.code == "unknown_feature"
    assert "rsi" in refused.value.hint
    assert refused.value.details["field"] == "rules.entry.left"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("sma", {"window": 0}),
        ("sma", {"window": 10_001}),
        ("sma", {"window": 2.5}),
        ("sma", {"width": 2}),
        ("rsi", {"window": 1}),
        ("bollinger", {"width": float("nan")}),
        ("macd", {"fast": 26, "slow": 26}),
        ("volatility_regime", {"low": 0.8}),
        ("obv", {"window": 3}),
    ],
)
def test_parameters_out_of_bounds_or_in_conflict_are_refused(name: str, parameters: dict[str, float]) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        compute_feature(BARS, FEATURES[name], parameters)
    assert str(refused.value.details["field"]).startswith("parameters")


def test_an_output_is_found_by_name() -> None:
    assert FeatureUse(FEATURES["macd"]).output_name() == "macd"
    assert FeatureUse(FEATURES["macd"], output="signal").output_name() == "signal"
    with pytest.raises(InvalidParameterError, match="no output 'upper'"):
        FeatureUse(FEATURES["macd"], output="upper").output_name()
    computed = compute_feature(BARS, FEATURES["bollinger"], {"window": 5})
    use = FeatureUse(FEATURES["bollinger"], {"window": 5}, output="lower")
    assert compute_use(BARS, use)[-1] == computed["lower"][-1]


def test_a_use_of_the_catalogue_is_computed_by_name() -> None:
    """Rules name features by data alone."""
    known = catalogue.FEATURES["rsi"]
    listed, own = (FeatureUse(feature, {"window": 5}, shift=2) for feature in (known, FEATURES["rsi"]))
    assert compute_use(BARS, listed).tobytes() == compute_use(BARS, own).tobytes()
    with pytest.raises(UnknownFeatureError, match="no feature 'rsj'"):
        compute_use(BARS, FeatureUse(replace(known, name="rsj")))


def test_an_unknown_timeframe_is_refused() -> None:
    for ask in (lambda use: compute_use(BARS, use), lambda use: use.warmup_bars(900_000)):
        with pytest.raises(InvalidTimeframeError):
            ask(FeatureUse(FEATURES["sma"], timeframe="2w"))
