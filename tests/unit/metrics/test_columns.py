"""Numbers of many rows at once against one Python float after the other, bit by bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from candlecloud.arrays import FloatArray
from candlecloud.metrics import compounding
from candlecloud.metrics.accumulators import COLUMNS, Accumulators
from candlecloud.metrics.annual import MIN_SPAN_MS, YEAR_MS, growth_per_year
from candlecloud.metrics.compounding import growths_per_year
from candlecloud.metrics.figures import Metrics
from candlecloud.metrics.summary import summary_columns, summary_dicts, summary_of
from tests.golden.summary_oracle import summary_oracle
from tests.support.uncompiled import uncompiled

HOUR_MS = 3_600_000
LARGEST = float(np.finfo(np.float64).max)

money = st.one_of(st.just(0.0), st.floats(0.0, 1e9), st.floats(0.0, 1e300), st.sampled_from([5e-324, 1e-308]))
either = st.one_of(money, money.map(lambda value: -value))
counts = st.one_of(st.just(0.0), st.integers(0, 600_000).map(float))
rows_of_tallies = st.builds(
    lambda **fields: list(Accumulators(**fields)),
    final_equity=st.one_of(st.just(1e4), st.floats(1.0, 1e6), either),
    **dict.fromkeys(("n_trades", "n_wins", "bars_in_position", "max_under_water_bars"), counts),
    **dict.fromkeys(("sum_profit", "sum_loss", "fees", "slippage", "notional", "sum_squares"), money),
    **dict.fromkeys(("funding", "sum_returns", "sum_equity"), either),
    sum_negative_squares=money,
    max_drawdown=st.one_of(st.just(0.0), st.floats(0.0, 1.5), st.just(5e-324)),
)


def bits(value: float | int | None) -> Any:
    """What tells 0.0 from -0.0, and a float from an int."""
    return value.hex() if isinstance(value, float) else value


def same_bits(one: FloatArray, other: FloatArray) -> bool:
    whole = one.view(np.int64) == other.view(np.int64)
    return bool((whole | (np.isnan(one) & np.isnan(other))).all())


@settings(max_examples=150)
@given(
    st.lists(rows_of_tallies, min_size=1, max_size=6),
    st.sampled_from([1.0, 1e4, 0.1, 1e-300, 1e300]),
    st.sampled_from([1, 2, 29, 30, 26_759, 525_600]),
    st.one_of(st.sampled_from([1, 60_000, MIN_SPAN_MS - 1, MIN_SPAN_MS, YEAR_MS]), st.integers(60_000, 20 * YEAR_MS)),
)
@example([[0.0] * len(COLUMNS)], 1e4, 1, HOUR_MS)
@example([list(Accumulators(final_equity=LARGEST, sum_profit=LARGEST, sum_loss=5e-324))], 1e-300, 2, 1)
def test_columns_have_the_bits_of_plain_python(rows: list[list[float]], initial: float, n: int, span: int) -> None:
    setting: dict[str, Any] = {"initial_equity": initial, "n_bars": n, "span_ms": span}
    columns = summary_columns(np.array(rows), **setting)
    assert tuple(columns) == tuple(Metrics.__dataclass_fields__)
    assert all(column.dtype == np.float64 and len(column) == len(rows) for column in columns.values())
    for row, got in zip(rows, summary_dicts(columns), strict=True):
        wanted = summary_oracle(dict(zip(COLUMNS, row, strict=True)), **setting)
        assert {name: bits(value) for name, value in got.items()} == {k: bits(v) for k, v in wanted.items()}
        assert summary_of(Accumulators(*row), **setting) == Metrics(**got)


def test_a_row_has_its_numbers_wherever_it_stands() -> None:
    rows = np.exp(np.random.default_rng(4).normal(0.0, 2.0, (3_500, len(COLUMNS))))
    setting: dict[str, Any] = {"initial_equity": 1.0, "n_bars": 10, "span_ms": 10 * HOUR_MS}
    forth, back = summary_columns(rows, **setting), summary_columns(rows[::-1], **setting)
    assert all(same_bits(forth[name], back[name][::-1].copy()) for name in forth)
    told = summary_dicts(forth)
    for k in (0, 1_499, 1_500, 2_999, 3_000, 3_499):
        assert summary_of(rows[k], **setting).to_dict() == told[k]
    assert [len(column) for column in summary_columns(rows[:0], **setting).values()] == [0] * 20


def test_columns_are_no_views_of_the_rows() -> None:
    rows = np.ones((3, len(COLUMNS)))
    columns = summary_columns(rows, initial_equity=1.0, n_bars=10, span_ms=10 * HOUR_MS)
    assert not any(np.shares_memory(column, rows) for column in columns.values())


def test_what_is_not_finite_is_no_number() -> None:
    rows = np.full((1, len(COLUMNS)), np.nan)
    setting: dict[str, Any] = {"initial_equity": 1.0, "n_bars": 10, "span_ms": 10 * HOUR_MS}
    setting |= {"n_bars": 30}
    told = summary_dicts(summary_columns(rows, **setting))[0]
    assert {name for name, value in told.items() if value is not None} == {"volatility"}  # 0: nothing varies


@pytest.mark.parametrize("span", [0, -HOUR_MS])
def test_without_time_nothing_is_per_year(span: int) -> None:
    row = Accumulators(final_equity=11.0, sum_equity=22.0, notional=3.0, sum_squares=0.1, sum_negative_squares=0.1)
    got = summary_of(row, initial_equity=10.0, n_bars=30, span_ms=span)
    assert (got.cagr, got.volatility, got.sharpe, got.sortino, got.turnover) == (None,) * 5
    assert got.total_return == pytest.approx(0.1)


def some_growths(rng: np.random.Generator, n: int) -> dict[str, FloatArray]:
    return {
        "ordinary": np.exp(rng.normal(0.0, 1.0, n)),
        "near 1": np.exp(rng.normal(0.0, 1e-4, n)),
        "a few bits from 1": 1.0 + rng.integers(-999, 999, n // 10) * 2.0**-53,
        "far": np.exp(rng.uniform(-740.0, 709.0, n)),
        "subnormal": rng.uniform(0.0, 2e-308, n // 5),
        "of any bits": rng.integers(-(2**63), 2**63, n // 2).view(np.float64),
    }


def wanted_rates(growths: FloatArray, span_ms: int) -> FloatArray:
    rates = (growth_per_year(growth, span_ms) for growth in growths.tolist())
    return np.array([math.nan if rate is None else rate for rate in rates])


@pytest.mark.parametrize("seed", range(8))
def test_rates_have_the_bits_of_decimal_arithmetic(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spans = [int(span) for span in np.exp(rng.uniform(math.log(60_000), math.log(50 * YEAR_MS), 4))]
    for span in [*spans, int(rng.choice([1, YEAR_MS, 2 * YEAR_MS, YEAR_MS // 3, 10**18]))]:
        for kind, growths in some_growths(rng, 300).items():
            assert same_bits(growths_per_year(growths, span), wanted_rates(growths, span)), (kind, span)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 110))
def test_more_rates_have_the_bits_of_decimal_arithmetic(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for span in np.exp(rng.uniform(math.log(60_000), math.log(50 * YEAR_MS), 10)).astype(int).tolist():
        for kind, growths in some_growths(rng, 800).items():
            assert same_bits(growths_per_year(growths, span), wanted_rates(growths, span)), (kind, span)


EDGES = [
    *(0.0, -0.0, -1.0, math.nan, math.inf, -math.inf, 5e-324, 2.2250738585072014e-308, LARGEST),
    *(1.0, math.nextafter(1.0, 0.0), math.nextafter(1.0, 2.0), 0.5, 2.0, 4.0, 1024.0, 1.21, 0.25),
    *(math.sqrt(2.0), math.sqrt(0.5), math.nextafter(math.sqrt(2.0), 2.0), math.nextafter(math.sqrt(0.5), 0.0)),
    *(math.exp(k) for k in (-41, -40, -39, -37.4, -36.7, 709, 709.5, 709.78)),
]


@pytest.mark.parametrize("span", [1, 2, 60_000, YEAR_MS // 2, YEAR_MS - 1, YEAR_MS, YEAR_MS + 1, 2 * YEAR_MS, 10**20])
def test_rates_at_the_edges(span: int) -> None:
    growths = np.array(EDGES)
    assert same_bits(growths_per_year(growths, span), wanted_rates(growths, span))
    assert growths_per_year(growths[:0], span).tolist() == []
    assert np.isnan(growths_per_year(growths, -span)).all()


def test_ordinary_rates_need_no_decimals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compounding, "growth_per_year", None)
    rng = np.random.default_rng(3)
    for years in (0.25, 0.9, 3.05, 8.0):
        rates = growths_per_year(np.exp(rng.normal(0.0, 0.5, 500_000)), int(years * YEAR_MS))
        assert np.isfinite(rates).all()


def test_pairs_are_as_close_as_the_bound_of_doubt_needs() -> None:
    """Against 60 digits; the bound is 2**-93, and 30 decimal digits need 2**-96 of it."""
    from decimal import Context, Decimal
    from fractions import Fraction

    kernel, exact, rng = uncompiled("candlecloud.metrics.kernels.compound"), Context(prec=60), np.random.default_rng(5)
    worst = 0.0
    for years in np.exp(rng.uniform(-3.0, 3.0, 20)).tolist():
        span = int(years * YEAR_MS)
        for growth in np.exp(rng.normal(0.0, rng.choice([1e-6, 1e-2, 1.0, 9.0], 40))).tolist():
            power = exact.multiply(exact.ln(Decimal(growth)), exact.divide(Decimal(YEAR_MS), Decimal(span)))
            if not -40 < power < 700:
                continue
            pair = kernel.logarithm(growth, compounding._ODDS, compounding._LN_TWO)
            pair = kernel.times(*pair, *compounding._pair(Fraction(YEAR_MS, span)))
            high, low = kernel.exponential(*pair, compounding._FACTORIALS, compounding._LN_TWO)
            wanted = exact.exp(power)
            off = exact.subtract(exact.add(Decimal(high), Decimal(low)), wanted)
            worst = max(worst, abs(float(off / (wanted * (1 + abs(power))))))
    assert worst < 2.0**-100


@settings(max_examples=100)
@given(st.lists(st.floats(0.0, allow_infinity=True), max_size=20), st.integers(60_000, 30 * YEAR_MS))
def test_the_compiled_kernel_is_the_plain_one(growths: list[float], span: int) -> None:
    found = []
    plain = uncompiled("candlecloud.metrics.kernels.compound").yearly_rates
    for kernel in (compounding.yearly_rates, plain):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compounding, "yearly_rates", kernel)
            found.append(growths_per_year(np.array(growths), span))
    assert same_bits(*found)
