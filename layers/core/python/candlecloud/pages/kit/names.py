"""Names of metrics as people say them, their order on the page, and the form of their numbers."""

from __future__ import annotations

from collections.abc import Mapping

from candlecloud.pages.kit.formats import count, decimal, duration, exact, money, percent
from candlecloud.pages.kit.markup import Markup

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Return": (
        "total_return", "cagr", "final_equity", "volatility", "skew", "kurtosis", "tail_ratio",
    ),
    "Return for risk": ("sharpe", "sortino", "calmar", "omega"),
    "Loss": (
        "max_drawdown", "max_drawdown_bars", "max_drawdown_seconds", "time_under_water",
        "value_at_risk_95", "expected_shortfall_95", "value_at_risk_99", "expected_shortfall_99",
    ),
    "Trades": ("n_trades", "win_rate", "profit_factor", "expectancy", "exposure", "turnover"),
    "Costs and size": ("fees", "slippage", "funding", "cost_share", "capacity_hint"),
}  # fmt: skip
"""Every field of `RunMetrics` in one group; a test holds that."""

_LABELS = {
    "cagr": "Return per year (CAGR)",
    "max_drawdown": "Maximum drawdown",
    "max_drawdown_bars": "Longest drawdown, bars",
    "max_drawdown_seconds": "Longest drawdown",
    "n_trades": "Trades",
    "sharpe": "Sharpe ratio",
    "sortino": "Sortino ratio",
    "calmar": "Calmar ratio",
    "omega": "Omega ratio",
    "value_at_risk_95": "Value at risk, 95\u00a0%",
    "value_at_risk_99": "Value at risk, 99\u00a0%",
    "expected_shortfall_95": "Expected shortfall, 95\u00a0%",
    "expected_shortfall_99": "Expected shortfall, 99\u00a0%",
    "skew": "Skewness",
    "kurtosis": "Excess kurtosis",
    "exposure": "Time in the market",
}
_FRACTIONS = frozenset(
    {
        "total_return", "cagr", "volatility", "max_drawdown", "win_rate", "exposure", "cost_share", "excess_return",
        "tracking_error", "alpha", "time_under_water", "up_capture", "down_capture", "share",
    }
)  # fmt: skip
_TAIL_STEMS = ("value_at_risk", "expected_shortfall")
_SIGNED = frozenset({"total_return", "cagr", "excess_return", "alpha"})
_MONEY = frozenset({"final_equity", "fees", "slippage", "funding", "expectancy", "capacity_hint"})


def label(name: str) -> str:
    """``win_rate`` is Win rate."""
    return _LABELS.get(name) or name.replace("_", " ").capitalize()


def written(name: str, value: float | None) -> Markup:
    """A metric's value in its form; None is a dash."""
    return exact(value, _form(name, value))


def _form(name: str, value: float | None) -> str:
    if name.startswith(_TAIL_STEMS):
        return percent(value, 2)
    if name in _FRACTIONS:
        return percent(value, signed=name in _SIGNED)
    if name in _MONEY:
        return money(value)
    if name.endswith("_seconds"):
        return duration(value)
    if name.startswith("n_") or name.endswith(("_bars", "_orders", "_exits")):
        return count(value)
    return decimal(value)
