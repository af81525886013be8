"""Two exponential moving averages of the close: with the trend of the faster one."""

from __future__ import annotations

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.features.families.moving_average import EMA
from candlecloud.parameters import Parameter, Parameters, Warmup
from candlecloud.spec import FeatureUse
from candlecloud.strategies.holding import sides
from candlecloud.strategies.strategy import Strategy


def _features(parameters: Parameters) -> list[FeatureUse]:
    return [FeatureUse(EMA, {"window": parameters[name]}) for name in ("fast", "slow")]


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    fast, slow = (compute_use(bars, use) for use in _features(parameters))
    return sides(fast > slow, fast < slow)


EMA_CROSS = Strategy(
    name="ema_cross",
    description="Long while EMA(fast) > EMA(slow) of the closes, short while EMA(fast) < EMA(slow), flat where they "
    "are equal. The averages are seeded by the first bars of the warm-up.",
    parameters=(
        Parameter("fast", "integer", 2, 5_000, 12, "Window of the faster average, in bars; below slow."),
        Parameter("slow", "integer", 3, 10_000, 26, "Window of the slower average, in bars; above fast."),
    ),
    warmup=Warmup(0, {"slow": 1}),
    target=_target,
    ordered=("fast", "<", "slow"),
    features=_features,
)
