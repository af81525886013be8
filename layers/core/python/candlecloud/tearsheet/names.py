"""Names of metrics as people say them, their order on the page, and the form of their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from candlecloud.tearsheet.formats import count, decimal, duration, exact, money, percent
from candlecloud.tearsheet.markup import Markup
from candlecloud.tearsheet.reading import number

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
OTHER_GROUP = "Further"

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


def written(name: str, value: object) -> Markup:
    """A metric's value in its form; None, NaN and what is no number are a dash."""
    found = number(value)
    return exact(found, _form(name, found))


def grouped(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The given names by group, in the order of the page; unknown names come last, in alphabetical order."""
    left = set(names)
    groups = [(group, [name for name in members if name in left]) for group, members in GROUPS.items()]
    known = {name for _, members in groups for name in members}
    return [(group, members) for group, members in [*groups, (OTHER_GROUP, sorted(left - known))] if members]


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
