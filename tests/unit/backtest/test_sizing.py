"""Sizing and slippage models: by hand, free of the future, and the same wherever the bars begin."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud import catalogue
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.sizing import SIZING
from candlecloud.backtest.slippage import SLIPPAGE
from candlecloud.errors import InvalidParameterError
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.strategies.builtin import STRATEGIES
from tests.golden.bars import HOUR_MS, bars_of
from tests.support.recorded import btc_hours


def on_closes(closes: list[float] | np.ndarray[Any, Any]) -> Bars:
    return bars_of(closes, closes)


def sizes(name: str, bars: Bars, target: Any, **parameters: float) -> np.ndarray[Any, Any]:
    model = SIZING.find(name)
    size = model.size(bars, np.asarray(target, float), model.check_parameters(parameters))
    return np.broadcast_to(size, len(bars))


def test_fixed_fraction_is_the_same_on_every_bar() -> None:
    assert sizes("fixed_fraction", on_closes([1, 2]), [1, 1]).tolist() == [1, 1]
    assert sizes("fixed_fraction", on_closes([1, 2]), [1, 1], fraction=0.25).tolist() == [0.25, 0.25]


def test_volatility_target_by_hand() -> None:
    closes = [100.0, 110.0, 99.0, 104.0, 104.0, 90.0]
    got = sizes("volatility_target", on_closes(closes), [1] * 6, annual_volatility=2.0, window=3)
    squares = [math.log(b / a) ** 2 for a, b in pairwise(closes)]
    middle = slow = statistics.fmean(squares[:3])
    variances = [0.2 * slow + 0.6 * middle + 0.2 * squares[2]]  # 3 // 4 is below one bar: the last return alone
    for square in squares[3:]:
        middle += 2 / (3 + 1) * (square - middle)
        slow += 2 / (15 + 1) * (square - slow)
        variances.append(0.2 * slow + 0.6 * middle + 0.2 * square)
    wanted = [min(1.0, 2.0 / math.sqrt(variance * 8_760)) for variance in variances]
    assert got[:3].tolist() == [0, 0, 0]
    assert got[3:] == pytest.approx(wanted, rel=1e-12)
    assert 0 < got[3] < 1
    half = sizes("volatility_target", on_closes(closes), [1] * 6, annual_volatility=2.0, window=3, base_fraction=0.5)
    assert half[3:] == pytest.approx(np.array(wanted) / 2, rel=1e-12)


def test_volatility_goes_by_the_clock() -> None:
    """The same closes, each hour followed by an hour without a candle: half the variance per year."""
    bars = on_closes(np.round(100.0 * np.exp(np.cumsum(np.random.default_rng(1).normal(0.0, 0.02, 300))), 2))
    sparse = replace(bars, open_time=bars.open_time * 2, close_time=bars.open_time * 2 + HOUR_MS)
    dense, thin = (sizes("volatility_target", some, [1] * 300, annual_volatility=0.3)[200:] for some in (bars, sparse))
    assert thin == pytest.approx(dense * 2**0.5, rel=1e-9)
    assert thin.max() < 1.0


def test_volatility_target_never_borrows() -> None:
    quiet = [100.0, 100.0, 100.0, 100.0, 100.01]
    found = sizes("volatility_target", on_closes(quiet), [1] * 5, annual_volatility=0.5, window=2)
    assert found.tolist() == [0, 0, 1, 1, 1]


def test_kelly_by_hand() -> None:
    """Flat bars do not count; a short earns what the price loses."""
    closes = [100.0, 104.0, 102.0, 103.0, 99.0, 98.0, 101.0]
    target = [1, 1, 0, -1, -1, 1, 1]
    earned = [0.04, 102 / 104 - 1, -(99 / 103 - 1), -(98 / 99 - 1), 101 / 98 - 1]
    got = sizes("kelly_fraction", on_closes(closes), target, fraction=0.01, window=3, minimum_bars=2)
    known = [earned[:0], earned[:1], earned[:2], earned[:2], earned[:3], earned[1:4], earned[2:5]]
    wanted = [
        min(1.0, max(0.0, 0.01 * statistics.mean(r) / statistics.variance(r))) if len(r) >= 2 else 0.0 for r in known
    ]
    assert got == pytest.approx(wanted, rel=1e-6)
    assert 0 < got[2] < 1
    assert got[2] == got[3], "a bar without a position adds nothing"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"win_probability": 0.6, "payoff_ratio": 1.5}, 0.6 - 0.4 / 1.5),
        ({"win_probability": 0.6, "payoff_ratio": 1.5, "base_fraction": 0.5}, 0.5 * (0.6 - 0.4 / 1.5)),
        ({"win_probability": 0.5, "payoff_ratio": 1.0}, 0.0),
        ({"win_probability": 0.1, "payoff_ratio": 2.0}, 0.0),
        ({"win_probability": 1.0, "payoff_ratio": 1e-6}, 1.0),
        ({"win_probability": 0.0, "payoff_ratio": 1e6}, 0.0),
    ],
)
def test_kelly_of_given_odds(given: dict[str, float], wanted: float) -> None:
    assert sizes("kelly_fraction", on_closes([5.0, 6.0]), [1, 1], **given) == pytest.approx([wanted] * 2, rel=1e-15)
    model = SIZING.find("kelly_fraction")
    assert model.check_parameters(given) == {"base_fraction": 1.0, **given}
    assert model.warmup_bars(model.check_parameters(given)) == 1


def test_base_fraction_scales_the_estimated_bet() -> None:
    closes = on_closes([100.0, 104.0, 102.0, 103.0, 104.0, 101.0])
    few = {"fraction": 0.01, "window": 3, "minimum_bars": 2}
    whole, half = (sizes("kelly_fraction", closes, [1] * 6, base_fraction=base, **few) for base in (1.0, 0.5))
    assert 0.0 < whole[2] < 1.0
    assert half.tolist() == (whole / 2).tolist()


def test_aliases_are_settled_before_anything_else() -> None:
    model = SIZING.find("volatility_target")
    said = model.check_parameters({"target_vol": 0.2, "lookback": 72})
    assert said == model.check_parameters({"annual_volatility": 0.2, "window": 72})
    assert list(said) == ["annual_volatility", "window", "base_fraction"]


@pytest.mark.parametrize(
    ("closes", "wanted"),
    [
        ([100.0] * 6, 0.0),  # nothing earned, nothing varies
        ([2.0**k for k in range(6)], 1.0),  # the same gain always
        ([1_000_000.0 / 10**k for k in range(6)], 0.0),  # the same loss always
    ],
)
def test_kelly_at_the_edges(closes: list[float], wanted: float) -> None:
    got = sizes("kelly_fraction", on_closes(closes), [1] * 6, fraction=1.0, window=5, minimum_bars=5)
    assert got[:5].tolist() == [0] * 5
    assert got[5] == wanted


def test_kelly_cuts_moves_beyond_200_percent() -> None:
    closes = on_closes([1.0, 50.0, 2.0, 900.0, 1.0, 999.0])
    got = sizes("kelly_fraction", closes, [1] * 6, fraction=1.0, window=5, minimum_bars=5)
    moves = [2.0, 2 / 50 - 1, 2.0, 1 / 900 - 1, 2.0]
    assert got[5] == pytest.approx(statistics.mean(moves) / statistics.variance(moves), rel=1e-6)


@pytest.mark.parametrize("name", SIZING)
@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 199))
def test_sizes_do_not_see_the_future(name: str, seed: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    few = {"volatility_target": {"window": 7}, "kelly_fraction": {"window": 30, "minimum_bars": 5}}.get(name, {})
    closes, target = rng.integers(90, 110, 200).astype(float), rng.integers(-1, 2, 200).astype(float)
    before = sizes(name, on_closes(closes), target, **few)
    closes[cut:], target[cut:] = rng.integers(1, 10_000, 200 - cut), rng.integers(-1, 2, 200 - cut)
    after = sizes(name, on_closes(closes), target, **few)
    assert before[:cut].tolist() == after[:cut].tolist()
    assert np.isfinite(after).all()
    assert after.min() >= 0
    assert after.max() <= 1


@pytest.mark.parametrize("name", SIZING)
def test_sizes_on_real_hours_vary_and_do_not_depend_on_the_first_bar(name: str) -> None:
    bars = bars_from_table(btc_hours())
    target = STRATEGIES.find("dual_sma").target(bars, {"fast": 20, "slow": 50})
    model = SIZING.find(name)
    parameters = model.check_parameters({})
    whole = np.broadcast_to(model.size(bars, target, parameters), len(bars))
    later = bars.since(int(bars.open_time[1_000]))
    part = np.broadcast_to(model.size(later, target[1_000:], parameters), len(later))
    if name == "volatility_target":  # an average that remembers every bar; what was before 10,000 of them is rounding
        assert whole[11_000:] == pytest.approx(part[10_000:], rel=1e-8)
    else:
        assert whole[4_000:].tolist() == part[3_000:].tolist()
    assert not whole[: model.warmup_bars(parameters) - 1].any()
    assert (len(set(whole.tolist())) > 1_000) == (name != "fixed_fraction")


@pytest.mark.parametrize("name", SIZING)
@pytest.mark.parametrize("length", [0, 1, 2])
def test_sizes_of_hardly_any_bars(name: str, length: int) -> None:
    assert len(sizes(name, on_closes([5.0] * length), [1.0] * length)) == length


@pytest.mark.parametrize("registry", [SIZING, SLIPPAGE])
def test_models_have_valid_defaults_and_schemas(registry: Any) -> None:
    for name, model in registry.items():
        assert model.name == name
        assert model.description.endswith(".")
        jsonschema.Draft202012Validator.check_schema(model.schema())
        jsonschema.validate(model.check_parameters({}), model.schema())


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("fixed_fraction", {"fraction": 0}, "sizing.fraction"),
        ("fixed_fraction", {"fraction": 1.5}, "sizing.fraction"),
        ("fixed_fraction", {"part": 0.5}, "sizing.part"),
        ("volatility_target", {"window": 1}, "sizing.window"),
        ("volatility_target", {"annual_volatility": float("nan")}, "sizing.annual_volatility"),
        ("volatility_target", {"window": 24, "lookback": 24}, "sizing.lookback"),
        ("volatility_target", {"base_fraction": 1.5}, "sizing.base_fraction"),
        ("kelly_fraction", {"window": 20, "minimum_bars": 21}, "sizing"),
        ("kelly_fraction", {"win_probability": 0.5}, "sizing.payoff_ratio"),
        ("kelly_fraction", {"payoff_ratio": 2}, "sizing.win_probability"),
        ("kelly_fraction", {"win_probability": 1.1, "payoff_ratio": 2}, "sizing.win_probability"),
        ("kelly_fraction", {"win_probability": 0.5, "payoff_ratio": 0}, "sizing.payoff_ratio"),
        ("kelly_fraction", {"win_probability": 0.5, "payoff_ratio": 2, "fraction": 0.5}, "sizing.fraction"),
        ("kelly_fraction", {"win_probability": None, "payoff_ratio": 2}, "sizing.win_probability"),
    ],
)
def test_bad_sizes_name_the_field(name: str, values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        SIZING.find(name).check_parameters(values, "sizing")
    assert caught.value.details["field"] == field


def test_unknown_models_are_told_the_nearest() -> None:
    with pytest.raises(InvalidParameterError) as caught:
        SIZING.find("kelly_fractoin")
    assert caught.value.details == {"field": "sizing.model", "allowed": list(SIZING)}
    assert caught.value.hint.startswith("Did you mean kelly_fraction?")
    with pytest.raises(InvalidParameterError) as caught:
        SLIPPAGE.find("spreads")
    assert caught.value.details == {"field": "slippage.model", "allowed": list(SLIPPAGE)}
    assert caught.value.hint.startswith("Did you mean spread?")


@pytest.mark.parametrize("registry", [SLIPPAGE, catalogue.SLIPPAGE])
def test_the_spread_in_percent_is_refused_with_its_new_unit(registry: Any) -> None:
    wanted = 'spread_pct was in percent; send {"model": "spread", "spread": 0.0004} for 0.04 %.'
    with pytest.raises(InvalidParameterError) as caught:
        registry.find("spread_pct")
    assert caught.value.hint.startswith(wanted)
    with pytest.raises(InvalidParameterError) as caught:
        registry.find("spread").check_parameters({"spread_pct": 0.04}, "slippage")
    assert (caught.value.hint, caught.value.details["field"]) == (wanted, "slippage.spread_pct")


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("fixed_bps", {}, (2, 0, 0)),
        ("fixed_bps", {"bps": 7.5}, (7.5, 0, 0)),
        ("spread", {}, (2, 0, 0)),
        ("spread", {"spread": 0.001}, (5, 0, 0)),  # 10 bps, half of it per side
        ("spread", {"spread": 0.001, "bps": 3}, (8, 0, 0)),
        ("participation_rate", {"bps": 1, "impact_bps": 50, "max_participation": 0.2}, (1, 50, 0.2)),
    ],
)
def test_slippage_as_switches_of_the_execution(name: str, values: dict[str, float], wanted: tuple[float, ...]) -> None:
    model = SLIPPAGE.find(name)
    execution = Execution(**model.execution(model.check_parameters(values)))
    assert (execution.slippage_bps, execution.impact_bps, execution.max_participation) == wanted


def test_models_are_checked_without_numpy() -> None:
    code = "import sys; sys.modules['numpy'] = None; from candlecloud.catalogue import SIZING; "
    code += "from candlecloud.backtest.slippage import SLIPPAGE; SIZING.find('kelly_fraction').check_parameters({}); "
    code += "print(SLIPPAGE.find('spread').execution({'spread': 0.0004, 'bps': 0}))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "{'slippage_bps': 2.0}"
