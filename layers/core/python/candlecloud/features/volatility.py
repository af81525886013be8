"""Realised volatility as a yearly fraction on the 365-day clock, from closes or from the bars' ranges.

Logarithms are rounded to multiples of 2**-50 (about 1e-15, the error of the price ratio itself), so that sums over a
window are exact and do not depend on where they began. A bar counts as one step, also after absent candles.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log, sqrt

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.features.bars import Bars
from candlecloud.features.kernels import rolling
from candlecloud.features.kernels.views import doubles, integers
from candlecloud.features.windows import moments
from candlecloud.metrics.annual import bars_per_year
from candlecloud.parameters import Parameters

_UNIT = 2.0**50
_LOG_2 = log(2.0)


def realised_volatility_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Sample standard deviation (divisor ``w - 1``) of the last w log returns of the close."""
    return {"realised_volatility": _deviation(bars, int(parameters["window"])) * _per_year(bars)}


def parkinson_volatility_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """``sqrt(mean(ln(high / low)**2) / (4 ln 2))`` over w bars."""
    window = int(parameters["window"])
    squares = _squares(_fixed_log(bars.high, bars.low), window)
    return {"parkinson_volatility": np.sqrt(squares / (4.0 * _LOG_2 * window)) * _per_year(bars)}


def garman_klass_volatility_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """``sqrt(mean(ln(high / low)**2 / 2 - (2 ln 2 - 1) ln(close / open)**2))`` over w bars."""
    window = int(parameters["window"])
    ranges = _squares(_fixed_log(bars.high, bars.low), window)
    moves = _squares(_fixed_log(bars.close, bars.open), window)
    variance = (0.5 * ranges - (2.0 * _LOG_2 - 1.0) * moves) / window
    return {"garman_klass_volatility": np.sqrt(variance) * _per_year(bars)}


def volatility_of_volatility_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Sample standard deviation of the last `lookback` values of the realised volatility over `window` returns."""
    window, lookback = int(parameters["window"]), int(parameters["lookback"])
    deviations = _deviation(bars, window)
    known = np.rint(deviations[window:] * _UNIT).astype(np.int64)
    scatter = np.full(len(bars), np.nan)
    scatter[window:] = np.sqrt(moments(known, lookback).spreads / (lookback * (lookback - 1.0))) / _UNIT
    return {"volatility_of_volatility": scatter * _per_year(bars)}


def return_spreads(bars: Bars, window: int) -> FloatArray:
    """``w**2`` times the population variance of the last w log returns, in units of 2**-100.

    Returns
    -------
    FloatArray, length n
        NaN for the first `window` bars.
    """
    spreads = np.full(len(bars), np.nan)
    spreads[1:] = moments(_fixed_log(bars.close[1:], bars.close[:-1]), window).spreads
    return spreads


def _deviation(bars: Bars, window: int) -> FloatArray:
    return np.sqrt(return_spreads(bars, window) / (window * (window - 1.0))) / _UNIT


def _fixed_log(top: FloatArray, bottom: FloatArray) -> IntArray:
    return np.rint(np.log(top / bottom) * _UNIT).astype(np.int64)


def _squares(values: IntArray, window: int) -> FloatArray:
    sums = np.full(len(values), np.nan)
    rolling.squares(integers(values), window, doubles(sums))
    return sums / (_UNIT * _UNIT)


def _per_year(bars: Bars) -> float:
    return sqrt(bars_per_year(bars.timeframe_ms))
