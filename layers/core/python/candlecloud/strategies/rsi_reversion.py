"""Against extremes of the relative strength index, until it is back in the middle."""

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
    return [FeatureUse("rsi", {"window": parameters["window"]})]


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    from candlecloud.strategies.holding import hold  # needs NumPy, the registry does not

    (rsi,) = (compute_use(bars, use) for use in _features(parameters))
    middle = parameters["exit"]
    return hold(
        long_entry=rsi < parameters["oversold"],
        long_exit=~(rsi < middle),  # so a missing value leaves too
        short_entry=rsi > parameters["overbought"],
        short_exit=~(rsi > middle),
    )


def _conflict(parameters: Parameters) -> str | None:
    low, middle, high = (parameters[name] for name in ("oversold", "exit", "overbought"))
    return (
        None if low <= middle <= high else f"exit ({middle}) must lie between oversold ({low}) and overbought ({high})"
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
    warmup_bars=lambda parameters: int(parameters["window"]) + 1,
    target=_target,
    conflict=_conflict,
    features=_features,
)
