"""Against extremes of the relative strength index, until it is back in the middle."""

from __future__ import annotations

from candlecloud.parameters import Parameter, Warmup
from candlecloud.strategies.strategy import Strategy

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
    ordered=("oversold", "<=", "exit", "<=", "overbought"),
    document={
        "features": {"rsi": {"feature": "rsi", "parameters": {"window": {"param": "window"}}}},
        "long": {  # "not": so a missing value leaves too
            "entry": {"lt": ["rsi", {"param": "oversold"}]},
            "exit": {"not": {"lt": ["rsi", {"param": "exit"}]}},
        },
        "short": {
            "entry": {"gt": ["rsi", {"param": "overbought"}]},
            "exit": {"not": {"gt": ["rsi", {"param": "exit"}]}},
        },
    },
)
