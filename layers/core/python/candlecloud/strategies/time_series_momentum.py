"""With the sign of the return over a longer time (Moskowitz, Ooi and Pedersen, 2012)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from candlecloud.features.feature import FeatureUse
from candlecloud.features.registry import compute_use
from candlecloud.parameters import Parameter, Parameters
from candlecloud.strategies.strategy import Strategy

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray
    from candlecloud.features.bars import Bars


def _features(parameters: Parameters) -> list[FeatureUse]:
    return [FeatureUse("roc", {"window": parameters["window"]})]


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    from candlecloud.strategies.holding import sides  # needs NumPy, the registry does not

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
    warmup_bars=lambda parameters: int(parameters["window"]) + 1,
    target=_target,
    features=_features,
)
