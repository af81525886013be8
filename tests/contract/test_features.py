"""GET /features, /strategies, /features/preview and /indicators: the registries, and values of the features."""

from __future__ import annotations

from typing import Any

import jsonschema
import numpy as np
import pytest

from candlecloud.api.schemas.features import FeaturePreviewQuery
from candlecloud.api.schemas.signals import SignalsQuery
from candlecloud.backtest.sizing import SIZING
from candlecloud.backtest.slippage import SLIPPAGE
from candlecloud.errors import TransientStoreError
from candlecloud.features.bars import bars_from_table
from candlecloud.features.compute import compute_feature
from candlecloud.features.families import FEATURES
from candlecloud.market.instant import iso
from candlecloud.runs.inputs import RUN_COLUMNS
from candlecloud.strategies.builtin import STRATEGIES
from tests.support.api_world import BTC, OUTAGE, SPAN, ApiWorld

SERIES = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
HOUR = 3_600_000


def get(world: ApiWorld, path: str, **query: Any) -> dict[str, Any]:
    """A good answer."""
    answer = world.client.get(path, params=query, headers=world.headers("read"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_registries_are_shown_whole(world: ApiWorld) -> None:
    features = get(world, "/features")["features"]
    assert [item["name"] for item in features] == list(FEATURES)
    for item in features:
        feature = FEATURES[item["name"]]
        assert (item["outputs"], item["formula"], item["source"]) == (
            list(feature.outputs), feature.formula, feature.source,
        )  # fmt: skip
        assert item["warmup_bars"] == feature.warmup_bars(feature.check_parameters({}))
        assert item["labels"] == {str(value): name for value, name in feature.labels.items()}
        assert bool(item["labels"]) == (item["kind"] == "label")
    strategies = get(world, "/strategies")
    assert [item["name"] for item in strategies["strategies"]] == list(STRATEGIES)
    assert [item["name"] for item in strategies["sizing"]] == list(SIZING)
    assert [item["name"] for item in strategies["slippage"]] == list(SLIPPAGE)
    for item in (*strategies["strategies"], *strategies["sizing"], *strategies["slippage"], *features):
        jsonschema.Draft202012Validator.check_schema(item["parameters"])
        properties = item["parameters"]["properties"].items()
        defaults = {name: rule["default"] for name, rule in properties if "default" in rule}
        assert item.get("defaults", defaults) == defaults
        jsonschema.validate(defaults, item["parameters"])


def test_kinds_are_a_partition(world: ApiWorld) -> None:
    named = [
        {item["name"] for item in get(world, "/features", kind=kind)["features"]} for kind in ("indicator", "label")
    ]
    assert named[0] | named[1] == set(FEATURES)
    assert not named[0] & named[1]
    assert named[1]


def test_every_feature_that_a_strategy_names_is_there(world: ApiWorld) -> None:
    for item in get(world, "/strategies")["strategies"]:
        assert set(item["sides"]) == STRATEGIES[item["name"]].sides
        for use in item["features"]:
            assert use["output"] in FEATURES[use["feature"]].outputs
            assert use["parameters"] == FEATURES[use["feature"]].check_parameters(use["parameters"])


def test_the_rules_shown_fit_their_schema_and_run(world: ApiWorld) -> None:
    rules = get(world, "/strategies")["rules"]
    assert len(rules["documents"]) >= 1
    for document in rules["documents"].values():
        jsonschema.validate(document, rules["json_schema"])
        body = {**SERIES, "strategy": "rules", "rules": document}
        answer = world.client.post("/backtest/run", json=body, headers=world.headers("run"))
        assert (answer.status_code, answer.json()["state"]) == (200, "succeeded"), answer.text


@pytest.mark.parametrize("path", ["/features", "/features?kind=label", "/strategies"])
def test_registries_have_strong_tags(world: ApiWorld, path: str) -> None:
    first = world.client.get(path, headers=world.headers("read"))
    again = world.client.get(path, headers=world.headers("read") | {"If-None-Match": first.headers["etag"]})
    assert first.headers["etag"].startswith('"')
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", FEATURES)
def test_previews_are_the_features_values(world: ApiWorld, name: str) -> None:
    start = SPAN.end - 40 * HOUR
    shown = get(world, "/features/preview", **SERIES, feature=name, start=start)
    bars = bars_from_table(world.stores.candles.read(BTC, SPAN, RUN_COLUMNS)).since(shown["computed_from_ms"])
    first = bars.index_of(start)
    assert shown["count"] == len(shown["rows"]) == 40
    assert first >= shown["warmup_bars"] or shown["computed_from_ms"] == SPAN.start
    wanted = compute_feature(bars, FEATURES[name], {})
    assert [row["close"] for row in shown["rows"]] == bars.close[first:].tolist()
    for output in FEATURES[name].outputs:
        found = [row["values"][output] for row in shown["rows"]]
        assert np.array_equal(np.array(found, np.float64), wanted[output][first:], equal_nan=True)
    assert all(row["open_time"] == iso(row["open_time_ms"]) for row in shown["rows"])
    assert all(row["close_time_ms"] - row["open_time_ms"] == HOUR for row in shown["rows"])


def test_a_short_history_is_null_and_not_an_error(world: ApiWorld) -> None:
    shown = get(world, "/features/preview", **SERIES, feature="sma", window=5, start="2020-01-01", limit=6)
    assert [row["values"]["sma"] is None for row in shown["rows"]] == [True] * 4 + [False] * 2
    assert shown["computed_from_ms"] == shown["rows"][0]["open_time_ms"] == SPAN.start


def test_a_moment_that_looks_like_seconds_in_ms_arrives(world: ApiWorld) -> None:
    early = get(world, "/features/preview", **SERIES, feature="sma", start="1970-01-02", limit=6)
    assert early["rows"][0]["open_time_ms"] == SPAN.start


def test_rows_follow_each_other_over_a_hole(world: ApiWorld) -> None:
    start, rows = iso(OUTAGE.start - 5 * HOUR), []
    while start is not None and len(rows) < 9:
        shown = get(
            world, "/features/preview", **SERIES, feature="rsi", start=start, end=OUTAGE.end + 4 * HOUR, limit=3
        )
        rows += shown["rows"]
        start = shown["next_start"]
    times = [row["open_time_ms"] for row in rows]
    assert start is None
    assert times == [OUTAGE.start + k * HOUR for k in range(-5, 5) if k]


def test_a_higher_timeframe_counts_from_its_close(world: ApiWorld) -> None:
    day = get(world, "/features/preview", **SERIES, feature="sma", window=3, higher_timeframe="1d", limit=49)
    values = [row["values"]["sma"] for row in day["rows"]]
    changed = [day["rows"][k]["close_time"] for k in range(1, 49) if values[k] != values[k - 1]]
    assert changed == ["2023-05-31T00:00:00Z", "2023-06-01T00:00:00Z"]
    assert day["higher_timeframe"] == "1d"


def test_as_of_hides_what_was_learned_later(world: ApiWorld) -> None:
    asked = {**SERIES, "feature": "obv", "start": "2023-05-31T23:00:00Z"}
    now = get(world, "/features/preview", **asked)["rows"][0]["values"]["obv"]
    then = get(world, "/features/preview", **asked, as_of="2023-06-01T00:00:30Z")["rows"][0]["values"]["obv"]
    assert abs(now - then) == pytest.approx(1.0, abs=1e-6)  # the volume that was restated
    early = get(world, "/features/preview", **asked, as_of="2023-05-31T23:30:00Z")
    assert (early["count"], early["rows"], early["next_start"]) == (0, [], None)


def test_indicators_are_the_previews_last_rows(world: ApiWorld) -> None:
    shown = get(world, "/indicators", **SERIES)
    assert [item["name"] for item in shown["indicators"]] == [
        f.name for f in FEATURES.values() if f.kind == "indicator"
    ]
    assert (shown["close_time_ms"], shown["as_of"]) == (SPAN.end, None)
    for item in shown["indicators"]:
        if not FEATURES[item["name"]].recursive:  # those begin together, at the longest lookback
            row = get(world, "/features/preview", **SERIES, feature=item["name"], limit=1)["rows"][0]
            assert row["values"] == item["values"]
            assert None not in item["values"].values()


def test_indicators_by_name_with_labels_in_words(world: ApiWorld) -> None:
    shown = get(world, "/indicators", **SERIES, names="trend_regime, rsi,rsi")
    label, rsi = shown["indicators"]
    assert (label["name"], label["kind"], rsi["name"]) == ("trend_regime", "label", "rsi")
    assert label["label"] == FEATURES["trend_regime"].labels[int(label["values"]["trend_regime"])]
    assert rsi["label"] is None


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/features/preview", {"feature": "ema", "windows": 20}),
        ("/features/preview", {"feature": "ema", "window": "2e1x"}),
        ("/features/preview", {"feature": "macd", "fast": 30, "slow": 20}),
        ("/features/preview", {"feature": "ema", "higher_timeframe": "1m"}),
        ("/features/preview", {"feature": "ema", "as_of": "2099-01-01"}),
        ("/indicators", {"names": "rsi,nothing"}),
        ("/signals", {"strategy": "dual_sma", "fast": 60, "slow": 50}),
        ("/signals", {"strategy": "dual_sma", "window": 60}),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_computed(
    world: ApiWorld, path: str, query: dict[str, Any]
) -> None:
    before = world.dispatcher.previews
    answer = world.client.get(path, params={**SERIES, **query}, headers=world.headers("read"))
    assert answer.status_code == 422
    assert world.dispatcher.previews == before


def test_what_the_function_reports_arrives_as_it_is(world: ApiWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    failure = {"code": "corrupt_object", "message": "It is spoilt.", "hint": "Restore it.", "details": {"message": "x"}}
    monkeypatch.setattr(world.dispatcher, "ask", lambda job, payload: {"answer": {}, "error": failure})
    answer = world.client.get("/indicators", params=SERIES, headers=world.headers("read"))
    body = answer.json()
    assert (answer.status_code, body["code"], body["message"], body["hint"], body["details"]) == (
        500, "corrupt_object", "It is spoilt.", "Restore it.", {"message": "x"},
    )  # fmt: skip


def test_a_function_that_does_not_answer_is_503(world: ApiWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> None:
        raise TransientStoreError("Could not compute the preview.")

    monkeypatch.setattr(world.dispatcher, "ask", silent)
    answer = world.client.get("/indicators", params=SERIES, headers=world.headers("read"))
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert int(answer.headers["retry-after"]) >= 1


def test_no_parameter_hides_behind_a_key_of_the_query() -> None:
    for feature in FEATURES.values():
        assert not {p.name for p in feature.parameters} & set(FeaturePreviewQuery.model_fields)
    for strategy in STRATEGIES.values():
        assert not {p.name for p in strategy.parameters} & set(SignalsQuery.model_fields)
