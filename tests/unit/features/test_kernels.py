"""Kernels of the features: compiled and uncompiled give the same bits, and both what exact arithmetic says."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.features.kernels import logarithm, recursive, rolling
from tests.support.uncompiled import uncompiled

FORMS = [
    (rolling, recursive),
    tuple(uncompiled(f"candlecloud.features.kernels.{name}") for name in ("rolling", "recursive")),
]
LOGARITHMS = (logarithm, uncompiled("candlecloud.features.kernels.logarithm"))
BOTH = pytest.mark.parametrize(("rolls", "recurs"), FORMS, ids=["as imported", "uncompiled"])
QUICK = settings(max_examples=30)
LARGE = 2**53 - 1
LARGEST = 2**56 - 1


def outputs(kernel: Callable[..., None], n: int, count: int, *arguments: Any) -> list[np.ndarray]:
    """Run a kernel on NaN-filled outputs."""
    found = [np.full(n, np.nan) for _ in range(count)]
    kernel(*(memoryview(a) if isinstance(a, np.ndarray) else a for a in arguments), *map(memoryview, found))
    return found


def is_close(got: float, wanted: Fraction, rounding: float) -> bool:
    return abs(Fraction(got) - wanted) <= abs(wanted) * Fraction(rounding)


@BOTH
@QUICK
@given(
    st.lists(st.one_of(st.integers(-5, 5), st.integers(-LARGEST, LARGEST), st.just(LARGEST)), min_size=1, max_size=30),
    st.integers(1, 12),
)
def test_moments_are_those_of_exact_arithmetic(rolls: Any, recurs: Any, values: list[int], w: int) -> None:
    sums, distances, spreads = outputs(rolls.moments, len(values), 3, np.array(values), w)
    squares = outputs(rolls.squares, len(values), 1, np.array(values), w)[0]
    for t in range(len(values)):
        if t < w - 1:
            assert np.isnan([sums[t], distances[t], spreads[t], squares[t]]).all()
            continue
        x = values[t - w + 1 : t + 1]
        total, power = sum(x), sum(v * v for v in x)
        assert (sums[t], distances[t], squares[t]) == (float(total), float(w * x[-1] - total), float(power))
        assert is_close(spreads[t], Fraction(w * power - total * total), 4e-16)


@BOTH
def test_spread_of_equal_or_nearly_equal_values_does_not_cancel(rolls: Any, recurs: Any) -> None:
    """A float sum of squares of these has an error of 1e16; the true spread of the last window is 9,999."""
    values = np.full(10_000, LARGE)
    assert outputs(rolls.moments, 10_000, 3, values, 10_000)[2][-1] == 0.0
    values[-1] -= 1
    assert outputs(rolls.moments, 10_000, 3, values, 10_000)[2][-1] == 9_999.0


@BOTH
def test_the_longest_windows_of_the_largest_ticks_fit(rolls: Any, recurs: Any) -> None:
    values = np.full(10_001, LARGE)
    assert outputs(rolls.squares, 10_001, 1, values * 8, 10_000)[0][-1] == float(10_000 * (8 * LARGE) ** 2)
    ends = np.where(np.arange(10_001) % 2, LARGEST, -LARGEST)
    assert outputs(rolls.moments, 10_001, 3, ends, 10_000)[2][-1] == float(10_000**2 * LARGEST**2)
    huge = np.full(10_001, 2.0**57 - 16)
    assert outputs(rolls.quotient, 10_001, 1, huge, huge, 10_000)[0][-1] == 1.0


AMOUNTS = st.one_of(st.sampled_from([0.0, 1e-8, 2.0**57, float("nan"), float("inf"), -1.0]), st.floats(1e-9, 1e15))


@BOTH
@QUICK
@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=30), st.integers(1, 8))
def test_quotient_of_sums(rolls: Any, recurs: Any, pairs: list[tuple[float, float]], w: int) -> None:
    tops, bottoms = (np.array(column) for column in zip(*pairs, strict=True))
    got = outputs(rolls.quotient, len(pairs), 1, tops, bottoms, w)[0]
    for t in range(len(pairs)):
        window = pairs[t - w + 1 : t + 1] if t >= w - 1 else []
        known = all(0.0 <= value < 2.0**57 for pair in window for value in pair)
        top, bottom = (sum(int(pair[k] * 2.0**56) for pair in window) for k in (0, 1)) if known else (0, 0)
        assert got[t] == float(top) / float(bottom) if bottom else np.isnan(got[t])


@BOTH
@QUICK
@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.integers(0, 3), st.integers(1, 8))
def test_rank_counts_ties_half(rolls: Any, recurs: Any, values: list[int], first: int, w: int) -> None:
    ranks = outputs(rolls.rank, len(values), 1, np.array(values, float), first, w)[0]
    for t, rank in enumerate(ranks):
        window = values[t - w + 1 : t + 1]
        share = [Fraction(1) if v < values[t] else Fraction(v == values[t], 2) for v in window]
        assert np.isnan(rank) if t < first + w - 1 else rank == float(sum(share) / w)


TICKS = st.one_of(st.integers(1, LARGE + 1), st.integers(1, 40), st.integers(10**9, 10**9 + 10**6))


@pytest.mark.parametrize("kernel", LOGARITHMS, ids=["as imported", "uncompiled"])
@QUICK
@given(st.lists(st.tuples(TICKS, TICKS), min_size=1, max_size=30))
def test_logarithms_are_those_of_decimal_arithmetic(kernel: Any, pairs: list[tuple[int, int]]) -> None:
    tops, bottoms = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    logs = np.zeros(len(pairs), np.int64)
    kernel.log_ratios(memoryview(tops), memoryview(bottoms), memoryview(logs))
    exact = Context(prec=50)
    for (top, bottom), got in zip(pairs, logs.tolist(), strict=True):
        wanted = exact.multiply(exact.ln(exact.divide(Decimal(top), Decimal(bottom))), Decimal(2**50))
        # half a unit of rounding, and some last digits of the float before it
        assert abs(got - wanted) <= Decimal("0.5") + abs(wanted) * Decimal("4e-16")


@QUICK
@given(st.integers(0, 2**32), st.integers(0, 60), st.integers(2, 9))
def test_compiled_loops_give_the_bits_of_the_source(seed: int, n: int, w: int) -> None:
    rng = np.random.default_rng(seed)
    ticks = np.maximum(1, 1_000 + np.cumsum(rng.integers(-3, 4, n) * rng.integers(0, 90, n)))
    close = ticks / 100.0
    high, low = close + rng.integers(0, 50, n) / 100.0, close - rng.integers(0, 5, n) / 100.0
    volumes = np.where(rng.random(n) < 0.05, np.nan, rng.integers(0, 9, n) / 8)
    cases = {
        "ema": ((close, 1, w, 2.0 / (w + 1)), 1),
        "rsi": ((close, w), 1),
        "atr": ((high, low, close, w), 1),
        "adx": ((high, low, close, w), 3),
        "obv": ((ticks, volumes), 1),
        "session_vwap": ((np.arange(n) // 7, close, volumes, 0), 1),
    }
    logs = [np.zeros(n, np.int64) for _ in LOGARITHMS]
    for kernel, steps in zip(LOGARITHMS, logs, strict=True):
        kernel.log_ratios(memoryview(ticks), memoryview(np.roll(ticks, 1)), memoryview(steps))
    assert logs[0].tolist() == logs[1].tolist()
    for name, (arguments, count) in cases.items():
        compiled, source = (outputs(getattr(form[1], name), n, count, *arguments) for form in FORMS)
        assert [a.tobytes() for a in compiled] == [b.tobytes() for b in source], name
