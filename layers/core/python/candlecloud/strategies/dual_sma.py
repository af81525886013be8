"""Two simple moving averages of the close: with the trend of the faster one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from candlecloud.features.feature import FeatureUse
from candlecloud.parameters import Parameter, Parameters
from candlecloud.strategies.strategy import Strategy

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray
    from candlecloud.features.bars import Bars


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    from candlecloud.features.moving_average import compare_sma  # needs NumPy, the registry does not

    return compare_sma(bars.close_tick_sums, int(parameters["fast"]), int(parameters["slow"])).astype("float64")


def _conflict(parameters: Parameters) -> str | None:
    fast, slow = parameters["fast"], parameters["slow"]
    return None if fast < slow else f"fast ({fast}) must be below slow ({slow})"


DUAL_SMA = Strategy(
    name="dual_sma",
    description="Long while SMA(fast) > SMA(slow) of the closes, short while SMA(fast) < SMA(slow), flat on an exact "
    "tie.",
    parameters=(
        Parameter("fast", "integer", 1, 5_000, 20, "Window of the faster average, in bars; below slow."),
        Parameter("slow", "integer", 2, 10_000, 50, "Window of the slower average, in bars; above fast."),
    ),
    warmup_bars=lambda parameters: int(parameters["slow"]),
    target=_target,
    conflict=_conflict,
    features=lambda parameters: [FeatureUse("sma", {"window": parameters[name]}) for name in ("fast", "slow")],
    crossing=("fast", "slow"),
)
