"""GET and POST /signals: the decisions of a run that starts there, and nothing that a run would not do."""

from __future__ import annotations

from typing import Any

import pytest

from candlecloud.market.instant import iso
from candlecloud.strategies.builtin import STRATEGIES
from candlecloud.strategies.rules.examples import TREND
from tests.support.api_world import BTC, SPAN, ApiWorld

SERIES = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
START = "2023-05-01T00:00:00Z"
HOUR = 3_600_000


def get(world: ApiWorld, **query: Any) -> dict[str, Any]:
    """A good answer."""
    answer = world.client.get("/signals", params={**SERIES, **query}, headers=world.headers("read"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def trades_of(world: ApiWorld, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Closed trades of a run without costs, so that every wanted change is an order."""
    sent = {**SERIES, **body, "fee_bps": 0, "slippage_bps": 0}
    run = world.client.post("/backtest/run", json=sent, headers=world.headers("run")).json()
    found: list[dict[str, Any]] = world.client.get(run["links"]["result"], headers=world.headers("read")).json()[
        "trades"
    ]
    return found


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "buy_and_hold"])
def test_changes_fill_where_the_run_of_the_same_start_trades(world: ApiWorld, strategy: str) -> None:
    signal = get(world, strategy=strategy, start=START, direction="both", limit=1000)
    trades = trades_of(world, {"strategy": strategy, "start": START, "direction": "both"})
    entries = {change["fills_at"]: change["target"] for change in signal["changes"] if change["target"]}
    sides = {"long": 1.0, "short": -1.0}
    # The last change may still be open, and a position that stood at the first close is no change.
    traded = {trade["entry_time"]["iso"]: sides[trade["direction"]] for trade in trades}
    assert signal["changes_total"] == len(signal["changes"])
    at_the_start = set(traded) - set(entries)
    assert at_the_start <= {START, iso(1682899200000 + HOUR)}
    assert {time: traded[time] for time in set(traded) - at_the_start}.items() <= entries.items()
    assert len(entries) - (len(traded) - len(at_the_start)) <= 1


def test_the_newest_target_and_its_change_agree(world: ApiWorld) -> None:
    signal = get(world, strategy="dual_sma", fast=20, slow=50, direction="both", limit=5)
    newest = signal["changes"][0]
    assert (signal["target"], signal["since"]) == (newest["target"], newest["close_time"])
    assert (signal["close_time_ms"], signal["fills_at_ms"]) == (SPAN.end, SPAN.end)
    assert signal["computed_from_ms"] == SPAN.end - 1_050 * HOUR
    assert (signal["bars"], signal["warmup_bars"], len(signal["changes"])) == (1_000, 50, 5)
    times = [change["close_time_ms"] for change in signal["changes"]]
    assert times == sorted(times, reverse=True)
    for later, earlier in zip(signal["changes"], signal["changes"][1:], strict=False):
        assert later["before"] == earlier["target"] != later["target"]


def test_direction_cuts_the_target(world: ApiWorld) -> None:
    both, long, short = (
        get(world, strategy="dual_sma", direction=direction)["target"] for direction in ("both", "long", "short")
    )
    assert (long, short) == (max(both, 0.0), min(both, 0.0))


def test_a_position_that_always_stood_has_no_since(world: ApiWorld) -> None:
    signal = get(world, strategy="buy_and_hold")
    assert (signal["target"], signal["since"], signal["changes"]) == (1.0, None, [])


def test_a_history_below_the_warm_up_is_null(world: ApiWorld) -> None:
    signal = get(world, strategy="dual_sma", slow=5_000)
    assert (signal["target"], signal["since"], signal["changes_total"]) == (None, None, 0)
    assert signal["warmup_bars"] == 5_000


def test_rules_in_a_body_are_the_same_as_in_a_run(world: ApiWorld) -> None:
    body = {**SERIES, "rules": TREND, "start": "2023-05-01", "direction": "both", "limit": 1000}
    answer = world.client.post("/signals", json=body, headers=world.headers("read"))
    assert answer.status_code == 200, answer.text
    signal = answer.json()
    assert signal["strategy"] == "rules"
    entries = {change["fills_at"] for change in signal["changes"] if change["target"]}
    traded = {
        trade["entry_time"]["iso"]
        for trade in trades_of(world, {"strategy": "rules", "rules": TREND, "start": "2023-05-01", "direction": "both"})
    }
    assert traded
    assert traded <= entries
    assert len(entries - traded) <= 1


def test_a_named_strategy_in_a_body_is_the_query(world: ApiWorld) -> None:
    body = {**SERIES, "strategy": "ema_cross", "parameters": {"fast": 5, "slow": 30}}
    posted = world.client.post("/signals", json=body, headers=world.headers("read")).json()
    assert posted == get(world, strategy="ema_cross", fast=5, slow=30)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"strategy": "rules"}, 422, "rules"),
        ({"strategy": "dual_sma", "rules": TREND}, 422, "rules"),
        ({"rules": {**TREND, "long": {"entry": {"gt": ["close", "none"]}}}}, 422, "rules/long/entry/gt/1"),
        ({"rules": TREND, "parameters": {"window": 3}}, 422, "parameters.window"),
    ],
)
def test_bad_bodies_name_the_field(world: ApiWorld, change: dict[str, Any], status: int, field: str) -> None:
    answer = world.client.post("/signals", json={**SERIES, **change}, headers=world.headers("read"))
    assert (answer.status_code, answer.json()["details"]["field"]) == (status, field)


def test_a_range_without_a_candle_says_what_to_do(world: ApiWorld) -> None:
    query = {**SERIES, "strategy": "dual_sma", "end": "2020-01-01"}
    answer = world.client.get("/signals", params=query, headers=world.headers("read"))
    assert (answer.status_code, answer.json()["code"]) == (422, "insufficient_data")
    assert "GET /series" in answer.json()["hint"]
    assert BTC.id in answer.json()["message"]
