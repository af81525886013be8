"""Realised volatility and its own volatility, as yearly fractions (0.5 = 50 %) on the 365-day clock."""

from __future__ import annotations

from candlecloud.features.definitions.windows import LONGEST_WINDOW, full_window, full_window_of_changes, window
from candlecloud.features.feature import Feature, deferred
from candlecloud.parameters import Parameter, Parameters

_RETURNS = "Log returns in the window."


def window_and_lookback(parameters: Parameters) -> int:
    """Warm-up of a feature of `lookback` volatilities, each over `window` returns."""
    return int(parameters["window"]) + int(parameters["lookback"])


def lookback(default: int, description: str) -> Parameter:
    """How many values of the volatility are looked at."""
    return Parameter("lookback", "integer", 2, LONGEST_WINDOW, default, description)


REALISED_VOLATILITY = Feature(
    name="realised_volatility",
    description="Sample standard deviation of log returns from close to close, per year.",
    formula="sqrt(A sum((r - mean r)^2) / (w - 1)), r[t] = ln(c[t] / c[t-1]), A = bars per 365-day year",
    source="close-to-close estimator, Hull, Options, Futures, and Other Derivatives, ch. 15",
    parameters=(window(24, low=2, description=_RETURNS),),
    warmup_bars=full_window_of_changes,
    compute=deferred("volatility", "realised_volatility_of_bars"),
)
PARKINSON_VOLATILITY = Feature(
    name="parkinson_volatility",
    description="Volatility from the range of each bar, per year.",
    formula="sqrt(A mean(ln(high / low)^2) / (4 ln 2)), A = bars per 365-day year",
    source="Parkinson 1980, The Extreme Value Method for Estimating the Variance of the Rate of Return",
    parameters=(window(24),),
    warmup_bars=full_window,
    compute=deferred("volatility", "parkinson_volatility_of_bars"),
)
GARMAN_KLASS_VOLATILITY = Feature(
    name="garman_klass_volatility",
    description="Volatility from the range and the body of each bar, per year.",
    formula="sqrt(A mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2)), A = bars per 365-day year",
    source="Garman and Klass 1980, On the Estimation of Security Price Volatilities from Historical Data, eq. 20",
    parameters=(window(24),),
    warmup_bars=full_window,
    compute=deferred("volatility", "garman_klass_volatility_of_bars"),
)
VOLATILITY_OF_VOLATILITY = Feature(
    name="volatility_of_volatility",
    description="Sample standard deviation of the last values of realised_volatility, in the same yearly unit.",
    formula="sqrt(sum((s - mean s)^2) / (k - 1)) over the last k = lookback values s of realised_volatility(window)",
    source="own definition, after the close-to-close estimator",
    parameters=(
        window(24, low=2, description=_RETURNS),
        lookback(168, "Values of the realised volatility whose deviation is taken."),
    ),
    warmup_bars=window_and_lookback,
    compute=deferred("volatility", "volatility_of_volatility_of_bars"),
)
