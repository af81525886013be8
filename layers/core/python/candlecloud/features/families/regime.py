"""Labels of the market's state at each bar, from its past alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.families.volatility import WINDOW_AND_LOOKBACK, lookback_parameter, return_spreads
from candlecloud.features.feature import Feature
from candlecloud.features.kernels import rolling
from candlecloud.features.kernels.views import doubles
from candlecloud.features.window_parameter import FULL_WINDOW, window_parameter
from candlecloud.features.windows import close_moments
from candlecloud.parameters import Parameter, Parameters


def trend_regime_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """1 (up) where the close lies more than `band` above its mean over w bars, -1 (down) where more below, else 0."""
    found = close_moments(bars, int(parameters["window"]))
    distance = found.distances / found.means  # close / average - 1
    band = float(parameters["band"])
    label = (distance > band).astype(np.float64) - (distance < -band)
    label[np.isnan(distance)] = np.nan
    return {"trend_regime": label}


def volatility_regime_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """0 (low), 1 (normal) or 2 (high) by the rank of the realised volatility among its last `lookback` values.

    The rank is the share of those values, the newest included, that lie below it, plus half the share that equals it:
    0.5 where all are equal. Below `low` is low, above `high` is high, a rank that equals a limit is normal.
    """
    window, lookback = int(parameters["window"]), int(parameters["lookback"])
    ranks = np.full(len(bars), np.nan)
    rolling.rank(doubles(return_spreads(bars, window)), window, lookback, doubles(ranks))
    label = (ranks >= float(parameters["low"])).astype(np.float64) + (ranks > float(parameters["high"]))
    label[np.isnan(ranks)] = np.nan
    return {"volatility_regime": label}


TREND_REGIME = Feature(
    name="trend_regime",
    description="Up or down where the close lies more than a band away from its long simple average, else flat.",
    formula="d = c[t] / SMA(w) - 1; up if d > band, down if d < -band, flat otherwise (a tie is flat)",
    source="own definition, after Faber 2007, A Quantitative Approach to Tactical Asset Allocation",
    kind="label",
    labels={-1: "down", 0: "flat", 1: "up"},
    parameters=(
        window_parameter(200, low=2),
        Parameter("band", "number", 0.0, 1.0, 0.02, "Fraction of the average that counts as no trend."),
    ),
    warmup=FULL_WINDOW,
    compute=trend_regime_of_bars,
)
VOLATILITY_REGIME = Feature(
    name="volatility_regime",
    description="Low, normal or high by the rank of the realised volatility among its own last values.",
    formula="rank = (values below + half of those equal, itself included) / lookback; low if rank < low, high if "
    "rank > high, normal otherwise (all equal: rank 0.5)",
    source="own definition: causal percentile of realised_volatility(window)",
    kind="label",
    labels={0: "low", 1: "normal", 2: "high"},
    parameters=(
        window_parameter(24, low=2, description="Log returns in the window of the realised volatility."),
        lookback_parameter(720, "Values of the realised volatility that the newest is ranked among, itself included."),
        Parameter("low", "number", 0.0, 1.0, 0.25, "Ranks below it are low."),
        Parameter("high", "number", 0.0, 1.0, 0.75, "Ranks above it are high."),
    ),
    warmup=WINDOW_AND_LOOKBACK,
    compute=volatility_regime_of_bars,
    ordered=("low", "<", "high"),
)
