"""The demo's requests: three runs and a sweep, as the API takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from candlecloud.strategies.rules.examples import TREND

SETTING = {"exchange": "binance", "timeframe": "1h", "start": "2022-10-01T00:00:00Z"}
"""The start leaves the longest average of sweep and rules its warm-up, so that all are compared over one time."""


@dataclass(frozen=True)
class RunRequest:
    """A run, what the terminal calls it, and the name of its tear sheet's file."""

    title: str
    name: str
    fields: dict[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        """What is sent."""
        return {**SETTING, **self.fields}


RUNS = (
    RunRequest(
        "BTC-USDT, dual SMA 50/200",
        "btc-dual-sma",
        {"symbol": "BTC-USDT", "strategy": "dual_sma", "parameters": {"fast": 50, "slow": 200}},
    ),
    RunRequest(
        "BTC-USDT, breakout with stops",
        "btc-breakout-with-stops",
        {
            "symbol": "BTC-USDT",
            "strategy": "volatility_breakout",
            "direction": "both",
            "sizing": {"model": "volatility_target"},
            "stops": {"stop_loss": 0.01, "take_profit": 0.01},
        },
    ),
    RunRequest(
        "ETH-USDT, rules sent as JSON",
        "eth-rules",
        {"symbol": "ETH-USDT", "strategy": "rules", "rules": TREND},
    ),
)
SWEEP = {
    **SETTING,
    "symbol": "BTC-USDT",
    "strategy": "dual_sma",
    "grid": {
        "fast": {"start": 1, "stop": 100, "step": 1},
        "slow": {"start": 110, "stop": 1_100, "step": 10},
    },
}
"""10,000 sets, that of the first run among them."""
