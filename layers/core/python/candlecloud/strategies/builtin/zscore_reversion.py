"""Against closes far from their mean, until they are near it again."""

from __future__ import annotations

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.features.families.channel import ZSCORE
from candlecloud.parameters import Parameter, Parameters, Warmup
from candlecloud.spec import FeatureUse
from candlecloud.strategies.holding import hold
from candlecloud.strategies.strategy import Strategy


def _features(parameters: Parameters) -> list[FeatureUse]:
    return [FeatureUse(ZSCORE, {"window": parameters["window"]})]


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    (z,) = (compute_use(bars, use) for use in _features(parameters))
    entry, leave = parameters["entry"], parameters["exit"]
    return hold(
        long_entry=z < -entry,
        long_exit=~(z < -leave),  # so a missing value leaves too
        short_entry=z > entry,
        short_exit=~(z > leave),
    )


ZSCORE_REVERSION = Strategy(
    name="zscore_reversion",
    description="Long from a close with z < -entry to the first with z >= -exit, short from a close with z > entry to "
    "the first with z <= exit, flat otherwise and where z has no value (all closes of the window are equal). z is the "
    "distance of the close from the mean of the window, in its standard deviations.",
    parameters=(
        Parameter("window", "integer", 2, 10_000, 48, "Window of mean and deviation, in bars."),
        Parameter("entry", "number", 0.01, 20.0, 2.0, "Distance at which to enter, in standard deviations."),
        Parameter("exit", "number", 0.0, 19.99, 0.0, "Distance at which to leave, in deviations; below entry."),
    ),
    warmup=Warmup(0, {"window": 1}),
    target=_target,
    ordered=("exit", "<", "entry"),
    features=_features,
)
