"""With a move from close to close that is large for the range of late, until the close is back behind its mean."""

from __future__ import annotations

from candlecloud.parameters import Parameter, Warmup
from candlecloud.strategies.strategy import Strategy

_MOVE = {"sub": ["close", {"of": "close", "shift": 1}]}
_LEAST = {"mul": [{"of": "atr", "shift": 1}, {"param": "multiplier"}]}

VOLATILITY_BREAKOUT = Strategy(
    name="volatility_breakout",
    description="Long from a close more than multiplier x ATR(window) above the close before it (ATR as of the bar "
    "before) and >= SMA(window), to the first close < SMA(window); short from a close more than that below the close "
    "before and <= SMA(window), to the first close > SMA(window); flat otherwise.",
    parameters=(
        Parameter("window", "integer", 2, 9_999, 20, "Window of range and mean, in bars."),
        Parameter("multiplier", "number", 0.01, 100.0, 1.5, "Least move from close to close, in average true ranges."),
    ),
    warmup=Warmup(2, {"window": 1}),
    document={
        "features": {
            "atr": {"feature": "atr", "parameters": {"window": {"param": "window"}}},
            "mean": {"feature": "sma", "parameters": {"window": {"param": "window"}}},
        },
        "long": {
            "entry": {"gt": [_MOVE, _LEAST]},
            "exit": {"lt": ["close", "mean"]},
        },
        "short": {
            "entry": {"lt": [_MOVE, {"sub": [0, _LEAST]}]},
            "exit": {"gt": ["close", "mean"]},
        },
    },
)
