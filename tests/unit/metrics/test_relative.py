"""Figures against a benchmark, by hand and by their invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.arrays import FloatArray
from candlecloud.errors import InvalidInputError
from candlecloud.metrics.figures import Relative
from candlecloud.metrics.relative import compare_with_benchmark

DAY_MS = 86_400_000
PER_YEAR = 365


def curve(returns: list[float] | FloatArray) -> FloatArray:
    return 100.0 * np.cumprod(1.0 + np.asarray(returns, float))


def test_half_the_market_plus_a_little_each_bar() -> None:
    market = np.tile([0.02, -0.01, 0.03, -0.02], 10)
    got = compare_with_benchmark(curve(0.5 * market + 0.001), curve(market), 100.0, DAY_MS)
    assert got.beta == pytest.approx(0.5)
    assert got.alpha == pytest.approx(0.001 * PER_YEAR)
    assert got.correlation == pytest.approx(1.0)
    active = 0.001 - 0.5 * market
    assert got.tracking_error == pytest.approx(np.std(active, ddof=1) * PER_YEAR**0.5)
    assert got.information_ratio == pytest.approx(active.mean() / np.std(active, ddof=1) * PER_YEAR**0.5)
    assert got.up_capture == pytest.approx((0.011 + 0.016) / 0.05)
    assert got.down_capture == pytest.approx((-0.004 - 0.009) / -0.03)
    assert got.excess_return == pytest.approx(curve(0.5 * market + 0.001)[-1] / 100 - curve(market)[-1] / 100)


def test_the_benchmark_against_itself() -> None:
    market = curve([0.02, -0.01, 0.03] * 10)
    got = compare_with_benchmark(market, market, 100.0, DAY_MS)
    assert got == Relative(0.0, 0.0, 1.0, pytest.approx(1.0), 0.0, None, 1.0, 1.0)  # type: ignore[arg-type]


def test_numbers_that_do_not_exist_are_none() -> None:
    moving, flat = curve([0.02, -0.01, 0.03] * 10), np.full(30, 100.0)
    against_flat = compare_with_benchmark(moving, flat, 100.0, DAY_MS)
    assert (against_flat.alpha, against_flat.beta, against_flat.correlation) == (None, None, None)
    assert (against_flat.up_capture, against_flat.down_capture) == (None, None)
    standing = compare_with_benchmark(flat, moving, 100.0, DAY_MS)
    assert (standing.alpha, standing.beta, standing.correlation, standing.up_capture) == (0.0, 0.0, None, 0.0)
    one = compare_with_benchmark(moving[:1], moving[:1], 100.0, DAY_MS)
    assert (one.beta, one.tracking_error, one.information_ratio) == (None, None, None)


def test_curves_over_other_bars_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"3 bars .* benchmark of 2"):
        compare_with_benchmark(np.ones(3), np.ones(2), 1.0, DAY_MS)


RETURNS = st.lists(st.floats(-0.3, 0.3).map(lambda r: round(r, 3)), min_size=4, max_size=60)


@settings(max_examples=100)
@given(RETURNS, RETURNS, st.integers(-4, 4))
def test_bounds_and_the_unit_of_money(ours: list[float], theirs: list[float], power: int) -> None:
    n, factor = min(len(ours), len(theirs)), 2.0**power
    mine, market = curve(ours[:n]), curve(theirs[:n])
    got = compare_with_benchmark(mine, market, 100.0, DAY_MS)
    assert compare_with_benchmark(mine * factor, market * factor, 100.0 * factor, DAY_MS) == got
    assert got.correlation is None or -1.0 <= got.correlation <= 1.0
    assert (got.tracking_error is None) == (n < 30)
    assert got.tracking_error is None or got.tracking_error >= 0.0
    if got.correlation is not None and got.beta is not None and abs(got.beta) > 1e-12:
        assert np.sign(got.correlation) == np.sign(got.beta)
