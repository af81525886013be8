"""With the sign of the return over a longer time (Moskowitz, Ooi and Pedersen, 2012)."""

from __future__ import annotations

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.features.families.momentum import ROC
from candlecloud.parameters import Parameter, Parameters, Warmup
from candlecloud.spec import FeatureUse
from candlecloud.strategies.holding import sides
from candlecloud.strategies.strategy import Strategy


def _features(parameters: Parameters) -> list[FeatureUse]:
    return [FeatureUse(ROC, {"window": parameters["window"]})]


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    (change,) = (compute_use(bars, use) for use in _features(parameters))
    threshold = parameters["threshold"]
    return sides(change > threshold, change < -threshold)


TIME_SERIES_MOMENTUM = Strategy(
    name="time_series_momentum",
    description="Long while the return of the close over the last `window` bars > threshold, short while it is "
    "< -threshold, flat between and on both bounds.",
    parameters=(
        Parameter("window", "integer", 1, 10_000, 168, "Bars between the two closes that are compared."),
        Parameter("threshold", "number", 0.0, 10.0, 0.0, "Least return, as a fraction (0.01 = 1 %)."),
    ),
    warmup=Warmup(1, {"window": 1}),
    target=_target,
    features=_features,
)
