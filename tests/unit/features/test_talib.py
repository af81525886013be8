"""Features equal TA-Lib's where it has them and their plain formulas where not, on real hours."""

from __future__ import annotations

import numpy as np
import pytest
import talib

from candlecloud.features.bars import bars_from_table
from candlecloud.features.compute import compute_feature
from candlecloud.features.families import FEATURES
from candlecloud.parameters import Parameters
from tests.golden.talib_oracle import CASES, ORACLES, differences
from tests.golden.window_oracle import WINDOW_CASES, WINDOW_ORACLES
from tests.support.drawn_bars import Step, bars_from_steps
from tests.support.recorded import btc_hours


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_agrees_with_talib(name: str, parameters: Parameters) -> None:
    bars = bars_from_table(btc_hours())
    for found in differences(bars, name, parameters, ORACLES[name]):
        assert found.bars > 24_000
        assert found.missing == 0, found
        assert found.relative <= 1e-11, found


@pytest.mark.parametrize(("name", "parameters"), WINDOW_CASES)
def test_agrees_with_the_formula_window_by_window(name: str, parameters: Parameters) -> None:
    bars = bars_from_table(btc_hours())
    for found in differences(bars, name, parameters, WINDOW_ORACLES[name]):
        assert found.bars > 24_000
        assert found.missing == 0, found
        assert found.relative <= (0 if FEATURES.find(name).kind == "label" else 1e-11), found


def test_every_feature_has_an_oracle_and_each_is_asked() -> None:
    assert {name for name, _ in CASES} == set(ORACLES)
    assert {*ORACLES, *WINDOW_ORACLES} == set(FEATURES)


def test_talib_says_0_where_a_flat_price_has_no_answer() -> None:
    bars = bars_from_steps([Step(0, 0, 0, 0, 1.0, 0)] * 30)
    flat = bars.close
    assert talib.RSI(flat, 14)[-1] == talib.STOCH(flat, flat, flat, 5, 3, 0, 3, 0)[0][-1] == 0.0
    assert talib.PLUS_DI(flat, flat, flat, 5)[-1] == talib.ADX(flat, flat, flat, 5)[-1] == 0.0
    assert np.isnan(compute_feature(bars, FEATURES["rsi"], {})["rsi"][-1])
    assert np.isnan(compute_feature(bars, FEATURES["stochastic"], {"window": 5})["k"][-1])
    adx = compute_feature(bars, FEATURES["adx"], {"window": 5})
    assert np.isnan(adx["plus_di"][-1])
    assert adx["adx"][-1] == 0.0
