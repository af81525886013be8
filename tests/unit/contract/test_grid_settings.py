"""Grids over settings of execution: one meaning, one spelling, the refusals of a run, and old grids as they were."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from candlecloud.catalogue import STRATEGIES
from candlecloud.contract.execution_settings import ExecutionSettings
from candlecloud.contract.grid_settings import ALIASES, settings_of
from candlecloud.contract.run import RunConfig
from candlecloud.contract.run_spec import canonical_json
from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import CandlecloudError, InvalidInputError
from candlecloud.fan_out.kinds.sweep import sweep_work
from candlecloud.market.ranges import TimeRange
from candlecloud.runs.identity import Identity

SERIES = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
BASE: dict[str, Any] = {**SERIES, "strategy": "dual_sma"}
SPAN = TimeRange(1_699_999_200_000, 1_701_000_000_000)
RULES = {
    "parameters": {"fee_bps": {"kind": "integer", "low": 1, "high": 100, "default": 20}},
    "features": {"mean": {"feature": "sma", "parameters": {"window": {"param": "fee_bps"}}}},
    "long": {"entry": {"gt": ["close", "mean"]}},
}
KELLY = {"model": "kelly_fraction"}


def sweep(grid: Any, **fields: Any) -> SweepConfig:
    return SweepConfig.from_dict(BASE | {"grid": grid} | fields)


def refusal(grid: Any, **fields: Any) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        sweep(grid, **fields)
    json.dumps(caught.value.details, allow_nan=False)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("fields", "sweep_id"),
    [
        (
            {"strategy": "dual_sma", "grid": {"fast": [20, 5], "slow": {"start": 30, "stop": 50, "step": 10}}},
            "sweep_21084d763256f47cd8f8e15cae8648f4",
        ),
        ({"strategy": "rules", "rules": RULES, "grid": {"fee_bps": [1, 2]}}, "sweep_50b5a450e63cf69bda2cc11b54144e01"),
    ],
    ids=["parameters", "a parameter of rules with the name of a setting"],
)
def test_a_grid_of_parameters_is_the_sweep_that_it_was(fields: dict[str, Any], sweep_id: str) -> None:
    """Ids of the version before grids took settings; candles and code stand still here."""
    config = SweepConfig.from_dict(SERIES | fields).pinned(SPAN, as_of=5)
    assert Identity(config, "r", "c").id == sweep_id
    assert not config.setting_axes
    assert config.variants[0].settings == {}
    assert config.spec_with(config.variants[0].fields) is config


def test_every_setting_of_execution_can_be_varied() -> None:
    """Fields that come later are found by themselves; the names of ours never mean a parameter."""
    found = settings_of(ExecutionSettings())
    assert {setting.field for setting in found.values()} == set(ExecutionSettings.model_fields) - set(ALIASES)
    plain = {path for path in found if "." not in path}
    assert plain == {"direction", "fee_bps", "maker_fee_bps", "rebalance_band"}
    assert not plain & {parameter.name for strategy in STRATEGIES.values() for parameter in strategy.parameters}
    assert [path for path in found if path.startswith("stops.")][:2] == ["stops.stop_loss", "stops.take_profit"]


def test_equal_grids_are_one_document() -> None:
    one = sweep({"slow": [30], "fast": [5], "fee_bps": [10, 5], "slippage.bps": [0, 0.5, 1], "stops.stop_loss": [None]})
    other = sweep(
        {
            "stops.stop_loss": [None, None],
            "slippage_bps": {"start": 0, "stop": 1, "step": 0.5},
            "parameters.slow": [30.0],
            "fast": [5],
            "fee_bps": [5.0, 10, 5],
        },
        slippage={"model": "fixed_bps"},
        stops=None,
        maker_fee_bps=None,
    )
    assert canonical_json(one.to_dict()) == canonical_json(other.to_dict())
    assert SweepConfig.from_dict(one.to_dict()) == one == other
    assert list(one.grid) == ["fee_bps", "slippage.bps", "stops.stop_loss", "fast", "slow"], "the slowest first"
    assert one.grid["slippage.bps"] == [0.0, 0.5, 1.0]
    left_out = sweep({"drawdown_limit.max_drawdown": [0.1]})
    assert left_out.to_dict() == sweep({"drawdown_limit.max_drawdown": [0.1]}, drawdown_limit={}).to_dict()
    assert "fee_bps" not in one.to_dict()
    assert "stop_loss" not in one.to_dict()["stops"]


def test_settings_vary_slower_than_parameters_and_each_set_is_one_run() -> None:
    config = sweep({"fast": [5, 60], "direction": ["long", "both"], "fee_bps": [20, 10], "maker_fee_bps": [10, None]})
    assert [tuple(variant.settings.values()) for variant in config.variants] == [
        ("both", 10.0, None),
        ("both", 20.0, None),
        ("both", 20.0, 10.0),
        ("long", 10.0, None),
        ("long", 20.0, None),
        ("long", 20.0, 10.0),
    ], "a maker fee of null is the taker fee: at 10 it is the same run as that of 10"
    assert config.size.valid == 6
    assert config.size.excluded == 2 * 2 * 2 * 2 - 6
    first = {"direction": "both", "fee_bps": 10.0, "maker_fee_bps": None}
    reason = "fast (60) must be below slow (50)"
    assert config.size.first_excluded == {"parameters": {"fast": 60, "slow": 50}, "settings": first, "reason": reason}
    run = config.run_config({"fast": 5, "slow": 50, "direction": "both", "fee_bps": 20, "maker_fee_bps": None})
    assert run == RunConfig.from_dict(BASE | {"parameters": {"fast": 5}, "direction": "both", "fee_bps": 20})


def test_a_limit_that_is_off_has_no_cooldown_to_vary() -> None:
    config = sweep({"drawdown_limit.max_drawdown": [None, 0.2], "drawdown_limit.cooldown_bars": [24, 48]})
    assert (config.size.valid, config.size.excluded) == (3, 1)
    assert config.size.first_excluded is not None
    assert config.size.first_excluded["reason"] == "the same run as with drawdown_limit.cooldown_bars 24"
    runs = [config.run_config(variant.settings) for variant in config.variants]
    assert [run.drawdown_limit and run.drawdown_limit.cooldown_bars for run in runs] == [None, 24, 48]
    alone = sweep({"drawdown_limit.max_drawdown": [0.1]}, drawdown_limit={"cooldown_bars": 7})
    assert alone.run_config({"drawdown_limit.max_drawdown": 0.1}).to_dict()["drawdown_limit"] == {
        "max_drawdown": 0.1,
        "cooldown_bars": 7,
    }


def test_settings_that_do_not_go_together_are_excluded_with_their_reason() -> None:
    config = sweep({"sizing.window": [10, 50], "sizing.minimum_bars": [20, 30]}, sizing=KELLY)
    assert (config.size.valid, config.size.excluded) == (2, 2)
    assert config.size.first_excluded is not None
    assert config.size.first_excluded["reason"] == "sizing: minimum_bars (20) must not be above window (10)."
    assert config.warmup_bars == sweep({"fast": [20]}, sizing=KELLY | {"window": 50, "minimum_bars": 30}).warmup_bars
    error = refusal({"sizing.window": [10], "sizing.minimum_bars": [20]}, sizing=KELLY)
    assert error.message == "grid: No combination of the grid is valid."
    assert error.hint == "sizing: minimum_bars (20) must not be above window (10)."


def test_a_parameter_without_a_default_may_be_left_to_the_grid() -> None:
    config = sweep({"sizing.win_probability": [0.5, 0.6]}, sizing=KELLY | {"payoff_ratio": 1.5})
    runs = [config.run_config(variant.settings) for variant in config.variants]
    assert [run.sizing.parameters["win_probability"] for run in runs] == [0.5, 0.6]
    assert SweepConfig.from_dict(config.to_dict()) == config
    assert refusal({"sizing.win_probability": [0.5]}, sizing=KELLY).details["field"] == "sizing.payoff_ratio"


def test_an_alias_means_its_parameter() -> None:
    target = {"model": "volatility_target"}
    config = sweep({"sizing.lookback": [50, 60], "rebalance_band": [None, 0]}, sizing=target)
    assert config == sweep({"sizing.window": [50, 60], "rebalance_band": [None, 0]}, sizing=target)
    assert {config.run_config(variant.settings).rebalance_band for variant in config.variants} == {0.05, 0.0}
    both = refusal({"sizing.window": [50]}, sizing=target | {"lookback": 60})
    assert both.details["field"] == "grid.sizing.window"


def test_the_longest_warm_up_of_all_sets_counts() -> None:
    target = {"model": "volatility_target"}
    config = sweep({"sizing.window": [24, 900], "fast": [5]}, sizing=target)
    assert config.warmup_bars == sweep({"fast": [5]}, sizing=target | {"window": 900}).warmup_bars > 900
    short = config.spec_with(config.variants[0].fields)
    assert short.warmup_bars == sweep({"fast": [5]}, sizing=target | {"window": 24}).warmup_bars


def test_finer_candles_are_read_where_any_set_can_need_them() -> None:
    config = sweep({"stops.take_profit": [None, 0.1]}, stops={"stop_loss": 0.1}, finer_timeframe="1m")
    assert config.finer_timeframe == "1m"
    runs = [config.run_config(variant.settings) for variant in config.variants]
    assert [run.finer_timeframe for run in runs] == ["none", "1m"]
    assert sweep({"stops.take_profit": [0.1]}).finer_timeframe == "none"
    assert refusal({"stops.take_profit": [0.1]}, finer_timeframe="1m").details["field"] == "finer_timeframe"


def test_a_side_that_the_default_does_not_have_can_be_swept() -> None:
    only_short = {"strategy": "rules", "rules": {"short": {"entry": {"lt": ["close", "open"]}}}}
    config = sweep({"direction": ["short", "both"]}, **only_short)
    assert [config.run_config(variant.settings).direction for variant in config.variants] == ["both", "short"]
    error = refusal({"direction": ["both", "long"]}, **only_short)
    assert error.details["field"] == "grid.direction.1"
    assert error.details["allowed"] == ["short", "both"]


def test_the_slowest_engine_that_a_set_needs_is_planned_for() -> None:
    """And what each variant needs whatever its sets, which is much where they are few."""

    def seconds(**grid: list[Any]) -> float:
        config = sweep({"fast": [5]} | {name.replace("__", "."): values for name, values in grid.items()})
        return sweep_work(config.pinned(SPAN, 0)).unit_s

    fees = [1.0, 2.0]
    plain, stops = seconds(), seconds(stops__stop_loss=[0.1])
    assert plain < seconds(fee_bps=fees, fast=[5, 6, 7, 8]) < seconds(fee_bps=fees) < stops
    assert seconds(stops__stop_loss=[None, 0.1]) == seconds(stops__stop_loss=[0.1], fee_bps=fees) == stops


@pytest.mark.parametrize("value", [5_000, -0.1, "far", float("nan")])
@pytest.mark.parametrize("path", ["stops.stop_loss", "fee_bps", "rebalance_band", "slippage.bps", "sizing.fraction"])
def test_a_value_is_refused_as_in_a_run(path: str, value: Any) -> None:
    field, _, part = path.partition(".")
    model = {"slippage": {"model": "fixed_bps"}, "sizing": {"model": "fixed_fraction"}}.get(field, {})
    with pytest.raises(InvalidInputError) as alone:
        RunConfig.from_dict(BASE | {field: model | {part: value} if part else value})
    error = refusal({path: [0.1, value]})
    assert error.details["field"] == f"grid.{path}.1"
    assert error.code == alone.value.code
    if "This is not a number" not in alone.value.message:
        assert error.message == f"grid.{path}.1" + alone.value.message.removeprefix(path)


@pytest.mark.parametrize(
    ("grid", "fields", "field", "hint"),
    [
        ({"stops.stop_los": [0.1]}, {}, "grid.stops.stop_los", "Did you mean stops.stop_loss?"),
        ({"stop_loss": [0.1]}, {}, "grid.stop_loss", "Did you mean stops.stop_loss?"),
        ({"stops": [0.1]}, {}, "grid.stops", "stops.stop_loss, "),
        ({"fats": [0.1]}, {}, "grid.fats", "Did you mean fast? Fields: fast, slow, direction, fee_bps"),
        ({"parameters.fee_bps": [1]}, {}, "grid.parameters.fee_bps", "Did you mean fee_bps?"),
        ({"seed": [1]}, {}, "grid.seed", "Fields: "),
        ({"slippage.impact_bps": [1]}, {}, "grid.slippage.impact_bps", "The chosen model is fixed_bps"),
        ({"sizing.model": ["kelly_fraction"]}, {}, "grid.sizing.model", "The chosen model is fixed_fraction"),
        ({"fee_bps": [1]}, {"fee_bps": 1}, "grid.fee_bps", "Leave it out of one."),
        ({"stops.stop_loss": [0.1]}, {"stops": {"stop_loss": 0.1}}, "grid.stops.stop_loss", "Leave it out of one."),
        ({"slippage.bps": [1]}, {"slippage_bps": 1}, "grid.slippage.bps", "Leave it out of one."),
        ({"slippage_bps": [1]}, {"slippage": {"model": "fixed_bps", "bps": 2}}, "grid.slippage_bps", "Leave it out"),
        ({"slippage_bps": [1], "slippage.bps": [1]}, {}, "grid.slippage.bps", "Leave one out."),
        ({"fast": [5], "parameters.fast": [6]}, {}, "grid.parameters.fast", "Leave one out."),
        ({"parameters.fast": [5]}, {"parameters": {"fast": 6}}, "grid.fast", "Leave it out of one."),
        ({"drawdown_limit.cooldown_bars": [5]}, {}, "drawdown_limit.max_drawdown", "Add this field."),
        ({"market_rules.lot_step": [1, 0]}, {}, "grid.market_rules.lot_step.1", ""),
        ({"fee_bps": [None]}, {}, "grid.fee_bps.0", ""),
        ({"fee_bps": {"start": 0, "stop": 5, "step": 0}}, {}, "grid.fee_bps.step", ""),
        ({"fee_bps": {"start": 0, "stop": 5, "step": float("inf")}}, {}, "grid.fee_bps.step", ""),
        ({"fee_bps": {"start": 5, "stop": 0, "step": 1}}, {}, "grid.fee_bps.stop", ""),
        ({"fee_bps": {"start": 0, "stop": 2_000, "step": 1}}, {}, "grid.fee_bps.stop", ""),
        ({"fee_bps": {"start": 0, "stop": 1_000, "step": 1e-9}}, {}, "grid.fee_bps", ""),
        ({"direction": ["up"]}, {}, "grid.direction.0", ""),
        ({"fast": [5, None]}, {}, "grid.fast.1", "Send a JSON number."),
        (
            {"fee_bps": {"start": 1, "stop": 400, "step": 1}, "fast": {"start": 1, "stop": 300, "step": 1}},
            {},
            "grid",
            "Take fewer values or split the sweep.",
        ),
    ],
)  # fmt: skip
def test_wrong_settings_name_the_place(grid: dict[str, Any], fields: dict[str, Any], field: str, hint: str) -> None:
    error = refusal(grid, **fields)
    assert error.details["field"] == field
    assert hint in str(error.hint)


AXES = st.fixed_dictionaries(
    {},
    optional={
        "direction": st.lists(st.sampled_from(["long", "both", "short"]), min_size=1, max_size=3),
        "fee_bps": st.lists(st.floats(0, 1_000), min_size=1, max_size=3),
        "maker_fee_bps": st.lists(st.none() | st.sampled_from([0, 10, 1_000]), min_size=1, max_size=3),
        "stops.stop_loss": st.lists(st.none() | st.floats(1e-6, 0.999), min_size=1, max_size=3),
        "stops.take_profit": st.lists(st.none() | st.floats(1e-6, 1_000), min_size=1, max_size=2),
        "drawdown_limit.max_drawdown": st.lists(st.none() | st.just(0.5), min_size=1, max_size=2),
        "sizing.window": st.lists(st.sampled_from([2, 30, 100]), min_size=1, max_size=3),
        "fast": st.lists(st.integers(1, 60), min_size=1, max_size=3),
    },
).filter(bool)


@settings(max_examples=60)
@given(AXES, st.sampled_from(["none", "1m", "auto"]))
def test_what_is_read_is_written_the_same_and_every_set_is_another_run(grid: dict[str, Any], finer: str) -> None:
    request = BASE | {"grid": grid, "sizing": KELLY, "finer_timeframe": finer}
    collide = any(grid.get("stops.stop_loss", ())) and any(grid.get("stops.take_profit", ()))
    if finer == "1m" and not collide:
        request["finer_timeframe"] = "auto"
    try:
        config = SweepConfig.from_dict(request)
    except CandlecloudError:  # such as no window above the least number of bars
        assume(False)
    again = SweepConfig.from_dict(json.loads(canonical_json(config.to_dict())))
    assert again == config
    assert canonical_json(again.to_dict()) == canonical_json(config.to_dict())
    parameters = [each for each in config.combinations() if config.strategy_rule.conflict(each) is None]
    runs = [config.run_config({**each, **variant.settings}) for variant in config.variants for each in parameters]
    assert len({canonical_json(run.to_dict()) for run in runs}) == len(runs) == config.size.valid
    assert config.warmup_bars >= max(run.warmup_bars for run in runs)
    assert all(run.finer_timeframe in ("none", config.finer_timeframe) for run in runs)


def test_a_grid_of_atr_stops_and_entries_has_their_warm_up_and_feature() -> None:
    one = sweep({"slow": [30], "fast": [5], "stops.stop_loss_atr": [None, 2.0], "stops.atr_window": [None, 500]})
    assert (one.warmup_bars, "features/atr" in one.entries) == (501, True)
    assert (len(one.variants), one.variants.total) == (3, 4)  # a window without a multiple is no run
    plain = sweep({"slow": [30], "fast": [5], "stops.stop_loss_atr": [2.0]})
    assert plain.warmup_bars == 30
    assert plain.run_config({"fast": 5, "slow": 30, "stops.stop_loss_atr": 2.0}).stops.atr_window == 14
    entered = sweep({"slow": [30], "fast": [5], "entry.type": ["limit", "stop"], "entry.offset_bps": [10.0]})
    assert [variant.fields["entry"].type for variant in entered.variants] == ["limit", "stop"]
    through = {"entry.type": ["limit"], "entry.must_trade_through_ticks": [0, 2], "market_rules.tick_size": [None, 0.1]}
    assert len(sweep({"slow": [30], "fast": [5], **through}).variants) == 3  # ticks are counted in a tick size
