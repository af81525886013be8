"""Positions of many sets at once are those of each alone; an indicator begins where its own warm-up does."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.compute import compute_feature, compute_many
from candlecloud.features.families import FEATURES
from candlecloud.strategies.builtin import STRATEGIES
from candlecloud.strategies.evaluate import positions as module
from candlecloud.strategies.evaluate import rows
from candlecloud.strategies.evaluate.beginning import Beginning
from candlecloud.strategies.evaluate.positions import positions_of_sets
from candlecloud.strategies.rules.examples import EXAMPLES
from candlecloud.strategies.strategy import Strategy
from tests.support.recorded import btc_hours
from tests.support.rules import rules_strategy

HOUR_MS = 3_600_000
BARS = bars_from_table(btc_hours().slice(0, 1_500))
GRIDS: dict[str, dict[str, list[float]]] = {
    "buy_and_hold": {},
    "dual_sma": {"fast": [1, 5, 20], "slow": [30, 60]},
    "ema_cross": {"fast": [3, 8, 20], "slow": [30, 61]},
    "macd": {"fast": [3, 8], "slow": [20, 30], "signal": [4, 9]},
    "rsi_reversion": {"window": [4, 9, 30], "oversold": [25.0, 40.0], "overbought": [60.0], "exit": [50.0]},
    "bollinger_reversion": {"window": [7, 30], "width": [1.0, 2.5]},
    "zscore_reversion": {"window": [7, 30], "entry": [1.5, 2.0], "exit": [0.0, 0.5]},
    "donchian_breakout": {"entry": [12, 40], "exit": [3, 10]},
    "time_series_momentum": {"window": [5, 48], "threshold": [0.0, 0.02]},
    "volatility_breakout": {"window": [5, 30], "multiplier": [0.8, 1.5]},
}
DOCUMENTS = dict(zip(("trend", "dip"), EXAMPLES.values(), strict=True))


def with_holes(bars: Bars) -> Bars:
    """Candles are absent here and there, in the warm-ups too."""
    kept = np.random.default_rng(5).random(len(bars)) > 0.05
    parts = {name: getattr(bars, name)[kept] for name in ("open_time", "close_time", "open", "high", "low", "close")}
    sums = np.concatenate([[0], np.cumsum(bars.close_ticks[kept])])
    return Bars(**parts, volume=bars.volume[kept], scale=bars.scale, close_tick_sums=sums)


def sets_of(grid: dict[str, list[float]]) -> list[dict[str, float]]:
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def check_sets(strategy: Strategy, grid: dict[str, list[float]], bars: Bars, lead: int = 0) -> None:
    sets = [strategy.check_parameters(each) for each in sets_of(grid)]
    columns = {name: np.array([each[name] for each in sets]) for name in sets[0]}
    warmups = np.array([strategy.warmup_bars(each) for each in sets], np.int64)
    start = int(BARS.open_time[200])
    first, stop = max(0, bars.index_of(start - lead * HOUR_MS) - 1), len(bars) - 1
    seen = []
    for found in positions_of_sets(strategy.rules, Beginning(bars, start, lead), columns, warmups, first, stop):
        for k, number in enumerate(found.sets.tolist()):
            target = np.zeros(len(bars))
            found.write_target(k, target)
            own = bars.since(start - (int(warmups[number]) + lead) * HOUR_MS)
            alone = strategy.target(own, sets[number], start, lead)
            begin = len(bars) - len(own)
            assert target[first:stop].tolist() == np.concatenate([np.zeros(begin), alone])[first:stop].tolist()
            seen.append(number)
    assert sorted(seen) == list(range(len(sets)))


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("holes", [False, True])
def test_many_sets_are_each_set_alone(name: str, holes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the bars of all reach further back; in one block and in the smallest."""
    bars = with_holes(BARS) if holes else BARS
    check_sets(STRATEGIES.find(name), GRIDS[name], bars)
    monkeypatch.setattr(module, "_MOST_BYTES", 1)
    monkeypatch.setattr(module, "_ROWS_BYTES", 1)
    monkeypatch.setattr(rows, "_OUTPUT_BYTES", 1)
    monkeypatch.setattr(module, "_WORDS_BYTES", 1)
    check_sets(STRATEGIES.find(name), GRIDS[name], bars, lead=50)


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("holes", [False, True])
def test_many_sets_of_rules_are_each_set_alone(name: str, holes: bool) -> None:
    grid: dict[str, Any] = {"window": [10, 33], "depth": [0.0, 0.7]} if name == "dip" else {}
    check_sets(rules_strategy(DOCUMENTS[name], HOUR_MS), grid, with_holes(BARS) if holes else BARS)


def test_every_strategy_is_tried() -> None:
    assert set(GRIDS) == set(STRATEGIES)


@pytest.mark.parametrize("name", [name for name, feature in FEATURES.items() if feature.compute_many is not None])
def test_many_windows_are_each_window_alone(name: str) -> None:
    """Bit for bit, from wherever each begins: in fours and fewer, before its first value and beyond the last bar."""
    feature = FEATURES.find(name)
    windows = [2, 3, 5, 14, 40, 200, 1_000, 1_499, 1_501, 3_000]
    short = {"fast": "window", "slow": "window"}
    if name in short or "slow" in feature.check_parameters({}):
        sets = [feature.check_parameters({"fast": w, "slow": w + 7, "signal": 3 + k}) for k, w in enumerate(windows)]
    else:
        sets = [feature.check_parameters({"window": window}) for window in windows]
    begins = [0, 0, 7, 100, 0, 30, 0, 1, 0, 1_600] if feature.recursive else [0] * len(sets)
    for count in (1, 3, 4, len(sets)):
        found = compute_many(BARS, feature, sets[:count], begins[:count])
        for outputs, values, begin in zip(found, sets, begins, strict=False):
            alone = compute_feature(BARS.from_bar(begin), feature, values) if begin < len(BARS) else None
            for output in feature.outputs:
                wanted = np.full(len(BARS), np.nan)
                if alone is not None:
                    wanted[begin:] = alone[output]
                np.testing.assert_array_equal(outputs[output], wanted)
