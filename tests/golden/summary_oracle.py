"""The numbers of one backtest, one Python float after the other: what `candlecloud.metrics.summary` must give."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal

YEAR_MS = 365 * 86_400_000
MONTH_MS = 30 * 86_400_000
Tally = Mapping[str, float]


def summary_oracle(t: Tally, *, initial_equity: float, n_bars: int, span_ms: int) -> dict[str, float | int | None]:
    """By name, None where a number does not exist or is beyond the largest float; a span above zero."""
    long_enough = span_ms >= MONTH_MS
    cagr = growth_per_year(t["final_equity"] / initial_equity, span_ms) if long_enough else None
    volatility, sharpe, sortino = _ratios(t, n_bars, YEAR_MS / (span_ms / n_bars))
    mean_equity = t["sum_equity"] / n_bars
    under_water, n_trades = int(t["max_under_water_bars"]), int(t["n_trades"])
    profit, loss = t["sum_profit"], t["sum_loss"]
    found = {
        "final_equity": t["final_equity"],
        "total_return": t["final_equity"] / initial_equity - 1.0,
        "cagr": cagr,
        "volatility": volatility,
        "sharpe": sharpe if long_enough else None,
        "sortino": sortino if long_enough else None,
        "calmar": cagr / t["max_drawdown"] if cagr is not None and t["max_drawdown"] > 0.0 else None,
        "max_drawdown": t["max_drawdown"],
        "max_drawdown_bars": under_water,
        "max_drawdown_seconds": int(t["max_under_water_ms"]) // 1000,
        "n_trades": n_trades,
        "win_rate": t["n_wins"] / t["n_trades"] if n_trades else None,
        "profit_factor": profit / loss if loss > 0.0 else None,
        "expectancy": (profit - loss) / t["n_trades"] if n_trades else None,
        "exposure": t["bars_in_position"] / n_bars,
        "turnover": t["notional"] / mean_equity * (YEAR_MS / span_ms) if mean_equity > 0.0 and long_enough else None,
        "fees": t["fees"],
        "slippage": t["slippage"],
        "funding": t["funding"],
        "cost_share": _cost_share(t, initial_equity),
    }
    return {name: value if value is not None and math.isfinite(value) else None for name, value in found.items()}


def growth_per_year(growth: float, span_ms: int) -> float | None:
    """In 30 decimal digits."""
    if growth <= 0 or span_ms <= 0:
        return None
    exact = Context(prec=30, traps=[])
    exponent = exact.divide(Decimal(YEAR_MS), Decimal(span_ms))
    power = exact.exp(exact.multiply(exact.ln(Decimal(growth)), exponent))
    rate = float(exact.subtract(power, Decimal(1)))
    return rate if rate < float("inf") else None


def _ratios(t: Tally, n: int, per_year: float) -> tuple[float | None, float | None, float | None]:
    if n < 30:
        return None, None, None
    mean = t["sum_returns"] / n
    spread = t["sum_squares"] - t["sum_returns"] * t["sum_returns"] / n
    deviation = math.sqrt(spread / (n - 1)) if spread > n * 2.0**-52 * t["sum_squares"] else 0.0
    downside = math.sqrt(t["sum_negative_squares"] / n)
    root = math.sqrt(per_year)
    return (
        deviation * root,
        mean / deviation * root if deviation > 0.0 else None,
        mean / downside * root if downside > 0.0 else None,
    )


def _cost_share(t: Tally, initial_equity: float) -> float | None:
    costs = t["fees"] + t["slippage"] + t["funding"]
    before_costs = t["final_equity"] - initial_equity + costs
    return costs / before_costs if before_costs > 1e-9 * initial_equity else None


def time_under_water(equity: Iterable[float], initial_equity: float, hours: Iterable[tuple[int, int]]) -> int:
    """Longest time below the highest equity so far, ms, bar by bar; `hours` are open and close time of each bar."""
    highest, since, below, longest, closed = initial_equity, None, False, 0, 0
    for value, (opened, closed) in zip(equity, hours, strict=True):
        since = opened if since is None else since
        if value >= highest:
            longest = max(longest, opened - since) if below else longest
            highest, since, below = value, closed, False
        else:
            below = True
    return max(longest, closed - since) if below and since is not None else longest
