"""Two rules documents, as the documentation shows them; tests run both."""

from __future__ import annotations

from typing import Any

TREND: dict[str, Any] = {
    "features": {
        "fast": {"feature": "ema", "parameters": {"window": 20}},
        "slow": {"feature": "ema", "parameters": {"window": 50}},
        "day": {"feature": "sma", "parameters": {"window": 50}, "timeframe": "1d"},
        "rsi": {"feature": "rsi", "parameters": {"window": 14}},
    },
    "long": {
        "entry": {"all": [{"crosses_above": ["fast", "slow"]}, {"gt": ["close", "day"]}, {"not": {"gt": ["rsi", 75]}}]},
        "exit": {"any": [{"crosses_below": ["fast", "slow"]}, {"lt": ["close", "day"]}]},
    },
    "short": {
        "entry": {"all": [{"crosses_below": ["fast", "slow"]}, {"lt": ["close", "day"]}]},
        "exit": {"any": [{"crosses_above": ["fast", "slow"]}, {"gt": ["close", "day"]}]},
    },
}
"""Crossings of two averages, in the direction of the daily average."""

DIP: dict[str, Any] = {
    "parameters": {
        "window": {"kind": "integer", "low": 10, "high": 200, "default": 20, "description": "Window of the bands."},
        "depth": {"kind": "number", "low": 0, "high": 3, "default": 0.5, "description": "ATRs below the lower band."},
    },
    "features": {
        "bands": {"feature": "bollinger", "parameters": {"window": {"param": "window"}, "width": 2}},
        "atr": {"feature": "atr", "parameters": {"window": 14}},
    },
    "long": {
        "entry": {"lt": ["close", {"sub": ["bands.lower", {"mul": [{"param": "depth"}, "atr"]}]}]},
        "exit": {"any": [{"ge": ["close", "bands.middle"]}, {"lt": ["close", {"of": "bands.lower", "shift": 48}]}]},
    },
}
"""A fall below the bands, with two parameters that a sweep can vary."""

EXAMPLES: dict[str, dict[str, Any]] = {"With the trend of the day": TREND, "Buying the dip": DIP}
