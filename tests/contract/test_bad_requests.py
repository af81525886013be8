"""The table of bad requests: each gets its status and code, says what to do, and shows nothing of the inside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from candlecloud.api.errors import PROBLEM_JSON
from candlecloud.api.schemas.problem import Problem
from tests.support.api_world import ApiWorld
from tests.support.bad_request_table import TABLE, BadRequest, send
from tests.support.cloud import BUCKET
from tests.support.cloud import TABLE as TABLE_NAME

INSIDE = (BUCKET, TABLE_NAME, "arn:", "amazonaws", "Traceback", "botocore", ".py", "123456789012")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.title)
def test_each_bad_request_gets_its_answer(world: ApiWorld, row: BadRequest) -> None:
    response = send(world, row)
    body = Problem.model_validate(response.json())
    assert (response.status_code, body.code) == (row.status, row.code)
    assert body.status == response.status_code < 500
    assert response.headers["content-type"] == PROBLEM_JSON
    assert response.headers["x-request-id"] == body.request_id
    assert row.names.lower() in json.dumps(response.json(), ensure_ascii=False).lower()
    assert len(body.hint) > 10
    assert not [word for word in INSIDE if word in response.text]


def test_the_table_is_long_enough_and_has_no_row_twice() -> None:
    assert len({row.title for row in TABLE}) == len(TABLE) >= 100


def test_every_wrong_field_is_listed(world: ApiWorld) -> None:
    body = {"exchange": "x", "symbol": "BTC", "timeframe": "1M", "start": 5, "strategy": "", "fee_bps": -1, "z": 0}
    details = world.client.post("/backtest/run", json=body, headers=world.headers()).json()["details"]
    listed = {error["field"]: error["code"] for error in details["errors"]}
    assert listed == {
        "exchange": "unknown_exchange",
        "symbol": "invalid_symbol",
        "timeframe": "invalid_timeframe",
        "start": "invalid_range",
        "strategy": "invalid_input",
        "fee_bps": "invalid_input",
        "z": "invalid_input",
    }


@pytest.mark.parametrize(
    ("change", "field", "hint"),
    [
        ({"fee_bp": 10}, "fee_bp", "Did you mean fee_bps? Fields: symbol, coin, exchange, "),
        ({"zzzz": 10}, "zzzz", "Remove it. Fields: symbol, coin, exchange, "),
        ({"stops": {"stop_los": 0.1}}, "stops.stop_los", "Did you mean stop_loss? Fields: stop_loss, take_profit, "),
        ({"funding": {"modell": "x"}}, "funding.modell", "Did you mean model? Fields: model, rates, rate_per_8h."),
    ],
)
def test_an_unknown_field_is_told_what_there_is(world: ApiWorld, change: dict[str, Any], field: str, hint: str) -> None:
    body = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma", **change}
    details = world.client.post("/backtest/run", json=body, headers=world.headers()).json()["details"]
    (found,) = (error for error in details["errors"] if error["field"] == field)
    assert found["hint"].startswith(hint)


def test_an_unknown_field_deep_in_a_grid_and_in_a_query(world: ApiWorld) -> None:
    body = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma"}
    body |= {"grid": {"fast": {"start": 1, "stop": 2, "step": 1, "stepp": 1}}}
    deep = world.client.post("/sweeps", json=body, headers=world.headers()).json()
    assert (deep["details"]["field"], deep["code"]) == ("grid.fast.stepp", "invalid_input")
    asked = world.client.get(
        "/indicators?exchange=binance&symbol=BTC-USDT&timeframe=1h&name=rsi", headers=world.headers()
    ).json()["details"]["errors"]
    hints = {error["field"]: error["hint"] for error in asked}
    assert hints["name"].startswith("Did you mean names? Fields: ")


def test_the_query_of_a_post_wins_over_everything_wrong_with_its_body(world: ApiWorld) -> None:
    bodies = ({"content": b"{"}, {"json": {"z": 1}}, {"content": b"x" * 1_000_000}, {})
    for body in bodies:
        response = world.client.post("/sweeps?fast=1", headers=world.headers(), **body)
        assert (response.status_code, response.json()["code"]) == (400, "use_json_body")
        assert response.json()["details"] == {"keys": ["fast"]}


def test_a_missing_token_wins_over_everything(world: ApiWorld) -> None:
    response = world.client.post("/sweeps?fast=1", content=b"{", headers={"Accept": "text/html"})
    assert response.json()["code"] == "unauthorized"
