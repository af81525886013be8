"""Every built-in strategy written as rules decides the same, bar for bar, on real hours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from candlecloud.features.bars import bars_from_table
from candlecloud.strategies.builtin import STRATEGIES
from tests.support.recorded import btc_hours
from tests.support.rules import rules_strategy

HOUR_MS = 3_600_000
BARS = bars_from_table(btc_hours())


def between(upper: str, lower: str) -> dict[str, Any]:
    """Long while one lies above the other, short while below."""
    return {"long": {"entry": {"gt": [upper, lower]}}, "short": {"entry": {"lt": [upper, lower]}}}


def feature(name: str, **parameters: Any) -> dict[str, Any]:
    return {"feature": name, "parameters": parameters}


def reversion(value: str, low: Any, high: Any, low_exit: Any, high_exit: Any) -> dict[str, Any]:
    return {
        "long": {"entry": {"lt": [value, low]}, "exit": {"not": {"lt": [value, low_exit]}}},
        "short": {"entry": {"gt": [value, high]}, "exit": {"not": {"gt": [value, high_exit]}}},
    }


def one_bar_before(name: str) -> dict[str, Any]:
    return {"of": name, "shift": 1}


MOVE = {"sub": ["close", one_bar_before("close")]}
DOCUMENTS: dict[str, Any] = {
    "buy_and_hold": lambda: {"long": {"entry": {"gt": ["close", 0]}}},
    "dual_sma": lambda fast, slow: {
        "features": {"fast": feature("sma", window=fast), "slow": feature("sma", window=slow)},
        **between("fast", "slow"),
    },
    "ema_cross": lambda fast, slow: {
        "features": {"fast": feature("ema", window=fast), "slow": feature("ema", window=slow)},
        **between("fast", "slow"),
    },
    "macd": lambda **windows: {
        "features": {"lines": feature("macd", **windows)},
        **between("lines.macd", "lines.signal"),
    },
    "rsi_reversion": lambda window, oversold, overbought, exit: {  # noqa: A006
        "features": {"rsi": feature("rsi", window=window)},
        **reversion("rsi", oversold, overbought, exit, exit),
    },
    "bollinger_reversion": lambda **of: {
        "features": {"bands": feature("bollinger", **of)},
        **reversion("close", "bands.lower", "bands.upper", "bands.middle", "bands.middle"),
    },
    "zscore_reversion": lambda window, entry, exit: {  # noqa: A006
        "features": {"z": feature("zscore", window=window)},
        **reversion("z", -entry, entry, -exit, exit),
    },
    "donchian_breakout": lambda entry, exit: {  # noqa: A006
        "features": {"wide": feature("donchian", window=entry), "narrow": feature("donchian", window=exit)},
        "long": {
            "entry": {"gt": ["close", one_bar_before("wide.upper")]},
            "exit": {"lt": ["close", one_bar_before("narrow.lower")]},
        },
        "short": {
            "entry": {"lt": ["close", one_bar_before("wide.lower")]},
            "exit": {"gt": ["close", one_bar_before("narrow.upper")]},
        },
    },
    "time_series_momentum": lambda window, threshold: {
        "features": {"change": feature("roc", window=window)},
        "long": {"entry": {"gt": ["change", threshold]}},
        "short": {"entry": {"lt": ["change", -threshold]}},
    },
    "volatility_breakout": lambda window, multiplier: {
        "features": {"atr": feature("atr", window=window), "mean": feature("sma", window=window)},
        "long": {
            "entry": {"gt": [MOVE, {"mul": [one_bar_before("atr"), multiplier]}]},
            "exit": {"lt": ["close", "mean"]},
        },
        "short": {
            "entry": {"lt": [MOVE, {"mul": [one_bar_before("atr"), -multiplier]}]},
            "exit": {"gt": ["close", "mean"]},
        },
    },
}
OTHERS: dict[str, list[dict[str, float]]] = {
    "dual_sma": [{"fast": 1, "slow": 2}, {"fast": 30, "slow": 60}],
    "ema_cross": [{"fast": 2, "slow": 3}, {"fast": 50, "slow": 200}],
    "macd": [{"fast": 5, "slow": 35, "signal": 5}],
    "rsi_reversion": [{"window": 2, "oversold": 10, "overbought": 90}, {"oversold": 50, "overbought": 50}],
    "bollinger_reversion": [{"window": 50, "width": 1.0}],
    "zscore_reversion": [{"window": 2, "entry": 0.5}, {"window": 200, "entry": 1.5, "exit": 0.5}],
    "donchian_breakout": [{"entry": 1, "exit": 1}, {"entry": 55, "exit": 20}],
    "time_series_momentum": [{"window": 1}, {"window": 24, "threshold": 0.02}],
    "volatility_breakout": [{"window": 2, "multiplier": 0.5}, {"window": 100, "multiplier": 3.0}],
}


@pytest.mark.parametrize(
    ("name", "given"), [(name, given) for name in DOCUMENTS for given in ({}, *OTHERS.get(name, []))]
)
def test_built_in_strategies_as_rules(name: str, given: dict[str, float]) -> None:
    strategy = STRATEGIES.find(name)
    parameters = strategy.check_parameters(given)
    rules = rules_strategy(DOCUMENTS[name](**parameters), HOUR_MS)
    assert rules.warmup_bars({}) == strategy.warmup_bars(parameters)
    np.testing.assert_array_equal(rules.target(BARS, {}), strategy.target(BARS, parameters))


def test_exact_ties_of_two_averages_are_ties_in_rules() -> None:
    """Averages of whole ticks are divided once, so equal quotients are equal floats: no exception is needed."""
    windows = [*range(1, 11), *range(12, 31, 3), *range(35, 101, 5), 120, 150, 168, 200, 240, 300, 336, 400, 500]
    ties = {}
    for slow in windows:
        for fast in (w for w in windows if w < slow):
            exact = STRATEGIES.find("dual_sma").target(BARS, {"fast": fast, "slow": slow})
            rules = rules_strategy(DOCUMENTS["dual_sma"](fast, slow), HOUR_MS).target(BARS, {})
            assert rules.tobytes() == exact.tobytes(), (fast, slow)
            tied = np.flatnonzero(exact[slow - 1 :] == 0.0) + slow - 1
            if len(tied):
                ties[fast, slow] = len(tied)
    assert ties == {
        (1, 2): 2, (1, 3): 1, (2, 5): 1, (2, 7): 1, (5, 10): 1, (9, 10): 1, (21, 24): 1, (2, 27): 1, (1, 30): 1,
        (30, 60): 1, (40, 120): 1,
    }  # fmt: skip
