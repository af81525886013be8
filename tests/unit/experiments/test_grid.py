"""Sweeps: grids that mean one thing, sets in one order, batches that cover them once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import InvalidParameterError
from candlecloud.experiments.grid import parameter_sets
from candlecloud.fan_out.kinds.sweep import sweep_work
from candlecloud.fan_out.plan import MAX_BATCHES, make_plan
from candlecloud.market.ranges import TimeRange

BASE: dict[str, Any] = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma"}
YEAR = TimeRange(0, 365 * 86_400_000)


def sweep(grid: Any, **fields: Any) -> SweepConfig:
    return SweepConfig.from_dict(BASE | {"grid": grid} | fields)


def spelled_out(config: SweepConfig) -> list[dict[str, Any]]:
    sets = parameter_sets(config)
    return [sets.parameters(k) for k in range(len(sets))]


def test_sets_are_ordered_and_impossible_ones_listed_with_their_reason() -> None:
    config = sweep({"slow": [30, 20], "fast": [20, 10]})
    assert spelled_out(config) == [{"fast": 10, "slow": 20}, {"fast": 10, "slow": 30}, {"fast": 20, "slow": 30}]
    first = {"parameters": {"fast": 20, "slow": 20}, "reason": "fast (20) must be below slow (20)"}
    assert config.size == (3, 1, first)


def test_order_and_repetition_of_values_do_not_matter() -> None:
    one = sweep({"fast": [5, 10], "slow": {"start": 20, "stop": 40, "step": 10}})
    other = sweep({"slow": [40, 30, 20, 20.0], "fast": [10, 5, 10]})
    assert one == other
    assert one.grid == {"fast": [5, 10], "slow": [20, 30, 40]}


def test_steps_include_the_stop_they_land_on() -> None:
    assert sweep({"fast": {"start": 5, "stop": 12, "step": 3}}).grid["fast"] == [5, 8, 11]
    assert sweep({"fast": {"start": 5, "stop": 11, "step": 3}}).grid["fast"] == [5, 8, 11]
    assert sweep({"fast": {"start": 5, "stop": 5, "step": 3}}).grid["fast"] == [5]


def test_parameters_that_are_not_in_the_grid_are_fixed() -> None:
    config = sweep({"fast": [3, 4]}, parameters={"slow": 90})
    assert spelled_out(config) == [{"fast": 3, "slow": 90}, {"fast": 4, "slow": 90}]
    assert config.warmup_bars == 90
    assert sweep({"fast": [3]}).parameters == {"slow": 50}


def test_a_set_is_the_run_of_that_set() -> None:
    run = sweep({"fast": [3, 4]}).run_config({"fast": 4})
    assert run.parameters == {"fast": 4, "slow": 50}
    assert run.warmup_bars == 50


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"grid": None}, "grid"),
        ({"grid": {}}, "grid"),
        ({"grid": [1]}, "grid"),
        ({"grid": {"medium": [1]}}, "grid.medium"),
        ({"grid": {"fast": 5}}, "grid.fast"),
        ({"grid": {"fast": []}}, "grid.fast"),
        ({"grid": {"fast": [5, "6"]}}, "grid.fast.1"),
        ({"grid": {"fast": [5, 0]}}, "grid.fast"),
        ({"grid": {"fast": [5, 5.5]}}, "grid.fast"),
        ({"grid": {"fast": {"start": 5, "stop": 9}}}, "grid.fast.step"),
        ({"grid": {"fast": {"start": 5, "stop": 9, "step": 0}}}, "grid.fast.step"),
        ({"grid": {"fast": {"start": 5, "stop": 9, "step": 1e-300}}}, "grid.fast"),
        ({"grid": {"fast": {"start": 5, "stop": 9, "step": 0.5}}}, "grid.fast"),
        ({"grid": {"fast": {"start": 5, "stop": 9, "step": float("nan")}}}, "grid.fast.step"),
        ({"grid": {"fast": {"start": 9, "stop": 5, "step": 1}}}, "grid.fast.stop"),
        ({"grid": {"fast": {"start": 1, "stop": 5, "step": 1, "count": 3}}}, "grid.fast.count"),
        ({"grid": {"fast": [60, 70]}}, "grid"),
        ({"grid": {"fast": [5]}, "parameters": {"fast": 5}}, "grid.fast"),
        ({"grid": {"fast": [5]}, "parameters": {"slow": 1}}, "parameters.slow"),
        ({"grid": {"fast": [5]}, "batch_size": 0}, "batch_size"),
        (
            {"grid": {"fast": {"start": 1, "stop": 400, "step": 1}, "slow": {"start": 2, "stop": 400, "step": 1}}},
            "grid",
        ),
    ],
)
def test_wrong_grids_name_the_place(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        SweepConfig.from_dict(BASE | fields)
    assert caught.value.details["field"] == field


def test_reads_back_what_it_writes_and_batch_size_is_no_identity() -> None:
    config = sweep({"fast": [3, 4], "slow": [9]}, batch_size=7).pinned(YEAR, as_of=9)
    assert SweepConfig.from_dict(config.to_dict()) == config
    other = sweep({"fast": [4, 3], "slow": [9]}).pinned(YEAR, as_of=10)
    assert other.identity_dict() == config.identity_dict()


def batches_of(config: SweepConfig) -> list[tuple[int, int]]:
    return make_plan(sweep_work(config)).batches


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 40), st.one_of(st.none(), st.integers(1, 2_000)))
def test_batches_cover_every_set_once_and_in_order(fast: int, slow: int, size: int | None) -> None:
    grid = {"fast": list(range(1, fast + 1)), "slow": list(range(50, 50 + slow))}
    config = sweep(grid, batch_size=size).pinned(YEAR, as_of=0)
    slices = batches_of(config)
    assert len(slices) <= MAX_BATCHES
    covered = [number for start, end in slices for number in range(start, end)]
    assert covered == list(range(config.size.valid))
    assert all(start < end for start, end in slices)


def test_a_batch_is_about_a_second_of_work() -> None:
    """The engine's own signals cost half a nanosecond, computed features up to a hundred; and rows are written out."""
    grid = {"fast": {"start": 1, "stop": 49, "step": 1}, "slow": {"start": 50, "stop": 349, "step": 1}}
    assert batches_of(sweep(grid).pinned(YEAR, as_of=0)) == [(0, 10_000), (10_000, 14_700)]
    minutes = batches_of(sweep(grid | {"slow": [50]}, timeframe="1m").pinned(YEAR, as_of=0))
    assert minutes == [(0, 49)]
    slices = batches_of(sweep({"window": list(range(2, 9_000))}, strategy="time_series_momentum").pinned(YEAR, as_of=0))
    assert 0 < slices[0][1] <= 100_000_000 // 8_760
