"""What the strategies decide: by hand, against plain loops, on real hours, and free of the future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.compute import compute_use
from candlecloud.strategies.builtin import STRATEGIES
from tests.golden.bars import bars_of
from tests.golden.strategies import LOOPS
from tests.support.recorded import btc_hours

HOUR_MS = 3_600_000
NO_TIE = 1.2345678
"""For what is rounded on its way: no whole prices meet it to the last digit, so a plain loop must agree exactly."""
SHORT: dict[str, dict[str, float]] = {
    "buy_and_hold": {},
    "dual_sma": {"fast": 3, "slow": 8},
    "ema_cross": {"fast": 3, "slow": 8},
    "macd": {"fast": 3, "slow": 7, "signal": 4},
    "rsi_reversion": {"window": 4, "oversold": 35.12345, "overbought": 64.98765, "exit": 51.2345},
    "bollinger_reversion": {"window": 7, "width": NO_TIE},
    "zscore_reversion": {"window": 7, "entry": 1.25, "exit": 0.5},
    "donchian_breakout": {"entry": 6, "exit": 3},
    "time_series_momentum": {"window": 5, "threshold": 0.015625},
    "volatility_breakout": {"window": 5, "multiplier": NO_TIE},
}
TREND_FOLLOWERS = ("dual_sma", "ema_cross", "macd", "donchian_breakout", "time_series_momentum", "volatility_breakout")
LAG = {"donchian_breakout": 1, "volatility_breakout": 1}
"""Bars that a strategy looks back beyond its features' own warm-up."""


def target_of(name: str, bars: Bars, **parameters: float) -> list[float]:
    strategy = STRATEGIES.find(name)
    target: list[float] = strategy.target(bars, strategy.check_parameters(parameters)).tolist()
    return target


def with_ranges(closes: Sequence[int], up: Sequence[int], down: Sequence[int]) -> Bars:
    """Bars in whole prices whose highs and lows lie beyond open and close."""
    bars = bars_of([closes[0], *closes[:-1]], closes, scale=0)
    return replace(bars, high=bars.high + np.array(up, float), low=bars.low - np.array(down, float))


def walk_of(steps: list[tuple[int, int, int]]) -> Bars:
    changes, up, down = zip(*steps, strict=True)
    return with_ranges(np.maximum(50 + np.cumsum(changes), 10).tolist(), up, down)


walks = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60).map(
    walk_of
)


@pytest.mark.parametrize("name", STRATEGIES)
@settings(max_examples=80)
@given(bars=walks)
def test_targets_are_those_of_a_plain_loop(name: str, bars: Bars) -> None:
    exact = SimpleNamespace(
        c=[Fraction(x) for x in bars.close.tolist()],
        h=[Fraction(x) for x in bars.high.tolist()],
        l=[Fraction(x) for x in bars.low.tolist()],
    )
    assert target_of(name, bars, **SHORT[name]) == LOOPS[name](exact, **SHORT[name])


@pytest.mark.parametrize(
    ("name", "parameters", "closes", "wanted"),
    [
        ("buy_and_hold", {}, [5, 4, 6], [1, 1, 1]),
        ("dual_sma", {"fast": 1, "slow": 3}, [1, 2, 3, 2, 1, 2], [0, 0, 1, -1, -1, 1]),
        # EMA(2) seeded 15, then 2/3 of the way: 21.7, 13.9; EMA(3) seeded 18.3, then half way: 14.2
        ("ema_cross", {"fast": 2, "slow": 3}, [10, 20, 25, 10], [0, 0, 1, -1]),
        ("ema_cross", {"fast": 2, "slow": 3}, [10, 10, 10, 10], [0, 0, 0, 0]),
        # RSI(2) of rises and falls by 1: 0, then (0, 1/2), 50 at the exit bar; then 100 and back
        ("rsi_reversion", {"window": 2}, [10, 9, 8, 9, 9, 10, 11, 10, 9], [0, 0, 1, 0, 0, -1, -1, 0, 1]),
        ("rsi_reversion", {"window": 2}, [7, 7, 7, 7], [0, 0, 0, 0]),  # never moved: no value
        # z is -1.41 in (11, 11, 8), -0.71 in (11, 8, 8), 1.41 in (8, 8, 10), 0 in (8, 10, 9)
        ("zscore_reversion", {"window": 3, "entry": 1.3}, [11, 11, 8, 8, 10, 9], [0, 0, 1, 1, -1, 0]),
        ("zscore_reversion", {"window": 3, "entry": 1.3, "exit": 0.8}, [11, 11, 8, 8, 10, 9], [0, 0, 1, 0, -1, 0]),
        ("zscore_reversion", {"window": 2, "entry": 0.5}, [10, 8, 8, 10, 10], [0, 1, 0, -1, 0]),  # no z: flat
        ("bollinger_reversion", {"window": 3, "width": 1.3}, [11, 11, 8, 8, 10, 9], [0, 0, 1, 1, -1, 0]),
        ("bollinger_reversion", {"window": 3, "width": 1.3}, [8, 8, 11, 11, 9, 10], [0, 0, -1, -1, 1, 0]),
        ("donchian_breakout", {"entry": 2, "exit": 1}, [10, 11, 12, 12, 11, 10, 10, 12], [0, 0, 1, 1, 0, -1, -1, 1]),
        ("time_series_momentum", {"window": 2}, [10, 11, 11, 11, 10, 10], [0, 0, 1, 0, -1, -1]),
        # a return of exactly 50 % either way is flat
        ("time_series_momentum", {"window": 1, "threshold": 0.5}, [8, 12, 19, 9.5, 4], [0, 0, 1, 0, -1]),
        # ATR 1 before +3 breaks out; below the mean of two closes leaves
        ("volatility_breakout", {"window": 2, "multiplier": 2}, [10, 11, 12, 15, 15, 14, 8], [0, 0, 0, 1, 1, 0, -1]),
    ],
)  # fmt: skip
def test_targets_by_hand(name: str, parameters: dict[str, float], closes: list[float], wanted: list[int]) -> None:
    bars = bars_of([closes[0], *closes[:-1]], closes)
    assert target_of(name, bars, **parameters) == wanted


def test_macd_follows_the_change_of_the_trend() -> None:
    closes = [100 + abs(t - 60) for t in range(120)]
    target = target_of("macd", bars_of(closes, closes))
    assert target[:33] == [0] * 33
    assert -1 not in target[62:], "from the turn on the line rises above its signal"
    assert 1 in target[62:70]


@pytest.mark.parametrize("name", TREND_FOLLOWERS)
@pytest.mark.parametrize("direction", [1, -1])
def test_trend_followers_go_with_the_trend(name: str, direction: int) -> None:
    closes = [1_000 + direction * (t + t * t / 200) for t in range(40)]
    strategy = STRATEGIES.find(name)
    parameters = SHORT[name] | ({"threshold": 0.0} if "threshold" in SHORT[name] else {})
    if name == "volatility_breakout":
        parameters["multiplier"] = 0.9
    bars = bars_of([closes[0], *closes[:-1]], closes, scale=3)
    first = strategy.warmup_bars(parameters) - 1
    assert set(target_of(name, bars, **parameters)[first:]) == {direction}


@pytest.mark.parametrize("name", ["rsi_reversion", "bollinger_reversion", "zscore_reversion"])
def test_reversion_goes_against_a_fall_and_leaves_at_the_middle(name: str) -> None:
    closes = [100, 101] * 10 + [90] + [100, 101] * 3
    target = target_of(name, bars_of(closes, closes), **SHORT[name])
    assert target[20] == 1
    assert target[21] == 0


@pytest.mark.parametrize("name", STRATEGIES)
@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 149))
def test_targets_do_not_see_the_future(name: str, seed: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    closes = rng.integers(80, 120, 150)
    real = with_ranges(closes.tolist(), rng.integers(0, 3, 150), rng.integers(0, 3, 150))
    closes[cut:] = rng.integers(10, 100_000, 150 - cut)
    garbage = with_ranges(closes.tolist(), rng.integers(0, 9, 150), rng.integers(0, 9, 150))
    for column in ("high", "low"):
        getattr(garbage, column)[:cut] = getattr(real, column)[:cut]
    assert target_of(name, garbage, **SHORT[name])[:cut] == target_of(name, real, **SHORT[name])[:cut]


@pytest.mark.parametrize("name", STRATEGIES)
def test_real_hours_are_traded_on_both_sides(name: str) -> None:
    bars = bars_from_table(btc_hours())
    strategy = STRATEGIES.find(name)
    parameters = strategy.check_parameters({})
    target = strategy.target(bars, parameters)
    assert target.dtype == np.float64
    assert target.flags.c_contiguous
    assert not target[: strategy.warmup_bars(parameters) - 1].any()
    if name == "buy_and_hold":
        assert target.all()
        return
    assert set(target.tolist()) == {-1.0, 0.0, 1.0} or name in {"ema_cross", "macd", "time_series_momentum"}
    assert {-1.0, 1.0} <= set(target.tolist())
    assert np.count_nonzero(np.diff(target)) > 200


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("parameters", [{}, None])
def test_the_warmup_is_that_of_the_named_features(name: str, parameters: dict[str, float] | None) -> None:
    strategy = STRATEGIES.find(name)
    checked = strategy.check_parameters(SHORT[name] if parameters is None else parameters)
    uses = strategy.features(checked)
    assert [use.output_name() for use in uses] == [use.output or use.output_name() for use in uses]
    needed = max((use.warmup_bars(HOUR_MS) for use in uses), default=1)
    assert strategy.warmup_bars(checked) == needed + LAG.get(name, 0)


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "buy_and_hold"])
def test_named_features_are_all_that_is_read(name: str) -> None:
    """Bars that differ only where no named feature looks give the same targets."""
    rng = np.random.default_rng(3)
    bars = with_ranges(rng.integers(80, 120, 150).tolist(), [0] * 150, [0] * 150)
    loud = replace(bars, volume=bars.volume * 7, open=bars.open + 1)
    strategy = STRATEGIES.find(name)
    for use in strategy.features(strategy.check_parameters(SHORT[name])):
        np.testing.assert_array_equal(compute_use(bars, use), compute_use(loud, use))
    assert target_of(name, bars, **SHORT[name]) == target_of(name, loud, **SHORT[name])


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("length", [0, 1, 2, 5])
def test_hardly_any_bars(name: str, length: int) -> None:
    assert len(target_of(name, bars_of([5.0] * length, [5.0] * length))) == length


def test_dual_sma_tells_the_engine_its_crossing() -> None:
    crossings = {name: s.crossing for name, s in STRATEGIES.items() if s.crossing is not None}
    assert list(crossings) == ["dual_sma"]
    assert crossings["dual_sma"] == ("fast", "slow")


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("ema_cross", {"fast": 30}, "fast (30) must be below slow (26)"),
        ("macd", {"slow": 12}, "fast (12) must be below slow (12)"),
        ("rsi_reversion", {"exit": 20}, "oversold (30.0) must not be above exit (20.0)"),
        ("zscore_reversion", {"exit": 2}, "exit (2.0) must be below entry (2.0)"),
        ("donchian_breakout", {"exit": 21}, "exit (21) must not be above entry (20)"),
    ],
)
def test_parameters_that_conflict(name: str, values: dict[str, Any], words: str) -> None:
    assert STRATEGIES.find(name).conflict(STRATEGIES.find(name).check_bounds(values)) == words


def test_pairs_of_bounds_can_all_be_met() -> None:
    """The smallest and the largest value of each parameter belong to some valid set."""
    for strategy in STRATEGIES.values():
        for parameter in strategy.parameters:
            for value in (parameter.low, parameter.high):
                sets = [
                    {p.name: p.low for p in strategy.parameters},
                    {p.name: p.high for p in strategy.parameters},
                    *({p.name: (p.low, p.high)[k == i] for k, p in enumerate(strategy.parameters)} for i in range(4)),
                    *({p.name: (p.high, p.low)[k == i] for k, p in enumerate(strategy.parameters)} for i in range(4)),
                ]
                assert any(s[parameter.name] == value and strategy.conflict(s) is None for s in sets), (
                    strategy.name,
                    parameter.name,
                    value,
                )
