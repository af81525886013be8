"""Requests of previews: what is read writes back the same, and what is wrong is named before anything is computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from candlecloud.contract.preview import MAX_LOOKBACK, FeaturesRequest, SignalsRequest, read_preview
from candlecloud.errors import CandlecloudError
from candlecloud.strategies.rules.examples import TREND

EVENT = Path(__file__).resolve().parents[3] / "events" / "preview_series.json"
BASE: dict[str, Any] = {"exchange": "binance", "coin": "BTC/USDT", "timeframe": "60m"}
SLOW = {"feature": "sma", "parameters": {"window": 10_000}, "higher_timeframe": "1d"}


@pytest.mark.parametrize(
    "fields",
    [
        {"features": {"ema": {}}},
        {"features": {"day": {"feature": "ema", "parameters": {"window": 7.0}, "higher_timeframe": "24h"}}, "limit": 3},
        {"features": {"atr": {}}, "start": 1_704_067_200_001, "as_of": "1970-01-02T00:00:00.007Z"},
        {"strategy": "dual_sma", "parameters": {"fast": 5}, "direction": "both"},
        {"strategy": "rules", "rules": TREND, "start": "1970-01-02", "end": "1970-01-03"},
    ],
)
def test_an_event_reads_back_as_the_request(fields: dict[str, Any]) -> None:
    asked = read_preview(BASE | fields)
    sent = json.loads(json.dumps(asked.to_dict(), allow_nan=False))
    again = read_preview(sent)
    assert type(asked) is (SignalsRequest if "strategy" in fields else FeaturesRequest) is type(again)
    assert again.to_dict() == asked.to_dict()
    assert (again.series, again.start, again.end, again.as_of) == (asked.series, asked.start, asked.end, asked.as_of)
    assert (again.warmup_bars, again.lookback_bars) == (asked.warmup_bars, asked.lookback_bars)


def test_the_committed_event_is_a_request() -> None:
    asked = read_preview(json.loads(EVENT.read_text()))
    assert isinstance(asked, FeaturesRequest)
    assert (asked.limit, asked.uses["ema"].parameters) == (3, {"window": 20})


def test_lookbacks_hold_a_day_and_let_recursive_features_settle() -> None:
    def lookback(**features: Any) -> int:
        return FeaturesRequest.from_dict(BASE | {"features": features}).lookback_bars

    assert lookback(sma={"parameters": {"window": 5}}) == 24
    assert lookback(sma={"parameters": {"window": 50}}) == 50
    assert lookback(ema={"parameters": {"window": 5}}) == 500
    assert lookback(ema={"parameters": {"window": 50}}) == 1_000
    assert lookback(ema={"parameters": {"window": 1_000}, "higher_timeframe": "1d"}) == MAX_LOOKBACK


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({}, "invalid_parameter", "features"),
        ({"features": {}}, "invalid_parameter", "features"),
        ({"features": {str(n): {"feature": "sma"} for n in range(31)}}, "invalid_parameter", "features"),
        ({"features": {"sna": {}}}, "unknown_feature", "features.sna"),
        ({"features": {"x": {"feature": "sna"}}}, "unknown_feature", "features.x"),
        ({"features": {"x": {"feature": "sma", "window": 5}}}, "invalid_parameter", "features.x.window"),
        ({"features": {"sma": {"parameters": {"window": 0}}}}, "invalid_parameter", "features.sma.window"),
        ({"features": {"sma": {"parameters": {"fast": 5}}}}, "invalid_parameter", "features.sma.fast"),
        ({"features": {"macd": {"parameters": {"fast": 30, "slow": 20}}}}, "invalid_parameter", "features.macd"),
        ({"features": {"sma": {"higher_timeframe": "5m"}}}, "invalid_timeframe", "higher_timeframe"),
        ({"features": {"sma": SLOW}}, "invalid_parameter", "parameters"),
        ({"features": {"sma": {}}, "limit": 1_001}, "invalid_parameter", "limit"),
        ({"features": {"sma": {}}, "start": "yesterday"}, "invalid_range", "start"),
        ({"features": {"sma": {}}, "strategy": "dual_sma"}, "invalid_parameter", "features"),
        ({"features": {"sma": {}}, "window": 5}, "invalid_parameter", "window"),
        ({"features": {"sma": {}}, "exchange": "mtgox"}, "unknown_exchange", "exchange"),
        ({"strategy": "dual_sna"}, "unknown_strategy", "strategy"),
        ({"strategy": "rules"}, "invalid_parameter", "rules"),
        ({"strategy": "dual_sma", "rules": TREND}, "invalid_parameter", "rules"),
        ({"strategy": "dual_sma", "parameters": {"fast": 60}}, "invalid_parameter", "parameters"),
        ({"strategy": "buy_and_hold", "direction": "short"}, "invalid_parameter", "direction"),
        ({"strategy": "dual_sma", "direction": "up"}, "invalid_parameter", "direction"),
    ],
)
def test_wrong_fields_are_named(fields: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(CandlecloudError) as caught:
        read_preview(BASE | fields)
    assert (caught.value.code, caught.value.details["field"]) == (code, field)
    assert caught.value.hint
    json.dumps(caught.value.details, allow_nan=False)


@pytest.mark.parametrize("event", [None, [], "rsi", 5])
def test_an_event_is_an_object(event: Any) -> None:
    with pytest.raises(CandlecloudError, match="dictionary"):
        read_preview(event)
