"""Against closes outside the Bollinger bands, until the close is back at the middle."""

from __future__ import annotations

from candlecloud.parameters import Parameter, Warmup
from candlecloud.strategies.strategy import Strategy

BOLLINGER_REVERSION = Strategy(
    name="bollinger_reversion",
    description="Long from a close < lower band to the first close >= middle, short from a close > upper band to the "
    "first close <= middle, flat otherwise. Middle is SMA(window), the bands lie `width` standard deviations from it.",
    parameters=(
        Parameter("window", "integer", 2, 10_000, 20, "Window of mean and deviation, in bars."),
        Parameter("width", "number", 0.01, 20.0, 2.0, "Distance of the bands from the middle, in standard deviations."),
    ),
    warmup=Warmup(0, {"window": 1}),
    document={
        "features": {
            "bands": {
                "feature": "bollinger",
                "parameters": {"window": {"param": "window"}, "width": {"param": "width"}},
            },
        },
        "long": {
            "entry": {"lt": ["close", "bands.lower"]},
            "exit": {"not": {"lt": ["close", "bands.middle"]}},
        },
        "short": {
            "entry": {"gt": ["close", "bands.upper"]},
            "exit": {"not": {"gt": ["close", "bands.middle"]}},
        },
    },
)
