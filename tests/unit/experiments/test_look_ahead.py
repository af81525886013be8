"""Which sets of a sweep the look-ahead test runs on, and that a leak in one of them fails the batch that holds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from candlecloud.arrays import FloatArray
from candlecloud.contract.run_spec import RunSpec
from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import LookAheadError
from candlecloud.experiments import decisions
from candlecloud.experiments.grid import parameter_sets
from candlecloud.experiments.look_ahead import choose_tested_sets
from candlecloud.experiments.sweep import evaluate_batch
from candlecloud.features.bars import Bars
from candlecloud.parameters import Parameters
from candlecloud.runs.inputs import RunInputs
from tests.unit.experiments.test_run_and_sweep import BASE, candles_for

_axes = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True), min_size=1
)


@given(_axes, st.integers(0, 9), st.integers(1, 4), st.booleans())
def test_every_parameter_is_tested_at_both_ends_by_few_sets(
    axes: dict[str, list[int]], seed: int, variants: int, ordered: bool
) -> None:
    grids = np.meshgrid(*axes.values(), indexing="ij")
    columns = {name: grid.ravel() for name, grid in zip(axes, grids, strict=True)}
    if ordered and {"a", "b"} <= columns.keys() and (columns["a"] < columns["b"]).any():
        columns = {name: column[columns["a"] < columns["b"]] for name, column in columns.items()}
    sets = len(next(iter(columns.values())))
    chosen = choose_tested_sets(columns, seed, variants)
    assert chosen == choose_tested_sets(columns, seed, variants)
    assert chosen == sorted(set(chosen))
    assert all(0 <= number < sets * variants for number in chosen)
    assert min(sets, 3) <= len(chosen) <= 3 + 2 * len(columns)
    for column in columns.values():
        assert {column.min(), column.max()} <= set(column[np.array(chosen) % sets].tolist())


def test_two_sets_hold_all_ends_of_a_plain_grid() -> None:
    columns = {"fast": np.repeat(np.arange(50), 40), "slow": np.tile(np.arange(60, 100), 50)}
    assert {0, 1_999} <= set(choose_tested_sets(columns, 0))
    assert len(choose_tested_sets(columns, 0)) <= 5


def test_a_leak_at_one_end_of_the_grid_fails_the_batch_that_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the sets with the highest `slow` leak, one in 120."""
    grid: dict[str, Any] = {"fast": {"start": 2, "stop": 11, "step": 1}, "slow": {"start": 20, "stop": 139, "step": 1}}
    config = SweepConfig.from_dict(BASE | {"grid": grid})
    inputs = RunInputs(candles_for(config))

    causal = decisions._targets

    def leaky(bars: Bars, spec: RunSpec, sets: Sequence[Parameters]) -> FloatArray:
        rows = zip(causal(bars, spec, sets), sets, strict=True)
        return np.stack([np.append(row[1:], 0.0) if each["slow"] == 139 else row for row, each in rows])

    monkeypatch.setattr(decisions, "_targets", leaky)
    sets = parameter_sets(config)
    leaks = [
        number for number in choose_tested_sets(sets.columns, config.seed) if sets.parameters(number)["slow"] == 139
    ]
    assert leaks
    with pytest.raises(LookAheadError, match="strategy dual_sma looked ahead"):
        evaluate_batch(config, inputs, leaks[0], leaks[0] + 1)
    evaluate_batch(config, inputs, 0, 2)
    assert evaluate_batch(config.model_copy(update={"look_ahead_test": False}), inputs, leaks[0], leaks[0] + 1)


def test_the_result_says_how_many_sets_were_tested() -> None:
    config = SweepConfig.from_dict(BASE | {"grid": {"fast": [5, 10, 20, 25], "slow": [30, 40, 50, 60, 80]}})
    common = evaluate_batch(config, RunInputs(candles_for(config)), 0, 1).common
    assert common is not None
    said = common["assumptions"]["look_ahead_test"]
    tested = len(choose_tested_sets(parameter_sets(config).columns, config.seed))
    assert said.startswith(f"passed on {tested} of 20 sets, among them the lowest and highest value of each parameter")
