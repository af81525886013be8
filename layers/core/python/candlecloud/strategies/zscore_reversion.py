"""Against closes far from their mean, until they are near it again."""

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
    return [FeatureUse("zscore", {"window": parameters["window"]})]


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    from candlecloud.strategies.holding import hold  # needs NumPy, the registry does not

    (z,) = (compute_use(bars, use) for use in _features(parameters))
    entry, leave = parameters["entry"], parameters["exit"]
    return hold(
        long_entry=z < -entry,
        long_exit=~(z < -leave),  # so a missing value leaves too
        short_entry=z > entry,
        short_exit=~(z > leave),
    )


def _conflict(parameters: Parameters) -> str | None:
    entry, leave = parameters["entry"], parameters["exit"]
    return None if leave < entry else f"exit ({leave}) must be below entry ({entry})"


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
    warmup_bars=lambda parameters: int(parameters["window"]),
    target=_target,
    conflict=_conflict,
    features=_features,
)
