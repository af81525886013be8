"""Tails, shape, single drawdowns and capacity, by hand and by their invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from candlecloud.arrays import FloatArray
from candlecloud.metrics.capacity import capacity_hint
from candlecloud.metrics.curves import drawdowns, longest_under_water
from candlecloud.metrics.distribution import (
    describe_distribution,
    expected_shortfall,
    omega,
    shape_of,
    tail_ratio,
    value_at_risk,
)
from candlecloud.metrics.episodes import Episode, worst_drawdowns
from candlecloud.metrics.figures import Distribution


def _returns(seed: int, n: int, largest: float, decimals: int) -> FloatArray:
    """Returns of a drawn seed: few decimals make ties and many zeros."""
    return np.round(np.random.default_rng(seed).uniform(-largest, largest, n), decimals)


RETURNS = st.builds(
    _returns, st.integers(0, 2**32), st.integers(100, 700), st.sampled_from([0.5, 0.1, 0.01]), st.integers(1, 4)
)


def hundredths(n: int = 100) -> FloatArray:
    """-0.50, -0.49, ... of n returns, ascending."""
    return (np.arange(n) - n / 2) / 100.0


def test_value_at_risk_interpolates_between_neighbours() -> None:
    ordered = hundredths()
    assert value_at_risk(ordered, 0.05) == pytest.approx(0.4505)  # 99 * 0.05 = 4.95 steps above -0.50
    assert expected_shortfall(ordered, 0.05) == pytest.approx(0.48)  # of the five smallest
    assert tail_ratio(ordered) == pytest.approx(0.4405 / 0.4505)


def test_a_tail_needs_five_returns() -> None:
    assert value_at_risk(hundredths(99), 0.05) is None
    assert expected_shortfall(hundredths(99), 0.05) is None
    assert tail_ratio(hundredths(99)) is None
    assert value_at_risk(hundredths(100), 0.05) is not None
    assert value_at_risk(np.linspace(-1, 1, 499), 0.01) is None
    assert value_at_risk(np.linspace(-1, 1, 500), 0.01) is not None


def test_idle_bars_do_not_thin_the_tail() -> None:
    """3 losses in 100 bars, else flat: the worst five returns are these and two zeros, not these and 97."""
    ordered = np.sort(np.concatenate(([-0.1, -0.2, -0.3], np.zeros(97))))
    assert value_at_risk(ordered, 0.05) == 0.0
    assert expected_shortfall(ordered, 0.05) == pytest.approx(0.6 / 5)
    assert tail_ratio(ordered) is None


def test_omega_by_hand() -> None:
    assert omega(np.array([0.1, -0.2, 0.3, 0.0])) == pytest.approx(2.0)
    assert omega(np.array([0.1, 0.0])) is None


def test_shape_by_hand() -> None:
    assert shape_of(np.array([1.0, 1.0, 1.0, 5.0])) == pytest.approx((2 / 3**0.5, 21 / 9 - 3))
    assert shape_of(np.array([0.01, 0.01, 0.01])) == (None, None)
    assert shape_of(np.array([0.01])) == (None, None)
    steady = describe_distribution(100.0 * 1.01 ** np.arange(1, 200), 100.0)
    assert (steady.skew, steady.kurtosis) == (None, None)  # what differs in these returns is rounding


def test_a_short_run_has_few_numbers() -> None:
    got = describe_distribution(np.array([100.0, 100.0]), 100.0)
    assert got == Distribution(None, None, None, None, None, None, None, None, 0.0)


@settings(max_examples=100)
@given(RETURNS)
def test_tails_are_ordered(returns: FloatArray) -> None:
    ordered = np.sort(returns)
    at_95, short_95 = value_at_risk(ordered, 0.05), expected_shortfall(ordered, 0.05)
    assert at_95 is not None
    assert short_95 is not None
    rounding = 1e-15
    assert short_95 >= at_95 - rounding
    assert -ordered[-1] - rounding <= at_95 <= -ordered[0] + rounding
    at_99, short_99 = value_at_risk(ordered, 0.01), expected_shortfall(ordered, 0.01)
    assert (at_99 is None) == (short_99 is None) == (len(ordered) < 500)
    if at_99 is not None and short_99 is not None:
        assert at_99 >= at_95 - rounding
        assert short_99 >= max(at_99, short_95) - rounding


@settings(max_examples=100)
@given(RETURNS, st.integers(-4, 4))
def test_neither_money_nor_order_of_bars_matters(returns: FloatArray, power: int) -> None:
    equity, factor = 100.0 * np.cumprod(1.0 + returns), 2.0**power
    ours = describe_distribution(equity, 100.0)
    assert describe_distribution(equity * factor, 100.0 * factor) == ours
    backwards = describe_distribution(100.0 * np.cumprod(1.0 + returns[::-1]), 100.0)
    for name in ("value_at_risk_95", "expected_shortfall_95", "skew"):
        mine, other = getattr(ours, name), getattr(backwards, name)
        assert (other is None) == (mine is None), name
        assert mine is None or other == pytest.approx(mine, rel=1e-6, abs=1e-9), name


@settings(max_examples=100)
@given(arrays(np.float64, st.integers(1, 80), elements=st.integers(1, 20).map(float)))
def test_episodes_cover_all_bars_under_water(equity: FloatArray) -> None:
    drawdown = drawdowns(equity, 10.0)
    found = worst_drawdowns(equity, 10.0, count=80)
    depths = [one.depth for one in found]
    assert depths == sorted(depths, reverse=True)
    assert sum(one.bars for one in found) == np.count_nonzero(drawdown)
    assert max((one.bars for one in found), default=0) == longest_under_water(drawdown)
    assert max(depths, default=0.0) == drawdown.max()
    for one in found:
        assert drawdown[one.trough] == one.depth == drawdown[one.start : one.start + one.bars].max()
        assert one.end is None or (drawdown[one.end] == 0.0 and one.end == one.start + one.bars)
    assert worst_drawdowns(equity, 10.0, count=2) == found[:2]


def test_episodes_by_hand() -> None:
    equity = np.array([9.0, 10.0, 20.0, 15.0, 5.0, 20.0, 19.0])
    assert worst_drawdowns(equity, 10.0) == [
        Episode(3, 4, 5, 0.75, 2),
        Episode(0, 0, 1, pytest.approx(0.1), 1),  # type: ignore[arg-type]
        Episode(6, 6, None, pytest.approx(0.05), 1),  # type: ignore[arg-type]
    ]
    assert worst_drawdowns(np.array([10.0, 11.0]), 10.0) == []


def test_capacity_by_hand() -> None:
    quantities, volumes = np.array([1.0, -2.0, 3.0]), np.array([1_000.0, 1_000.0, 1_000.0])
    assert capacity_hint(quantities, volumes, 10_000.0) == pytest.approx(50_000.0)  # 2 of 1,000 is 0.2 %
    assert capacity_hint(quantities * 5, volumes, 50_000.0) == pytest.approx(
        50_000.0
    )  # the run's money does not matter
    assert capacity_hint(quantities[:2], volumes[:2], 10_000.0) == pytest.approx(50_000.0)  # the larger of two
    assert capacity_hint(quantities, np.array([1_000.0, np.nan, 1_000.0]), 10_000.0) is None
    assert capacity_hint(np.empty(0), np.empty(0), 10_000.0) is None
    assert capacity_hint(quantities, np.array([0.0, 0.0, 1_000.0]), 10_000.0) == 0.0
