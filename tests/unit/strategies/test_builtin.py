"""Strategies: parameters checked with words that help, targets within bounds and free of the future."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import jsonschema
import numpy as np
import pytest

from candlecloud.errors import InvalidParameterError, UnknownStrategyError
from candlecloud.features.bars import bars_from_table
from candlecloud.strategies.builtin import STRATEGIES
from tests.golden.bars import bars_of
from tests.support.recorded import btc_hours

DUAL_SMA = STRATEGIES.find("dual_sma")


def test_registry() -> None:
    promised = """buy_and_hold dual_sma ema_cross macd rsi_reversion bollinger_reversion zscore_reversion
        donchian_breakout time_series_momentum volatility_breakout"""
    assert set(promised.split()) <= set(STRATEGIES)
    assert list(STRATEGIES) == sorted(STRATEGIES)
    assert all(name == strategy.name and strategy.description for name, strategy in STRATEGIES.items())
    with pytest.raises(UnknownStrategyError) as caught:
        STRATEGIES.find("dual_ema")
    assert caught.value.details["allowed"] == list(STRATEGIES)
    assert caught.value.hint.startswith("Did you mean dual_sma? Use one of bollinger_reversion, buy_and_hold,")


@pytest.mark.parametrize("name", STRATEGIES)
def test_targets_keep_to_the_sides_that_are_said(name: str) -> None:
    strategy = STRATEGIES.find(name)
    target = strategy.target(bars_from_table(btc_hours()), strategy.check_parameters({}))
    assert strategy.sides == {side for side, value in (("long", 1.0), ("short", -1.0)) if value in target}


@pytest.mark.parametrize("name", STRATEGIES)
def test_defaults_are_valid_and_match_the_schema(name: str) -> None:
    strategy = STRATEGIES.find(name)
    defaults = strategy.check_parameters({})
    jsonschema.validate(defaults, strategy.schema())
    assert strategy.warmup_bars(defaults) >= 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"fast": 0}, "parameters.fast"),
        ({"fast": 5_001}, "parameters.fast"),
        ({"fast": 2.5}, "parameters.fast"),
        ({"fast": True}, "parameters.fast"),
        ({"fast": "20"}, "parameters.fast"),
        ({"fast": None}, "parameters.fast"),
        ({"slow": float("nan")}, "parameters.slow"),
        ({"slow": float("inf")}, "parameters.slow"),
        ({"slow": 2**63}, "parameters.slow"),
        ({"slow": 10**400}, "parameters.slow"),
        ({"medium": 3}, "parameters.medium"),
        ({"fast": 50, "slow": 50}, "parameters"),
        ({"fast": 60}, "parameters"),
    ],
)
def test_bad_parameters_name_the_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        DUAL_SMA.check_parameters(values)
    assert caught.value.details["field"] == field


def test_whole_floats_are_whole_numbers() -> None:
    checked = DUAL_SMA.check_parameters({"slow": 30.0, "fast": 5})
    assert checked == {"fast": 5, "slow": 30}
    assert [type(v) for v in checked.values()] == [int, int]
    assert list(checked) == ["fast", "slow"]


def test_dual_sma_target() -> None:
    bars = bars_of([1] * 6, [1, 2, 3, 2, 1, 2])
    assert DUAL_SMA.target(bars, {"fast": 1, "slow": 3}).tolist() == [0, 0, 1, -1, -1, 1]


def test_real_tie_trades_nothing() -> None:
    """2 + 4 over 2 equals 1 + 2 + 4 + 5 over 4: equal averages hold no position."""
    bars = bars_of([1] * 4, [1, 5, 2, 4])
    assert DUAL_SMA.target(bars, {"fast": 2, "slow": 4}).tolist() == [0, 0, 0, 0]


def test_buy_and_hold_target() -> None:
    assert STRATEGIES.find("buy_and_hold").target(bars_of([1, 1], [1, 1]), {}).tolist() == [1, 1]


@pytest.mark.parametrize("name", STRATEGIES)
def test_targets_are_zero_before_the_warmup_and_within_bounds(name: str) -> None:
    strategy = STRATEGIES.find(name)
    parameters = strategy.check_parameters({})
    rng = np.random.default_rng(7)
    target = strategy.target(bars_of([1] * 300, rng.integers(90, 110, 300)), parameters)
    assert target.dtype == np.float64
    assert np.abs(target).max() <= 1
    assert not target[: strategy.warmup_bars(parameters) - 1].any()


def test_parameters_are_checked_without_numpy() -> None:
    code = "import sys; sys.modules['numpy'] = None; import candlecloud.catalogue as c; "
    code += "c.STRATEGIES.find('dual_sma').check_parameters({})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_descriptions_say_when_long_short_and_flat() -> None:
    for strategy in STRATEGIES.values():
        assert all(word in strategy.description.lower() for word in ("long", "short", "flat")), strategy.name
        assert strategy.description.endswith(".")
