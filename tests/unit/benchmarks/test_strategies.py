"""The benchmark of every strategy: valid requests, clocks that add up, vectorbt given what we trade."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.agreement import Agreement
from benchmarks.series import read_series
from benchmarks.strategies import Measured
from benchmarks.strategy_cases import CASES, Case
from benchmarks.strategy_report import OWN, render
from benchmarks.strategy_tasks import Strategies
from benchmarks.sweep import CASH, NUMBERS
from candlecloud.strategies.builtin import STRATEGIES

BARS = 2_000
NAMED = {case.name: case for case in CASES}


@pytest.fixture(scope="module")
def series() -> dict[str, Any]:
    whole = read_series("1h")
    return {name: values[:BARS] if np.ndim(values) else values for name, values in whole.items()}


def small(name: str) -> Case:
    """A case with few sets."""
    case = NAMED[name]
    return replace(case, grid={axis: list(values)[-2:] for axis, values in case.grid.items()})


def test_every_strategy_with_a_parameter_has_a_case_and_a_peer() -> None:
    swept = {strategy.name for strategy in STRATEGIES.values() if strategy.parameters}
    assert {case.strategy for case in CASES} == swept | {"rules"} == set(OWN)
    peers = (Path(__file__).parents[3] / "benchmarks" / "peers" / "vectorbt_indicators.py").read_text()
    assert set(re.findall(r'^    "(\w+)": _', peers, re.MULTILINE)) == set(OWN)


@pytest.mark.parametrize("name", NAMED)
def test_stages_of_a_case_are_parts_of_its_time(name: str, series: dict[str, Any]) -> None:
    tasks = Strategies()
    prepared = tasks.prepare(series, small(name).request("1h"))
    assert prepared["bars"] + prepared["first"] == BARS
    assert len(next(iter(tasks.parameters(series).values()))) == prepared["sets"] > 0
    stages = tasks.stages(series)
    whole = stages.pop("whole")
    assert sum(stages.values()) == pytest.approx(whole)
    assert stages["engine"] > 0.0
    assert stages["rest"] > -0.01


@pytest.mark.parametrize("name", ["dual_sma, both sides", "rsi, 10 windows"])
def test_positions_that_peers_are_given_earn_the_stored_return(
    name: str, series: dict[str, Any], tmp_path: Path
) -> None:
    tasks = Strategies()
    case = replace(small(name), stop_loss=None)
    prepared = tasks.prepare(series, {**case.request("1h"), "fee_bps": 0, "slippage_bps": 0})
    chosen = list(range(prepared["sets"]))
    figures = tasks.figures(series, chosen=chosen)
    assert set(figures) == set(NUMBERS)
    tasks.wanted(series, chosen=chosen, file=str(tmp_path / "wanted.npy"))
    wanted = np.load(tmp_path / "wanted.npy")
    assert wanted.shape == (prepared["bars"], prepared["sets"])
    for k in chosen:
        assert earned(wanted[:, k], series, prepared["first"]) == pytest.approx(figures["total_return"][k], abs=1e-10)


def earned(wanted: Any, series: dict[str, Any], first: int) -> float:
    """Return of positions that are taken with all equity at an open, without costs."""
    cash, held = CASH, 0.0
    for target, before, price in zip(wanted, [0, *wanted[:-1]], series["open"][first:], strict=True):
        if target != before:
            cash, held = cash + held * price, 0.0
            cash, held = cash - target * cash, target * cash / price
    return float((cash + held * series["close"][-1]) / CASH - 1.0)


def test_the_table_says_which_aims_are_met() -> None:
    given = Agreement(10, 10, {"total_return": 1e-14, "sharpe": 1e-12, "max_drawdown": 0.0}, {})
    stages = {"engine": 1.0, "whole": 1.5}
    measured = Measured(
        NAMED["ema_cross"],
        *(1_000, 900, 1, 10, 1.5, 3.0),
        {"numba": 90.0, "rust": 60.0},
        {"numba": 0.1, "rust": 0.25},
        *(12.0, given, 7, stages),
    )
    text = render("hours", [measured, replace(measured, off=3.0, stages={}), replace(measured, off=1.9, own=10)])
    assert "| 1.50 | 3.00 | 60.0 (rust) | **40 x** | 20 x | 2 ns, 30 x | both |" in text
    assert "| **20 x** | 20 x | 2 ns, 30 x | neither |" in text
    assert "| **32 x** |" in text
    assert "| 10 of 10 | 1.0e-14 | 1.0e-12 | 0.0e+00 | 7 of 10 | its averages begin" in text
    assert "| 10 of 10 |  | 25.0 % |" in text
    assert text.count("| ema_cross | 1.0 | 1.5 |") == 2
