"""Smaller positions where prices move more."""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.sizing import SizingModel
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_feature
from candlecloud.features.families.volatility import REALISED_VOLATILITY
from candlecloud.parameters import Parameter, Parameters, Warmup


def _size(bars: Bars, target: FloatArray, parameters: Parameters) -> FloatArray:
    realised = compute_feature(bars, REALISED_VOLATILITY, {"window": parameters["window"]})["realised_volatility"]
    wanted = float(parameters["annual_volatility"])
    known = np.where(np.isnan(realised), np.inf, realised)
    return np.asarray(wanted / np.maximum(known, wanted), np.float64)


VOLATILITY_TARGET = SizingModel(
    name="volatility_target",
    description="min(1, annual_volatility / realised volatility), where the realised volatility is the sample standard "
    "deviation of the last `window` log returns from close to close, per 365-day year (feature realised_volatility). "
    "Size 1 where it is 0 (no close moved). The first `window` bars have size 0: they open nothing. Never above 1: no "
    "leverage.",
    parameters=(
        Parameter("annual_volatility", "number", 0.001, 10.0, 0.3, "Wanted volatility per year (0.3 = 30 %)."),
        Parameter("window", "integer", 2, 10_000, 168, "Returns that the realised volatility is made of."),
    ),
    warmup=Warmup(1, {"window": 1}),
    size=_size,
)
