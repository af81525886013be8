"""Every strategy with a grid, and what each is for: windows that repeat, 200 distinct ones, stops, both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.plan import FEE, SLIPPAGE
from benchmarks.sweep import CASH

STOP_LOSS = 0.02

THREE_CONDITIONS: Mapping[str, Any] = {
    "parameters": {
        "window": {"kind": "integer", "low": 2, "high": 500, "default": 14},
        "oversold": {"kind": "number", "low": 5, "high": 95, "default": 30},
    },
    "features": {
        "strength": {"feature": "rsi", "parameters": {"window": {"param": "window"}}},
        "trend": {"feature": "sma", "parameters": {"window": 100}},
        "near": {"feature": "ema", "parameters": {"window": 50}},
    },
    "long": {
        "entry": {
            "all": [{"lt": ["strength", {"param": "oversold"}]}, {"gt": ["close", "trend"]}, {"gt": ["close", "near"]}]
        },
        "exit": {"gt": ["strength", 60]},
    },
}
"""Weak for a moment, above both averages; until it is strong."""


@dataclass(frozen=True)
class Case:
    """A sweep of one strategy.

    Attributes
    ----------
    grid : Mapping
        Parameter to its values.
    shown : str
        The grid in words.
    at_most : float
        Nanoseconds per bar and set that we aim at, look-ahead test off.
    faster : float
        Times faster than vectorbt that we aim at.
    stages : bool
        Show where its time goes.
    """

    name: str
    strategy: str
    grid: Mapping[str, Sequence[float]]
    shown: str
    at_most: float
    direction: str = "long"
    stop_loss: float | None = None
    rules: Mapping[str, Any] | None = None
    faster: float = 30.0
    stages: bool = False

    def request(self, timeframe: str) -> dict[str, Any]:
        """The body of ``POST /sweeps``, look-ahead test left out."""
        return {
            "exchange": "binance",
            "symbol": "BTC-USDT",
            "timeframe": timeframe,
            "strategy": self.strategy,
            "grid": {name: list(values) for name, values in self.grid.items()},
            "direction": self.direction,
            "initial_equity": CASH,
            "fee_bps": FEE * 1e4,
            "slippage_bps": SLIPPAGE * 1e4,
            **({} if self.stop_loss is None else {"stops": {"stop_loss": self.stop_loss}}),
            **({} if self.rules is None else {"rules": dict(self.rules)}),
        }


def _tenths(first: int, count: int, step: int = 1) -> list[float]:
    return [(first + k * step) / 10 for k in range(count)]


_PAIRS = {"fast": range(2, 52, 2), "slow": range(55, 255, 5)}
_PAIRS_SHOWN = "fast 2, 4 ... 50 x slow 55, 60 ... 250"
_CHANNELS = {"entry": range(20, 220, 10), "exit": range(2, 20, 2)}
_CHANNELS_SHOWN = "entry 20, 30 ... 210 x exit 2, 4 ... 18"
_ALL = range(5, 205)
_ALL_SHOWN = "window 5, 6 ... 204"
_REPEATED, _DISTINCT, _STOPS = 2.0, 4.0, 4.0

CASES: Sequence[Case] = (
    Case("ema_cross", "ema_cross", _PAIRS, _PAIRS_SHOWN, _REPEATED, stages=True),
    Case("ema_cross, both sides", "ema_cross", _PAIRS, _PAIRS_SHOWN, _REPEATED, "both", stages=True),
    Case(
        "rsi, 10 windows",
        "rsi_reversion",
        {"window": range(5, 55, 5), "oversold": range(10, 35, 5), "overbought": range(70, 95, 5)},
        "window 5, 10 ... 50 x oversold 10 ... 30 x overbought 70 ... 90",
        _REPEATED,
        stages=True,
    ),
    Case("rsi, 200 windows", "rsi_reversion", {"window": _ALL}, _ALL_SHOWN, _DISTINCT, stages=True),
    Case("donchian", "donchian_breakout", _CHANNELS, _CHANNELS_SHOWN, _REPEATED),
    Case(
        "donchian, 200 windows",
        "donchian_breakout",
        {"entry": range(20, 220)},
        "entry 20 ... 219",
        _DISTINCT,
        stages=True,
    ),
    Case(
        "bollinger",
        "bollinger_reversion",
        {"window": range(10, 110, 10), "width": _tenths(10, 20)},
        "window 10, 20 ... 100 x width 1.0, 1.1 ... 2.9",
        _REPEATED,
        stages=True,
    ),
    Case("bollinger, 200 windows", "bollinger_reversion", {"window": _ALL}, _ALL_SHOWN, _DISTINCT, stages=True),
    Case(
        "macd",
        "macd",
        {"fast": range(5, 15), "slow": range(20, 60, 2)},
        "fast 5 ... 14 x slow 20, 22 ... 58 (200 signal lines)",
        _DISTINCT,
        stages=True,
    ),
    Case(
        "zscore",
        "zscore_reversion",
        {"window": range(10, 110, 10), "entry": _tenths(10, 20)},
        "window 10, 20 ... 100 x entry 1.0, 1.1 ... 2.9",
        _REPEATED,
    ),
    Case("zscore, 200 windows", "zscore_reversion", {"window": _ALL}, _ALL_SHOWN, _DISTINCT),
    Case(
        "momentum",
        "time_series_momentum",
        {"window": range(5, 205, 10), "threshold": [k / 100 for k in range(10)]},
        "window 5, 15 ... 195 x threshold 0, 0.01 ... 0.09",
        _REPEATED,
    ),
    Case("momentum, 200 windows", "time_series_momentum", {"window": _ALL}, _ALL_SHOWN, _DISTINCT),
    Case(
        "volatility breakout",
        "volatility_breakout",
        {"window": range(5, 205, 10), "multiplier": _tenths(10, 10, 2)},
        "window 5, 15 ... 195 x multiplier 1.0, 1.2 ... 2.8 (200 thresholds)",
        _DISTINCT,
    ),
    Case(
        "breakout with a stop",
        "donchian_breakout",
        _CHANNELS,
        _CHANNELS_SHOWN,
        _STOPS,
        stop_loss=STOP_LOSS,
        stages=True,
    ),
    Case(
        "breakout with a stop, both sides",
        "donchian_breakout",
        _CHANNELS,
        _CHANNELS_SHOWN,
        _STOPS,
        "both",
        stop_loss=STOP_LOSS,
    ),
    Case(
        "rules of three conditions",
        "rules",
        {"window": range(5, 25), "oversold": range(20, 70, 5)},
        "window 5 ... 24 x oversold 20, 25 ... 65",
        _REPEATED,
        rules=THREE_CONDITIONS,
    ),
    Case("dual_sma", "dual_sma", _PAIRS, _PAIRS_SHOWN, _REPEATED, faster=300.0, stages=True),
    Case("dual_sma with a stop", "dual_sma", _PAIRS, _PAIRS_SHOWN, _STOPS, stop_loss=STOP_LOSS, stages=True),
    Case("dual_sma, both sides", "dual_sma", _PAIRS, _PAIRS_SHOWN, _REPEATED, "both"),
    Case("dual_sma with a stop, both sides", "dual_sma", _PAIRS, _PAIRS_SHOWN, _STOPS, "both", stop_loss=STOP_LOSS),
)
"""`buy_and_hold` has no parameter to sweep."""
