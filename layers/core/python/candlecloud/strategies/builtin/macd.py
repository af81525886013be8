"""MACD against its signal line: with the change of the trend."""

from __future__ import annotations

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_feature
from candlecloud.features.families.momentum import MACD as MACD_FEATURE
from candlecloud.parameters import Parameter, Parameters, Warmup
from candlecloud.spec import FeatureUse
from candlecloud.strategies.holding import sides
from candlecloud.strategies.strategy import Strategy


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    lines = compute_feature(bars, MACD_FEATURE, parameters)
    return sides(lines["macd"] > lines["signal"], lines["macd"] < lines["signal"])


MACD = Strategy(
    name="macd",
    description="Long while the MACD line (EMA(fast) - EMA(slow) of the closes) > its signal line (EMA(signal) of it), "
    "short while MACD < signal, flat where they are equal.",
    parameters=(
        Parameter("fast", "integer", 2, 5_000, 12, "Window of the faster average, in bars; below slow."),
        Parameter("slow", "integer", 3, 10_000, 26, "Window of the slower average, in bars; above fast."),
        Parameter("signal", "integer", 2, 10_000, 9, "Window of the signal line, in bars."),
    ),
    warmup=Warmup(-1, {"slow": 1, "signal": 1}),
    target=_target,
    ordered=("fast", "<", "slow"),
    features=lambda parameters: [
        FeatureUse(MACD_FEATURE, dict(parameters), output=output) for output in ("macd", "signal")
    ],
)
