"""Against closes outside the Bollinger bands, until the close is back at the middle."""

from __future__ import annotations

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_feature
from candlecloud.features.families.channel import BOLLINGER
from candlecloud.parameters import Parameter, Parameters, Warmup
from candlecloud.spec import FeatureUse
from candlecloud.strategies.holding import hold
from candlecloud.strategies.strategy import Strategy


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    bands = compute_feature(bars, BOLLINGER, parameters)
    return hold(
        long_entry=bars.close < bands["lower"],
        long_exit=~(bars.close < bands["middle"]),
        short_entry=bars.close > bands["upper"],
        short_exit=~(bars.close > bands["middle"]),
    )


BOLLINGER_REVERSION = Strategy(
    name="bollinger_reversion",
    description="Long from a close < lower band to the first close >= middle, short from a close > upper band to the "
    "first close <= middle, flat otherwise. Middle is SMA(window), the bands lie `width` standard deviations from it.",
    parameters=(
        Parameter("window", "integer", 2, 10_000, 20, "Window of mean and deviation, in bars."),
        Parameter("width", "number", 0.01, 20.0, 2.0, "Distance of the bands from the middle, in standard deviations."),
    ),
    warmup=Warmup(0, {"window": 1}),
    target=_target,
    features=lambda parameters: [
        FeatureUse(BOLLINGER, dict(parameters), output=output) for output in ("lower", "middle", "upper")
    ],
)
