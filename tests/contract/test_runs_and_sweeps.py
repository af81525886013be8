"""POST /backtest/run, /sweeps and what they leave."""

from __future__ import annotations

import io
from typing import Any, get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from candlecloud.api.negotiation import ARROW, PARQUET
from candlecloud.api.schemas.metrics import SortKey
from candlecloud.contract.run import RunConfig
from candlecloud.market.instant import iso, read_instant
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from tests.support.api_world import SPAN, ApiWorld, store_recorded

SERIES = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
BTC = {**SERIES, "strategy": "dual_sma"}
RUN = {**BTC, "parameters": {"fast": 20, "slow": 50}}
SWEEP = {**BTC, "grid": {"fast": [5, 10, 20], "slow": {"start": 10, "stop": 50, "step": 10}}}


def test_the_same_request_is_the_same_run_computed_once(world: ApiWorld) -> None:
    first = world.client.post("/backtest/run", json=RUN, headers=world.headers("run"))
    again = world.client.post("/backtest/run", json={**RUN, "symbol": "BTC/USDT"}, headers=world.headers("run"))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    shown = world.client.get(first.headers["location"], headers=world.headers("read"))
    assert shown.json() == first.json()
    assert "immutable" in shown.headers["cache-control"]
    result = world.client.get(first.json()["links"]["result"], headers=world.headers("read"))
    assert result.json()["metrics"] == first.json()["metrics"]
    assert result.content == world.stores.runs.get_artifact(first.json()["run_id"], "result.json")


def test_defaults_and_fields_are_those_of_the_engine() -> None:
    asked = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma"}
    ours = RunConfig.model_validate(asked)
    assert ours == RunConfig.from_dict(asked)
    assert set(RunConfig.model_fields) - {"coin", "slippage_bps"} == set(ours.to_dict())


def test_a_sweep_from_start_to_results(world: ApiWorld) -> None:
    started = world.client.post("/sweeps", json=SWEEP, headers=world.headers("run"))
    assert started.status_code == 202
    assert (started.json()["sets"], started.json()["excluded"]) == (12, 3)
    place = started.headers["location"]
    sweep = world.client.get(place, headers=world.headers("read")).json()
    assert sweep["progress"] == {"sets": 12, "batches_planned": 1, "batches_done": 1, "fraction": 1.0}
    best = [row["metrics"]["sharpe"] for row in sweep["best"]]
    assert best == sorted(best, reverse=True)
    assert len(best) == 5

    rows, cursor = [], ""
    while cursor is not None:
        query = {"sort": "total_return", "limit": 5} | ({"cursor": cursor} if cursor else {})
        page = world.client.get(f"{place}/results", params=query, headers=world.headers("read")).json()
        rows += page["rows"]
        cursor = page["next_cursor"]
    returns = [row["metrics"]["total_return"] for row in rows]
    assert len(rows) == page["total"] == 12
    assert returns == sorted(returns, reverse=True)
    assert sorted(row["set"] for row in rows) == list(range(12))

    by_set = world.client.get(f"{place}/results?sort=set", headers=world.headers("read")).json()["rows"]
    assert [row["set"] for row in by_set] == list(range(12))
    for accept in (ARROW, PARQUET):
        answer = world.client.get(f"{place}/results?sort=set", headers=world.headers("read") | {"Accept": accept})
        source = io.BytesIO(answer.content)
        table = pa.ipc.open_stream(source).read_all() if accept == ARROW else pq.read_table(source)
        assert table.column("parameter_fast").to_pylist() == [row["parameters"]["fast"] for row in by_set]
        assert table.column("sharpe").to_pylist() == [row["metrics"]["sharpe"] for row in by_set]


SWITCHES: dict[str, Any] = {
    "direction": "both",
    "maker_fee_bps": 1.0,
    "entry": {"type": "limit", "offset_bps": 5.0, "expires_bars": 24},
    "slippage": {"model": "participation_rate", "bps": 1.0, "impact_bps": 50.0, "max_participation": 0.001},
    "sizing": {"model": "volatility_target", "annual_volatility": 0.4, "window": 48},
    "stops": {"stop_loss": 0.02, "take_profit": 0.03, "trailing_stop_atr": 3.0, "max_bars": 200},
    "drawdown_limit": {"max_drawdown": 0.05, "cooldown_bars": 24},
    "rebalance_band": 0.2,
    "market_rules": {"tick_size": 0.01, "lot_step": 0.00001, "min_notional": 10.0},
    "flatten_at_end": True,
    "seed": 3,
}
BANDS = {
    "parameters": {
        "window": {"kind": "integer", "low": 5, "high": 100, "default": 20},
        "depth": {"kind": "number", "low": 0, "high": 3, "default": 1},
    },
    "features": {
        "bands": {"feature": "bollinger", "parameters": {"window": {"param": "window"}}},
        "atr": {"feature": "atr"},
    },
    "long": {
        "entry": {"lt": ["close", {"sub": ["bands.middle", {"mul": [{"param": "depth"}, "atr"]}]}]},
        "exit": {"gt": ["close", "bands.middle"]},
    },
}


@pytest.mark.parametrize(
    ("strategy", "grid"),
    [
        ({"strategy": "ema_cross"}, {"fast": [5, 12], "slow": [26, 40]}),
        ({"strategy": "rules", "rules": BANDS}, {"window": [10, 20], "depth": [0.5, 1.5]}),
    ],
    ids=["ema_cross", "rules"],
)
def test_a_row_of_a_sweep_is_the_run_of_its_set(
    world: ApiWorld, strategy: dict[str, Any], grid: dict[str, Any]
) -> None:
    body = {**SERIES, **strategy, **SWITCHES, "start": "2023-05-01"}
    started = world.client.post("/sweeps", json={**body, "grid": grid}, headers=world.headers("run"))
    assert started.status_code == 202, started.text
    place = started.headers["location"]
    sweep = world.client.get(place, headers=world.headers("read")).json()
    assert sweep["state"] == "succeeded", sweep["error"]
    rows = world.client.get(f"{place}/results?sort=set", headers=world.headers("read")).json()["rows"]
    assert len(rows) == 4
    assert len({row["metrics"]["final_equity"] for row in rows}) > 1
    for row in rows:
        sent = {**body, "parameters": row["parameters"]}
        run = world.client.post("/backtest/run", json=sent, headers=world.headers("run")).json()
        assert run["state"] == "succeeded", run["error"]
        assert {name: run["metrics"][name] for name in row["metrics"]} == row["metrics"]
        assert run["config"] | {"parameters": {}} == {
            name: value for name, value in sweep["config"].items() if name not in ("grid", "batch_size")
        }
        assert set(sweep["config"]) - set(run["config"]) == {"grid", "batch_size"}


SETTINGS = {
    "fast": [5, 10],
    "direction": ["long", "both"],
    "stops.stop_loss": [0.02, None],
    "slippage.bps": {"start": 0, "stop": 4, "step": 2},
}


def test_a_grid_over_settings_has_them_in_its_rows(world: ApiWorld) -> None:
    """Each row's settings, put where their paths say, are the run of the set."""
    body = {**BTC, "start": "2023-05-01", "stops": {"take_profit": 0.03}}
    started = world.client.post("/sweeps", json={**body, "grid": SETTINGS}, headers=world.headers("run"))
    assert started.status_code == 202, started.text
    assert started.json()["sets"] == 24
    place = started.headers["location"]
    sweep = world.client.get(place, headers=world.headers("read")).json()
    assert sweep["state"] == "succeeded", sweep["error"]
    assert sweep["config"]["grid"]["stops.stop_loss"] == [None, 0.02]
    again = world.client.post("/sweeps", json=sweep["config"], headers=world.headers("run"))
    assert again.json()["sweep_id"] == sweep["sweep_id"], "the echo is a request for the same sweep"
    by_set = world.client.get(f"{place}/results?sort=set", headers=world.headers("read")).json()["rows"]
    ranked = world.client.get(f"{place}/results?sort=total_return", headers=world.headers("read")).json()["rows"]
    assert ranked == sorted(by_set, key=lambda row: (-row["metrics"]["total_return"], row["set"]))
    best = sorted((row for row in by_set if row["metrics"]["sharpe"]), key=lambda row: -row["metrics"]["sharpe"])
    assert sweep["best"] == best[:5]
    for row in (by_set[0], by_set[-1], best[0]):
        settings = row["settings"]
        sent = {
            **body,
            "parameters": row["parameters"],
            "direction": settings["direction"],
            "slippage_bps": settings["slippage.bps"],
            "stops": {"take_profit": 0.03, "stop_loss": settings["stops.stop_loss"]},
        }
        run = world.client.post("/backtest/run", json=sent, headers=world.headers("run")).json()
        assert {name: run["metrics"][name] for name in row["metrics"]} == row["metrics"]
    for accept in (ARROW, PARQUET):
        answer = world.client.get(f"{place}/results?sort=set", headers=world.headers("read") | {"Accept": accept})
        source = io.BytesIO(answer.content)
        table = pa.ipc.open_stream(source).read_all() if accept == ARROW else pq.read_table(source)
        for path in ("direction", "stops.stop_loss", "slippage.bps"):
            column = table.column(f"setting_{path.replace('.', '__')}").to_pylist()
            assert column == [row["settings"][path] for row in by_set]


@pytest.mark.parametrize(
    ("grid", "field", "hint"),
    [
        ({"stops.stop_los": [0.1]}, "grid.stops.stop_los", "Did you mean stops.stop_loss?"),
        ({"stops.stop_loss": [0.1, 3]}, "grid.stops.stop_loss.1", "Correct grid.stops.stop_loss.1"),
        ({"fee_bps": [5]}, "grid.fee_bps", "Leave it out of one."),
    ],
)
def test_a_wrong_setting_in_a_grid_is_named(world: ApiWorld, grid: dict[str, Any], field: str, hint: str) -> None:
    body = {**BTC, "fee_bps": 10, "grid": grid}
    answer = world.client.post("/sweeps", json=body, headers=world.headers("run"))
    assert answer.status_code == 422
    assert answer.json()["details"]["field"] == field
    assert hint in answer.json()["hint"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        SWITCHES,
        {"strategy": "rules", "rules": BANDS, "parameters": {"window": 30}},
        {"slippage": {"model": "spread"}, "sizing": {"model": "kelly_fraction", "window": 50, "minimum_bars": 10}},
    ],
    ids=["defaults", "switches", "rules", "kelly"],
)
def test_the_echo_of_a_run_is_a_request_for_the_same_run(world: ApiWorld, change: dict[str, Any]) -> None:
    first = world.client.post("/backtest/run", json={**BTC, **change}, headers=world.headers("run")).json()
    again = world.client.post("/backtest/run", json=first["config"], headers=world.headers("run"))
    assert again.status_code == 200, again.text
    assert again.json() == first


def test_a_perpetual_pays_what_it_was_told_to(world: ApiWorld) -> None:
    perpetual = Series.of("binance", "BTC-USDT_USDT", "1h")
    days = TimeRange(read_instant("2023-05-25"), SPAN.end)
    store_recorded(world.stores, perpetual, "binance_spot_BTCUSDT_1h", days)
    held = {**SERIES, "symbol": "BTC/USDT:USDT", "strategy": "buy_and_hold", "start": "2023-05-26"}
    rates = [[iso(t), 0.0001] for t in range(read_instant("2023-05-26T08:00Z"), SPAN.end + 1, 8 * 3_600_000)]

    def run(funding: dict[str, Any]) -> dict[str, Any]:
        answer = world.client.post("/backtest/run", json={**held, "funding": funding}, headers=world.headers("run"))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    assumed = run({"model": "fixed_rate", "rate_per_8h": 0.0001})
    settled = run({"model": "schedule", "rates": rates})
    ignored = run({"model": "ignored"})
    assert assumed["metrics"]["funding"] == pytest.approx(10_000 * 0.0001 * len(rates), rel=0.05)
    assert settled["metrics"] == assumed["metrics"]
    assert ignored["metrics"]["funding"] == 0.0
    assert ignored["assumptions"] != assumed["assumptions"]
    holed = {**held, "funding": {"model": "schedule", "rates": rates[:6] + rates[10:]}}
    refused = world.client.post("/backtest/run", json=holed, headers=world.headers("run")).json()
    assert (refused["code"], refused["details"]["field"]) == ("invalid_parameter", "funding.rates")


@pytest.mark.parametrize("sort", get_args(SortKey))
def test_every_key_sorts(world: ApiWorld, sort: str) -> None:
    place = world.client.post("/sweeps", json=SWEEP, headers=world.headers("run")).headers["location"]
    for order in ("asc", "desc"):
        query = {"sort": sort, "order": order}
        page = world.client.get(f"{place}/results", params=query, headers=world.headers("read")).json()
        values = [row["set"] if sort == "set" else row["metrics"][sort] for row in page["rows"]]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=order == "desc")
        assert values == known + [None] * (len(values) - len(known))


def test_the_suggested_backfill_can_be_sent_as_it_is(world: ApiWorld) -> None:
    too_early = {**RUN, "start": "2023-03-02"}
    details = world.client.post("/backtest/run", json=too_early, headers=world.headers("run")).json()["details"]
    ready = details["backfill_request"]
    answer = world.client.request(
        ready["method"], ready["path"], json=ready["body"], headers=world.headers("data:write")
    )
    assert answer.status_code == 202
    assert world.dispatcher.backfills[-1] == ready["body"]
    assert details["required_start"]["iso"] == ready["body"]["start"]
    assert iso(details["suggested_start"]["unix_ms"]) == details["suggested_start"]["iso"]
    later = {**RUN, "start": details["suggested_start"]["iso"]}
    assert world.client.post("/backtest/run", json=later, headers=world.headers("run")).status_code == 200
