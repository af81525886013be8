"""Yearly rates of many growths at once, each with the bits of `annual.growth_per_year`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Context, Decimal
from fractions import Fraction
from typing import cast

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.metrics.annual import YEAR_MS, growth_per_year
from candlecloud.metrics.kernels.compound import yearly_rates


def growths_per_year(growths: FloatArray, span_ms: int) -> FloatArray:
    """Yearly rates that compound to these growths in `span_ms`; NaN where there is no such rate.

    A kernel works them out in about 32 digits and rounds them to floats. The few that lie so near the middle of two
    floats that its digits, or those of the decimal arithmetic, could not tell them apart are left to the latter: less
    than one in a million of common growths, but each second one below a half in exactly one year, where the exact
    rate (the growth less 1) often is such a middle.

    Parameters
    ----------
    growths : FloatArray
        Final over initial equity.
    span_ms : int
        Time in which they grew.
    """
    growths = np.ascontiguousarray(growths)
    rates = np.full(len(growths), np.nan)
    if span_ms <= 0:
        return rates
    doubtful = np.empty(len(growths), np.int64)
    count = yearly_rates(
        _view(growths), *_pair(Fraction(YEAR_MS, span_ms)), _ODDS, _FACTORIALS, _LN_TWO, _view(rates), doubtful.data
    )
    for k in doubtful[:count].tolist():
        rate = growth_per_year(float(growths[k]), span_ms)
        rates[k] = np.nan if rate is None else rate
    return rates


def _pair(value: Fraction) -> tuple[float, float]:
    """The float nearest to a value, and the float nearest to what is left."""
    high = float(value)
    return high, float(value - Fraction(high))


def _pairs(values: Iterable[Fraction]) -> memoryview[float]:
    return _view(np.array([_pair(value) for value in values]).reshape(-1))


def _view(array: FloatArray) -> memoryview[float]:
    return cast("memoryview[float]", array.data)


_ODDS = _pairs(Fraction(1, 2 * k + 1) for k in range(21))
_FACTORIALS = _pairs(Fraction(1, math.factorial(k)) for k in range(15))
_LN_TWO = _pairs([Fraction(Context(prec=60).ln(Decimal(2)))])
