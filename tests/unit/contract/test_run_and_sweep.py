"""Run configurations: every wrong field is named, and what is read writes back the same."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candlecloud.contract.preview import SignalsRequest
from candlecloud.contract.run import RunConfig
from candlecloud.contract.run_spec import canonical_json
from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import CandlecloudError, InvalidParameterError, InvalidRangeError, UnknownStrategyError
from candlecloud.experiments.execution import benchmark_of, execution_of
from candlecloud.market.ranges import TimeRange

HOUR = 3_600_000
BASE: dict[str, Any] = {"exchange": "binance", "symbol": "BTC/USDT", "timeframe": "60m", "strategy": "dual_sma"}


NO_OTHER_STOPS = dict.fromkeys(("stop_loss_atr", "take_profit_atr", "trailing_stop_atr", "atr_window", "max_bars"))


def config(**fields: Any) -> RunConfig:
    return RunConfig.from_dict(BASE | fields)


def test_defaults() -> None:
    assert config().to_dict() == {
        "exchange": "binance",
        "symbol": "BTC-USDT",
        "timeframe": "1h",
        "start": None,
        "end": None,
        "strategy": "dual_sma",
        "parameters": {"fast": 20, "slow": 50},
        "rules": None,
        "initial_equity": 10_000.0,
        "direction": "long",
        "fee_bps": 10.0,
        "maker_fee_bps": 10.0,
        "slippage": {"model": "fixed_bps", "bps": 2.0},
        "sizing": {"model": "fixed_fraction", "fraction": 1.0},
        "entry": None,
        "stops": {"stop_loss": None, "take_profit": None, "trailing_stop": None} | NO_OTHER_STOPS,
        "drawdown_limit": None,
        "rebalance_band": None,
        "market_rules": {"tick_size": None, "lot_step": None, "min_notional": None},
        "funding": None,
        "flatten_at_end": False,
        "finer_timeframe": "none",
        "look_ahead_test": True,
        "as_of": None,
        "seed": 0,
        "signals": None,
        "signals_fill": None,
    }
    assert config().warmup_bars == 50


@pytest.mark.parametrize(
    "start", ["2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00", 1_704_067_200_000]
)
def test_one_moment_written_in_several_ways(start: Any) -> None:
    read = config(start=start, end="2024-01-02T10:30:00Z")
    assert read.range == TimeRange(1_704_067_200_000, 1_704_067_200_000 + 34 * HOUR)
    assert read.to_dict()["start"] == "2024-01-01T00:00:00Z"


def test_ranges_are_narrowed_to_whole_candles() -> None:
    read = config(start="2024-01-01T00:00:00.001Z", end="2024-01-01T03:59:59Z")
    assert (read.to_dict()["start"], read.to_dict()["end"]) == ("2024-01-01T01:00:00Z", "2024-01-01T03:00:00Z")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"exchange": None}, "exchange"),
        ({"symbol": 5}, "symbol"),
        ({"timeframe": ""}, "timeframe"),
        ({"strategy": None}, "strategy"),
        ({"strategy": "x" * 101}, "strategy"),
        ({"strategy": "dual_ema"}, "strategy"),
        ({"start": "yesterday"}, "start"),
        ({"start": -1}, "start"),
        ({"start": 2**63}, "start"),
        ({"end": True}, "end"),
        ({"end": 1.5}, "end"),
        ({"as_of": "2024-13-01"}, "as_of"),
        ({"initial_equity": 0}, "initial_equity"),
        ({"initial_equity": float("nan")}, "initial_equity"),
        ({"initial_equity": 10**400}, "initial_equity"),
        ({"fee_bps": -1}, "fee_bps"),
        ({"fee_bps": "10"}, "fee_bps"),
        ({"slippage_bps": 1_001}, "slippage_bps"),
        ({"slippage_bps": 2, "slippage": {"model": "fixed_bps"}}, "slippage_bps"),
        ({"slippage": {"model": "magic"}}, "slippage.model"),
        ({"slippage": "fixed_bps"}, "slippage"),
        ({"slippage": {"model": "fixed_bps", "bps": -1}}, "slippage.bps"),
        ({"slippage": {"model": "spread", "impact_bps": 1}}, "slippage.impact_bps"),
        ({"slippage": {"model": "spread_pct", "spread_pct": 0.04}}, "slippage.model"),
        ({"slippage": {"model": "spread", "spread_pct": 0.04}}, "slippage.spread_pct"),
        ({"sizing": {"model": "volatility_target", "target_vol": 0.2, "annual_volatility": 0.2}}, "sizing.target_vol"),
        ({"sizing": {"model": "kelly_fraction", "win_probability": 0.5}}, "sizing.payoff_ratio"),
        ({"sizing": {"model": "all_of_it"}}, "sizing.model"),
        ({"sizing": {"model": "fixed_fraction", "fraction": 1.5}}, "sizing.fraction"),
        ({"sizing": {"model": "kelly_fraction", "window": 10, "minimum_bars": 20}}, "sizing"),
        ({"maker_fee_bps": 2_000}, "maker_fee_bps"),
        ({"stops": {"stop_loss": 1.0}}, "stops.stop_loss"),
        ({"stops": {"stop": 0.1}}, "stops.stop"),
        ({"stops": 0.1}, "stops"),
        ({"drawdown_limit": {"cooldown_bars": 3}}, "drawdown_limit.max_drawdown"),
        ({"drawdown_limit": {"max_drawdown": 0.2, "cooldown_bars": 0}}, "drawdown_limit.cooldown_bars"),
        ({"rebalance_band": 2}, "rebalance_band"),
        ({"market_rules": {"tick_size": 0}}, "market_rules.tick_size"),
        ({"funding": {"model": "ignored"}}, "funding"),
        ({"symbol": "BTC-USDT_USDT"}, "funding"),
        ({"symbol": "BTC-USDT_USDT", "funding": {"model": "free"}}, "funding.model"),
        ({"symbol": "BTC-USDT_USDT", "funding": {"model": "fixed_rate", "rate_per_8h": 1}}, "funding.rate_per_8h"),
        ({"symbol": "BTC-USDT_USDT", "funding": {"model": "schedule"}}, "funding.rates"),
        ({"symbol": "BTC-USDT_USDT", "funding": {"model": "ignored", "rate_per_8h": 0.01}}, "funding.rate_per_8h"),
        ({"symbol": "BTC-USDT_USDT", "funding": {"model": "fixed_rate", "rates": [[0, 0]]}}, "funding.rates"),
        ({"finer_timeframe": "1m", "stops": {"stop_loss": 0.1}}, "finer_timeframe"),
        ({"stops": False}, "stops"),
        (
            {"symbol": "BTC-USDT_USDT", "funding": {"model": "schedule", "rates": [[0, 1e-4], [0, 1e-4]]}},
            "funding.rates.1.0",
        ),
        ({"finer_timeframe": "1h"}, "finer_timeframe"),
        ({"look_ahead_test": "on"}, "look_ahead_test"),
        ({"rules": {}}, "rules"),
        ({"strategy": "rules", "parameters": {}}, "rules"),
        ({"direction": "up"}, "direction"),
        ({"direction": ["long"]}, "direction"),
        ({"flatten_at_end": 1}, "flatten_at_end"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"seed": 1.0}, "seed"),
        ({"parameters": []}, "parameters"),
        ({"parameters": {"fast": 0}}, "parameters.fast"),
        ({"parameters": {"fast": 60}}, "parameters"),
        ({"leverage": 3}, "leverage"),
    ],
)
def test_wrong_fields_are_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(CandlecloudError) as caught:
        config(**fields)
    assert caught.value.details["field"] == field
    assert caught.value.hint
    json.dumps(caught.value.details, allow_nan=False)


@pytest.mark.parametrize(
    ("model", "given", "wanted"),
    [
        ("volatility_target", {}, 0.05),
        ("volatility_target", {"rebalance_band": None}, 0.05),
        ("volatility_target", {"rebalance_band": 0.2}, 0.2),
        ("volatility_target", {"rebalance_band": 0}, 0.0),
        ("fixed_fraction", {}, None),
        ("fixed_fraction", {"rebalance_band": 0}, None),
        ("kelly_fraction", {}, None),
        ("kelly_fraction", {"rebalance_band": 0.05}, 0.05),
    ],
)
def test_the_rebalance_band_of_a_volatility_target(model: str, given: dict[str, Any], wanted: float | None) -> None:
    run = config(sizing={"model": model}, **given)
    assert run.rebalance_band == wanted
    assert RunConfig.from_dict(run.to_dict()) == run
    assert execution_of(run).rebalance_band == (wanted or 0.0)


def test_equal_sizings_are_one_run() -> None:
    plain = config(sizing={"model": "volatility_target", "annual_volatility": 0.2, "window": 72, "base_fraction": 1})
    said_otherwise = config(sizing={"model": "volatility_target", "target_vol": 0.2, "lookback": 72})
    assert plain.identity_dict() == said_otherwise.identity_dict()
    odds = config(sizing={"model": "kelly_fraction", "win_probability": 0.6, "payoff_ratio": 1.5})
    assert odds.sizing.parameters == {"base_fraction": 1.0, "win_probability": 0.6, "payoff_ratio": 1.5}
    assert RunConfig.from_dict(odds.to_dict()) == odds


UP: dict[str, Any] = {"gt": ["close", "open"]}
LONG, SHORT = {"long": {"entry": UP}}, {"short": {"entry": UP}}


@pytest.mark.parametrize(
    ("fields", "allowed", "hint"),
    [
        ({"strategy": "buy_and_hold", "direction": "short"}, ["long", "both"], 'Set direction to "long".'),
        (
            {"strategy": "rules", "rules": LONG, "direction": "short"},
            ["long", "both"],
            'Set direction to "long", or add "short": {"entry": ...} to the rules.',
        ),
        (
            {"strategy": "rules", "rules": SHORT},
            ["short", "both"],
            'Set direction to "short", or add "long": {"entry": ...} to the rules.',
        ),
    ],
)
def test_a_direction_that_could_never_trade_is_refused(fields: dict[str, Any], allowed: list[str], hint: str) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        config(**fields)
    assert (caught.value.details["field"], caught.value.details["allowed"]) == ("direction", allowed)
    assert caught.value.hint == hint
    with pytest.raises(InvalidParameterError, match="it could never trade"):
        SweepConfig.from_dict(BASE | fields | {"grid": {"window": [1]}})
    with pytest.raises(InvalidParameterError, match="it could never trade"):
        SignalsRequest.from_dict(BASE | fields)
    for direction in allowed:
        assert config(**fields | {"direction": direction}).direction == direction


def test_a_short_run_has_its_benchmark() -> None:
    benchmark = benchmark_of(config(strategy="rules", rules=SHORT, direction="short"))
    assert (benchmark.strategy, benchmark.direction) == ("buy_and_hold", "long")
    assert RunConfig.from_dict(benchmark.to_dict()) == benchmark, "it could be asked for as a run"
    assert config(strategy="rules", rules=LONG | SHORT).strategy_rule.sides == {"long", "short"}


@pytest.mark.parametrize(
    ("start", "end"),
    [("2024-01-02", "2024-01-01"), ("2024-01-01T00:10Z", "2024-01-01T00:50Z"), ("1970-01-01", "2090-01-01")],
)
def test_ranges_without_a_candle_or_with_too_many_are_refused(start: str, end: str) -> None:
    with pytest.raises(InvalidRangeError):
        config(start=start, end=end, timeframe="1m" if end > "2080" else "1h")


@pytest.mark.parametrize("document", [None, [], "run", 5])
def test_a_run_is_an_object(document: Any) -> None:
    with pytest.raises(CandlecloudError, match="JSON object"):
        RunConfig.from_dict(document)


def test_unknown_words_of_the_market_are_refused_by_their_own_errors() -> None:
    codes = []
    for fields in ({"exchange": "mtgox"}, {"symbol": "///"}, {"timeframe": "1M"}, {"strategy": "magic"}):
        with pytest.raises(CandlecloudError) as caught:
            config(**fields)
        codes.append(caught.value.code)
    assert codes == ["unknown_exchange", "invalid_symbol", "invalid_timeframe", "unknown_strategy"]
    assert caught.type is UnknownStrategyError


def test_range_must_be_pinned_before_use() -> None:
    with pytest.raises(InvalidRangeError, match="no start and end yet"):
        _ = config(start="2024-01-01").range
    pinned = config().pinned(TimeRange(0, HOUR), as_of=7, finer_timeframe="none")
    assert (pinned.range, pinned.as_of) == (TimeRange(0, HOUR), 7)


def test_as_of_is_no_part_of_the_identity() -> None:
    assert config(as_of=1_700_000_000_005).identity_dict() == config().identity_dict()
    assert "as_of" not in config().identity_dict()


@given(
    st.integers(100_000_000_000, 2**41),
    st.integers(1, 9_999),
    st.floats(1e-6, 1e15),
    st.floats(0, 1_000),
    st.booleans(),
    st.one_of(st.none(), st.integers(100_000_000_000, 4_102_444_800_000)),
)
def test_reads_back_what_it_writes(
    start: int, hours: int, equity: float, fee: float, flatten: bool, as_of: int | None
) -> None:
    read = config(
        start=start,
        end=start + (hours + 1) * HOUR,
        initial_equity=equity,
        fee_bps=fee,
        flatten_at_end=flatten,
        as_of=as_of,
        parameters={"fast": 3},
    )
    again = RunConfig.from_dict(json.loads(canonical_json(read.to_dict())))
    assert again == read
    assert canonical_json(again.to_dict()) == canonical_json(read.to_dict())


def test_canonical_json() -> None:
    assert canonical_json({"b": 0.1, "a": [1, None, True, "é"]}) == b'{"a":[1,null,true,"\\u00e9"],"b":0.1}'
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


def test_what_the_api_and_the_planner_import_needs_no_numpy() -> None:
    modules = [
        "candlecloud.jobs." + name for name in ("submit", "plan_fan_out", "collect_fan_out", "fail_fan_out", "dispatch")
    ]
    code = f"import sys; sys.modules['numpy'] = None; import {', '.join(modules)}"  # an import of it then raises
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_fields_that_came_later_leave_the_ids_of_before() -> None:
    """Inside of other models too: an id changes when such a field is used, and not before."""
    before = config().identity_dict()
    assert set(before["stops"]) == {"stop_loss", "take_profit", "trailing_stop"}
    used = config(stops={"max_bars": 5}).identity_dict()
    assert used["stops"]["max_bars"] == 5
    assert RunConfig.from_dict(used).stops.max_bars == 5


def test_atr_stops_need_their_warm_up_and_say_one_level_once() -> None:
    run = config(stops={"stop_loss_atr": 2.0})
    assert (run.stops.atr_window, config().stops.atr_window) == (14, None)
    assert run == config(stops={"stop_loss_atr": 2.0, "atr_window": 14})
    assert config(stops={"stop_loss_atr": 2.0, "atr_window": 500}).warmup_bars == 501
    assert "features/atr" in run.entries
    assert "features/atr" not in config(stops={"stop_loss": 0.1}).entries
    for stops, field in (
        ({"stop_loss": 0.1, "stop_loss_atr": 2.0}, "stops.stop_loss_atr"),
        ({"atr_window": 20}, "stops.atr_window"),
        ({"trailing_stop_atr": 0.0}, "stops.trailing_stop_atr"),
    ):
        with pytest.raises(InvalidParameterError) as caught:
            config(stops=stops)
        assert caught.value.details["field"] == field


def test_an_entry_order_says_what_it_needs() -> None:
    run = config(entry={"type": "limit", "offset_bps": 20, "expires_bars": 3}, stops={"max_bars": 5})
    assert run.identity_dict()["entry"]["offset_bps"] == 20
    assert "entry" not in config().identity_dict()
    assert benchmark_of(run).entry is None
    through = {"type": "limit", "must_trade_through_ticks": 2}
    assert config(entry=through, market_rules={"tick_size": 0.01}).entry is not None
    for entry, field in (
        (through, "entry.must_trade_through_ticks"),
        ({"type": "stop", "must_trade_through_ticks": 2}, "entry.must_trade_through_ticks"),
        ({"type": "market"}, "entry.type"),
        ({"type": "stop", "offset_bps": -1}, "entry.offset_bps"),
        ({"type": "stop", "expires_bars": 0}, "entry.expires_bars"),
    ):
        with pytest.raises(InvalidParameterError) as caught:
            config(entry=entry)
        assert caught.value.details["field"] == field
