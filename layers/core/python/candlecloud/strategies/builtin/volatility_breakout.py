"""With a move from close to close that is large for the range of late, until the close is back behind its mean."""

from __future__ import annotations

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.features.families.moving_average import SMA
from candlecloud.features.families.trend import ATR
from candlecloud.parameters import Parameter, Parameters, Warmup
from candlecloud.spec import FeatureUse
from candlecloud.strategies.holding import before, hold
from candlecloud.strategies.strategy import Strategy


def _features(parameters: Parameters) -> list[FeatureUse]:
    return [FeatureUse(feature, {"window": parameters["window"]}) for feature in (ATR, SMA)]


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    atr, mean = (compute_use(bars, use) for use in _features(parameters))
    move, least = bars.close - before(bars.close), before(atr) * parameters["multiplier"]
    return hold(
        long_entry=move > least, long_exit=bars.close < mean, short_entry=move < -least, short_exit=bars.close > mean
    )


VOLATILITY_BREAKOUT = Strategy(
    name="volatility_breakout",
    description="Long from a close more than multiplier x ATR(window) above the close before it (ATR as of the bar "
    "before) and >= SMA(window), to the first close < SMA(window); short from a close more than that below the close "
    "before and <= SMA(window), to the first close > SMA(window); flat otherwise.",
    parameters=(
        Parameter("window", "integer", 2, 9_999, 20, "Window of range and mean, in bars."),
        Parameter("multiplier", "number", 0.01, 100.0, 1.5, "Least move from close to close, in average true ranges."),
    ),
    warmup=Warmup(2, {"window": 1}),
    target=_target,
    features=_features,
)
