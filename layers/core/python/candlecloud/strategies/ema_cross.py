"""Two exponential moving averages of the close: with the trend of the faster one."""

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
    return [FeatureUse("ema", {"window": parameters[name]}) for name in ("fast", "slow")]


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    from candlecloud.strategies.holding import sides  # needs NumPy, the registry does not

    fast, slow = (compute_use(bars, use) for use in _features(parameters))
    return sides(fast > slow, fast < slow)


def _conflict(parameters: Parameters) -> str | None:
    fast, slow = parameters["fast"], parameters["slow"]
    return None if fast < slow else f"fast ({fast}) must be below slow ({slow})"


EMA_CROSS = Strategy(
    name="ema_cross",
    description="Long while EMA(fast) > EMA(slow) of the closes, short while EMA(fast) < EMA(slow), flat where they "
    "are equal. The averages are seeded by the first bars of the warm-up.",
    parameters=(
        Parameter("fast", "integer", 2, 5_000, 12, "Window of the faster average, in bars; below slow."),
        Parameter("slow", "integer", 3, 10_000, 26, "Window of the slower average, in bars; above fast."),
    ),
    warmup_bars=lambda parameters: int(parameters["slow"]),
    target=_target,
    conflict=_conflict,
    features=_features,
)
