"""Two exponential moving averages of the close: with the trend of the faster one."""

from __future__ import annotations

from candlecloud.parameters import Parameter, Warmup
from candlecloud.strategies.strategy import Strategy

EMA_CROSS = Strategy(
    name="ema_cross",
    description="Long while EMA(fast) > EMA(slow) of the closes, short while EMA(fast) < EMA(slow), flat where they "
    "are equal. The averages are seeded by the first bars of the warm-up.",
    parameters=(
        Parameter("fast", "integer", 2, 5_000, 12, "Window of the faster average, in bars; below slow."),
        Parameter("slow", "integer", 3, 10_000, 26, "Window of the slower average, in bars; above fast."),
    ),
    warmup=Warmup(0, {"slow": 1}),
    ordered=("fast", "<", "slow"),
    document={
        "features": {
            "fast_ema": {"feature": "ema", "parameters": {"window": {"param": "fast"}}},
            "slow_ema": {"feature": "ema", "parameters": {"window": {"param": "slow"}}},
        },
        "long": {"entry": {"gt": ["fast_ema", "slow_ema"]}},
        "short": {"entry": {"lt": ["fast_ema", "slow_ema"]}},
    },
)
