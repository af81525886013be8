"""With closes beyond the range of the bars before, until they leave a shorter range on the other side."""

from __future__ import annotations

from candlecloud.parameters import Parameter, Warmup
from candlecloud.strategies.strategy import Strategy

DONCHIAN_BREAKOUT = Strategy(
    name="donchian_breakout",
    description="Long from a close > highest high of the `entry` bars before it to the first close < lowest low of the "
    "`exit` bars before it, short from a close < lowest low of the `entry` bars before it to the first close > highest "
    "high of the `exit` bars before it, flat otherwise.",
    parameters=(
        Parameter("entry", "integer", 1, 10_000, 20, "Bars of the range whose break enters."),
        Parameter("exit", "integer", 1, 10_000, 10, "Bars of the range whose break leaves; at most entry."),
    ),
    warmup=Warmup(1, {"entry": 1}),
    ordered=("exit", "<=", "entry"),
    document={
        "features": {
            "wide": {"feature": "donchian", "parameters": {"window": {"param": "entry"}}},
            "narrow": {"feature": "donchian", "parameters": {"window": {"param": "exit"}}},
        },
        "long": {
            "entry": {"gt": ["close", {"of": "wide.upper", "shift": 1}]},
            "exit": {"lt": ["close", {"of": "narrow.lower", "shift": 1}]},
        },
        "short": {
            "entry": {"lt": ["close", {"of": "wide.lower", "shift": 1}]},
            "exit": {"gt": ["close", {"of": "narrow.upper", "shift": 1}]},
        },
    },
)
