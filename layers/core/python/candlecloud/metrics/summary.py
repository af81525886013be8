"""One summary per equity curve; what each number means stands in `conventions`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.metrics.annual import YEAR_MS, bars_per_year, growth_per_year
from candlecloud.metrics.curves import bar_returns, drawdowns, longest_under_water


@dataclass(frozen=True)
class Activity:
    """What was done to earn an equity curve.

    Attributes
    ----------
    profits : sequence of float
        Quote currency per closed trade, after all costs.
    bars_in_position : int
        Bars that closed with a position.
    notional, fees, slippage : float
        Quote currency, over all fills.
    """

    profits: Sequence[float]
    bars_in_position: int
    notional: float
    fees: float
    slippage: float


@dataclass(frozen=True)
class Summary:
    """Fractions are fractions (0.01 is 1 %); None where a number does not exist."""

    final_equity: float
    total_return: float
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float
    max_drawdown_bars: int
    max_drawdown_seconds: int
    n_trades: int
    win_rate: float | None
    profit_factor: float | None
    exposure: float
    turnover: float | None
    fees: float
    slippage: float

    def to_dict(self) -> dict[str, float | int | None]:
        """By name; a ratio beyond the largest float (over a loss next to nothing) is None: JSON has no infinity."""
        return {
            name: value if value is not None and math.isfinite(value) else None for name, value in asdict(self).items()
        }


def summarise(
    equity: FloatArray, initial_equity: float, activity: Activity, *, timeframe_ms: int, span_ms: int
) -> Summary:
    """Describe an equity curve.

    Parameters
    ----------
    equity : FloatArray, length n >= 1
        At the close of each bar, quote currency.
    initial_equity : float
        Above zero.
    timeframe_ms : int
        Length of a bar; absent candles make no bar and so no return.
    span_ms : int
        From the first bar's open to the last bar's close.
    """
    final = float(equity[-1])
    cagr = growth_per_year(final / initial_equity, span_ms)
    drawdown = drawdowns(equity, initial_equity)
    depth = float(drawdown.max())
    under_water = longest_under_water(drawdown)
    volatility, sharpe, sortino = _ratios(bar_returns(equity, initial_equity), bars_per_year(timeframe_ms))
    wins = [p for p in activity.profits if p > 0.0]
    losses = [p for p in activity.profits if p < 0.0]
    n_trades = len(activity.profits)
    mean_equity = _sum(equity) / len(equity)
    return Summary(
        final_equity=final,
        total_return=final / initial_equity - 1.0,
        cagr=cagr,
        volatility=volatility,
        sharpe=sharpe,
        sortino=sortino,
        calmar=cagr / depth if cagr is not None and depth > 0.0 else None,
        max_drawdown=depth,
        max_drawdown_bars=under_water,
        max_drawdown_seconds=under_water * timeframe_ms // 1000,
        n_trades=n_trades,
        win_rate=len(wins) / n_trades if n_trades else None,
        profit_factor=sum(wins) / -sum(losses) if losses else None,
        exposure=activity.bars_in_position / len(equity),
        turnover=activity.notional / mean_equity * (YEAR_MS / span_ms) if mean_equity > 0.0 and span_ms > 0 else None,
        fees=activity.fees,
        slippage=activity.slippage,
    )


def _ratios(returns: FloatArray, per_year: float) -> tuple[float | None, float | None, float | None]:
    """Volatility, Sharpe and Sortino ratio, annualised."""
    n = len(returns)
    if n < 2:
        return None, None, None
    mean = _sum(returns) / n
    from_mean = returns - mean
    deviation = math.sqrt(_sum(from_mean * from_mean) / (n - 1))
    negative = np.minimum(returns, 0.0)
    downside = math.sqrt(_sum(negative * negative) / n)
    root = math.sqrt(per_year)
    return (
        deviation * root,
        mean / deviation * root if deviation > 0.0 else None,
        mean / downside * root if downside > 0.0 else None,
    )


def _sum(values: FloatArray) -> float:
    """Pairwise sum; its order depends on the length only, so neither batches nor processors move a bit of it."""
    return float(np.add.reduce(values))
