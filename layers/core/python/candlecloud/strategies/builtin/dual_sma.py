"""Two simple moving averages of the close: with the trend of the faster one."""

from __future__ import annotations

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.families.moving_average import SMA, compare_sma
from candlecloud.parameters import Parameter, Parameters, Warmup
from candlecloud.spec import FeatureUse
from candlecloud.strategies.strategy import Strategy


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    return compare_sma(bars.close_tick_sums, int(parameters["fast"]), int(parameters["slow"])).astype("float64")


DUAL_SMA = Strategy(
    name="dual_sma",
    description="Long while SMA(fast) > SMA(slow) of the closes, short while SMA(fast) < SMA(slow), flat on an exact "
    "tie.",
    parameters=(
        Parameter("fast", "integer", 1, 5_000, 20, "Window of the faster average, in bars; below slow."),
        Parameter("slow", "integer", 2, 10_000, 50, "Window of the slower average, in bars; above fast."),
    ),
    warmup=Warmup(0, {"slow": 1}),
    target=_target,
    ordered=("fast", "<", "slow"),
    features=lambda parameters: [FeatureUse(SMA, {"window": parameters[name]}) for name in ("fast", "slow")],
    crossing=("fast", "slow"),
)
