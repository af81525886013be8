"""Labels of the market's state at each bar, from its past alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.kernels import rolling
from candlecloud.features.kernels.views import doubles
from candlecloud.features.volatility import return_spreads
from candlecloud.features.windows import close_moments
from candlecloud.parameters import Parameters


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
