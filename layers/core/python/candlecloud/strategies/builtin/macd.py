"""MACD against its signal line: with the change of the trend."""

from __future__ import annotations

from candlecloud.parameters import Parameter, Warmup
from candlecloud.strategies.strategy import Strategy

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
    ordered=("fast", "<", "slow"),
    document={
        "features": {
            "lines": {
                "feature": "macd",
                "parameters": {"fast": {"param": "fast"}, "slow": {"param": "slow"}, "signal": {"param": "signal"}},
            },
        },
        "long": {"entry": {"gt": ["lines.macd", "lines.signal"]}},
        "short": {"entry": {"lt": ["lines.macd", "lines.signal"]}},
    },
)
