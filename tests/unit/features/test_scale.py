"""The number of decimals of a series is a fact about all its prices, later ones too: it must not move a feature."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.features.bars import bars_from_table
from candlecloud.features.compute import compute_feature
from candlecloud.features.families import FEATURES
from candlecloud.features.kernels import price_moments
from candlecloud.features.windows import POWERS_OF_TEN
from candlecloud.strategies.builtin import STRATEGIES
from tests.support.recorded import btc_hours
from tests.support.uncompiled import uncompiled

HOURS = btc_hours().slice(0, 3_000)
BARS = bars_from_table(HOURS)
MORE = [bars_from_table(HOURS, scale=BARS.scale + places) for places in (1, 3, 6)]
KERNELS = pytest.mark.parametrize(
    "kernel",
    [price_moments, uncompiled("candlecloud.features.kernels.price_moments")],
    ids=["as imported", "uncompiled"],
)


@pytest.mark.parametrize("name", FEATURES)
def test_more_decimals_move_no_feature(name: str) -> None:
    takes_window = any(parameter.name == "window" for parameter in FEATURES[name].parameters)
    for parameters in ({}, *([{"window": 7}, {"window": 333}] if takes_window else [])):
        wanted = compute_feature(BARS, FEATURES[name], parameters)
        for bars in MORE:
            got = compute_feature(bars, FEATURES[name], parameters)
            assert {output: values.tobytes() for output, values in got.items()} == {
                output: values.tobytes() for output, values in wanted.items()
            }


@pytest.mark.parametrize("name", STRATEGIES)
def test_more_decimals_move_no_decision(name: str) -> None:
    strategy = STRATEGIES[name]
    parameters = strategy.check_parameters({})
    wanted = strategy.target(BARS, parameters).tobytes()
    assert [strategy.target(bars, parameters).tobytes() == wanted for bars in MORE] == [True] * len(MORE)


@KERNELS
@settings(max_examples=150)
@given(
    st.lists(st.one_of(st.integers(1, 50), st.integers(1, 2**46), st.just(2**46)), min_size=1, max_size=30),
    st.integers(1, 12),
    st.integers(0, 6),
    st.integers(0, 2),
)
def test_price_moments_are_those_of_exact_arithmetic_at_any_scale(
    kernel: Any, ticks: list[int], window: int, scale: int, more: int
) -> None:
    found = []
    for places in (scale, scale + more):
        values = np.array(ticks, np.int64) * 10 ** (places - scale)
        outputs = [np.full(len(ticks), np.nan) for _ in range(5)]
        views = [memoryview(array) for array in outputs]
        kernel.moments(memoryview(values), window, places, POWERS_OF_TEN, *views[:3])
        kernel.weighted(memoryview(values), window, places, POWERS_OF_TEN, views[3])
        kernel.means(memoryview(values), window, places, POWERS_OF_TEN, views[4])
        found.append(outputs)
    assert [array.tobytes() for array in found[0]] == [array.tobytes() for array in found[1]]
    means, distances, variances, weighted, alone = found[0]
    assert alone.tobytes() == means.tobytes()
    for t in range(len(ticks)):
        if t < window - 1:
            assert np.isnan([means[t], distances[t], variances[t], weighted[t]]).all()
            continue
        prices = [Fraction(tick, 10**scale) for tick in ticks[t - window + 1 : t + 1]]
        mean = sum(prices) / window
        exact = (
            (means[t], mean),
            (distances[t], prices[-1] - mean),
            (variances[t], sum((price - mean) ** 2 for price in prices) / window),
            (weighted[t], sum(k * price for k, price in enumerate(prices, 1)) * 2 / (window * (window + 1))),
        )
        for got, wanted in exact:
            assert abs(Fraction(got) - wanted) <= abs(wanted) * Fraction(7, 10**16)
        if sum(ticks[t - window + 1 : t + 1]) < 2**53:
            assert means[t] == float(mean), "rounded once: equal means are equal floats, whatever their windows"


@KERNELS
def test_windows_of_the_largest_ticks_fit(kernel: Any) -> None:
    n, large = 10_001, 2**53 - 1
    outputs = [memoryview(np.full(n, np.nan)) for _ in range(3)]
    ends = np.where(np.arange(n) % 2, large, 1)
    kernel.moments(memoryview(ends), 10_000, 12, POWERS_OF_TEN, *outputs)
    half = (large - 1) / 2 / 1e12
    assert outputs[2][n - 1] == pytest.approx(half * half, rel=1e-15)
    assert outputs[0][n - 1] == pytest.approx((large + 1) / 2 / 1e12, rel=1e-15)
