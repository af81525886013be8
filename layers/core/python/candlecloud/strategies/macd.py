"""MACD against its signal line: with the change of the trend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from candlecloud.features.feature import FeatureUse
from candlecloud.features.registry import compute_feature
from candlecloud.parameters import Parameter, Parameters
from candlecloud.strategies.strategy import Strategy

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray
    from candlecloud.features.bars import Bars


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    from candlecloud.strategies.holding import sides  # needs NumPy, the registry does not

    lines = compute_feature(bars, "macd", parameters)
    return sides(lines["macd"] > lines["signal"], lines["macd"] < lines["signal"])


def _conflict(parameters: Parameters) -> str | None:
    fast, slow = parameters["fast"], parameters["slow"]
    return None if fast < slow else f"fast ({fast}) must be below slow ({slow})"


MACD = Strategy(
    name="macd",
    description="Long while the MACD line (EMA(fast) - EMA(slow) of the closes) > its signal line (EMA(signal) of it), "
    "short while MACD < signal, flat where they are equal.",
    parameters=(
        Parameter("fast", "integer", 2, 5_000, 12, "Window of the faster average, in bars; below slow."),
        Parameter("slow", "integer", 3, 10_000, 26, "Window of the slower average, in bars; above fast."),
        Parameter("signal", "integer", 2, 10_000, 9, "Window of the signal line, in bars."),
    ),
    warmup_bars=lambda parameters: int(parameters["slow"]) + int(parameters["signal"]) - 1,
    target=_target,
    conflict=_conflict,
    features=lambda parameters: [FeatureUse("macd", dict(parameters), output=output) for output in ("macd", "signal")],
)
