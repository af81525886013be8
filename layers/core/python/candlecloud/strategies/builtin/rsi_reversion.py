"""Against extremes of the relative strength index, until it is back in the middle."""

from __future__ import annotations

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.features.families.momentum import RSI
from candlecloud.parameters import Parameter, Parameters, Warmup
from candlecloud.spec import FeatureUse
from candlecloud.strategies.holding import hold
from candlecloud.strategies.strategy import Strategy


def _features(parameters: Parameters) -> list[FeatureUse]:
    return [FeatureUse(RSI, {"window": parameters["window"]})]


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    (rsi,) = (compute_use(bars, use) for use in _features(parameters))
    middle = parameters["exit"]
    return hold(
        long_entry=rsi < parameters["oversold"],
        long_exit=~(rsi < middle),  # so a missing value leaves too
        short_entry=rsi > parameters["overbought"],
        short_exit=~(rsi > middle),
    )


RSI_REVERSION = Strategy(
    name="rsi_reversion",
    description="Long from a close with RSI(window) < oversold to the first with RSI >= exit, short from a close with "
    "RSI > overbought to the first with RSI <= exit, flat otherwise and where the RSI has no value (no "
    "close has moved yet).",
    parameters=(
        Parameter("window", "integer", 2, 10_000, 14, "Window of the index, in bars."),
        Parameter("oversold", "number", 0.0, 100.0, 30.0, "Long below it; at most exit."),
        Parameter("overbought", "number", 0.0, 100.0, 70.0, "Short above it; at least exit."),
        Parameter("exit", "number", 0.0, 100.0, 50.0, "A long leaves at or above it, a short at or below it."),
    ),
    warmup=Warmup(1, {"window": 1}),
    target=_target,
    ordered=("oversold", "<=", "exit", "<=", "overbought"),
    features=_features,
)
