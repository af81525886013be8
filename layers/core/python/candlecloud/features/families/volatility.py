"""Realised volatility as a yearly fraction on the 365-day clock, from closes or from the bars' ranges.

Logarithms are rounded to multiples of 2**-50 (about 1e-15), so that sums over a window are exact, do not depend on
where they began, and are the same on every machine. A bar counts as one step, also after absent candles.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.errors import CorruptObjectError
from candlecloud.features.bars import Bars
from candlecloud.features.feature import Feature
from candlecloud.features.kernels import logarithm, rolling
from candlecloud.features.kernels.views import doubles, integers
from candlecloud.features.window_parameter import FULL_WINDOW, FULL_WINDOW_OF_CHANGES, LONGEST_WINDOW, window_parameter
from candlecloud.features.windows import moments
from candlecloud.metrics.annual import bars_per_year
from candlecloud.parameters import Parameter, Parameters, Warmup

_UNIT = 2.0**50
_LOG_2 = 0.6931471805599453


def realised_volatility_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Sample standard deviation (divisor ``w - 1``) of the last w log returns of the close."""
    return {"realised_volatility": _deviation(bars, int(parameters["window"])) * _per_year(bars)}


def parkinson_volatility_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """``sqrt(mean(ln(high / low)**2) / (4 ln 2))`` over w bars."""
    window = int(parameters["window"])
    squares = _squares(_log_ratios(bars.high_ticks, bars.low_ticks), window)
    return {"parkinson_volatility": np.sqrt(squares / (4.0 * _LOG_2 * window)) * _per_year(bars)}


def garman_klass_volatility_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """``sqrt(mean(ln(high / low)**2 / 2 - (2 ln 2 - 1) ln(close / open)**2))`` over w bars."""
    window = int(parameters["window"])
    ranges = _squares(_log_ratios(bars.high_ticks, bars.low_ticks), window)
    moves = _squares(_log_ratios(bars.close_ticks, bars.open_ticks), window)
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
    ticks = bars.close_ticks
    spreads[1:] = moments(_log_ratios(ticks[1:], ticks[:-1]), window).spreads
    return spreads


def log_returns(bars: Bars) -> FloatArray:
    """``ln(close / close before)``, rounded as in the features here; NaN at the first bar."""
    returns = np.full(len(bars), np.nan)
    ticks = bars.close_ticks
    returns[1:] = _log_ratios(ticks[1:], ticks[:-1]) / _UNIT
    return returns


def _deviation(bars: Bars, window: int) -> FloatArray:
    return np.sqrt(return_spreads(bars, window) / (window * (window - 1.0))) / _UNIT


def _log_ratios(tops: IntArray, bottoms: IntArray) -> IntArray:
    if len(tops) and min(tops.min(), bottoms.min()) <= 0:
        raise CorruptObjectError("A price is not positive; it has no logarithm.")
    logs = np.zeros(len(tops), np.int64)
    logarithm.log_ratios(integers(tops), integers(bottoms), integers(logs))
    return logs


def _squares(values: IntArray, window: int) -> FloatArray:
    sums = np.full(len(values), np.nan)
    rolling.squares(integers(values), window, doubles(sums))
    return sums / (_UNIT * _UNIT)


def _per_year(bars: Bars) -> float:
    return sqrt(bars_per_year(bars.timeframe_ms))


_RETURNS = "Log returns in the window."
WINDOW_AND_LOOKBACK = Warmup(0, {"window": 1, "lookback": 1})
"""Warm-up of a feature of `lookback` volatilities, each over `window` returns."""


def lookback_parameter(default: int, description: str) -> Parameter:
    """How many values of the volatility are looked at."""
    return Parameter("lookback", "integer", 2, LONGEST_WINDOW, default, description)


REALISED_VOLATILITY = Feature(
    name="realised_volatility",
    description="Sample standard deviation of log returns from close to close, per year.",
    formula="sqrt(A sum((r - mean r)^2) / (w - 1)), r[t] = ln(c[t] / c[t-1]), A = bars per 365-day year",
    source="close-to-close estimator, Hull, Options, Futures, and Other Derivatives, ch. 15",
    parameters=(window_parameter(24, low=2, description=_RETURNS),),
    warmup=FULL_WINDOW_OF_CHANGES,
    compute=realised_volatility_of_bars,
)
PARKINSON_VOLATILITY = Feature(
    name="parkinson_volatility",
    description="Volatility from the range of each bar, per year.",
    formula="sqrt(A mean(ln(high / low)^2) / (4 ln 2)), A = bars per 365-day year",
    source="Parkinson 1980, The Extreme Value Method for Estimating the Variance of the Rate of Return",
    parameters=(window_parameter(24),),
    warmup=FULL_WINDOW,
    compute=parkinson_volatility_of_bars,
)
GARMAN_KLASS_VOLATILITY = Feature(
    name="garman_klass_volatility",
    description="Volatility from the range and the body of each bar, per year.",
    formula="sqrt(A mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2)), A = bars per 365-day year",
    source="Garman and Klass 1980, On the Estimation of Security Price Volatilities from Historical Data, eq. 20",
    parameters=(window_parameter(24),),
    warmup=FULL_WINDOW,
    compute=garman_klass_volatility_of_bars,
)
VOLATILITY_OF_VOLATILITY = Feature(
    name="volatility_of_volatility",
    description="Sample standard deviation of the last values of realised_volatility, in the same yearly unit.",
    formula="sqrt(sum((s - mean s)^2) / (k - 1)) over the last k = lookback values s of realised_volatility(window)",
    source="own definition, after the close-to-close estimator",
    parameters=(
        window_parameter(24, low=2, description=_RETURNS),
        lookback_parameter(168, "Values of the realised volatility whose deviation is taken."),
    ),
    warmup=WINDOW_AND_LOOKBACK,
    compute=volatility_of_volatility_of_bars,
)
