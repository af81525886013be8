"""Two simple moving averages of the close: with the trend of the faster one."""

from __future__ import annotations

from candlecloud.parameters import Parameter, Warmup
from candlecloud.strategies.strategy import Strategy

DUAL_SMA = Strategy(
    name="dual_sma",
    description="Long while SMA(fast) > SMA(slow) of the closes, short while SMA(fast) < SMA(slow), flat on an exact "
    "tie.",
    parameters=(
        Parameter("fast", "integer", 1, 5_000, 20, "Window of the faster average, in bars; below slow."),
        Parameter("slow", "integer", 2, 10_000, 50, "Window of the slower average, in bars; above fast."),
    ),
    warmup=Warmup(0, {"slow": 1}),
    ordered=("fast", "<", "slow"),
    crossing=("fast", "slow"),
    document={
        "features": {
            "fast_sma": {"feature": "sma", "parameters": {"window": {"param": "fast"}}},
            "slow_sma": {"feature": "sma", "parameters": {"window": {"param": "slow"}}},
        },
        "long": {"entry": {"gt": ["fast_sma", "slow_sma"]}},
        "short": {"entry": {"lt": ["fast_sma", "slow_sma"]}},
    },
)
