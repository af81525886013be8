"""One summary per backtest, from its tallies; what each number means stands in `conventions`. Needs no NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass

from candlecloud.metrics.annual import YEAR_MS, bars_per_year, growth_per_year
from candlecloud.metrics.moments import sample_deviation
from candlecloud.metrics.tallies import Tallies

_NO_PROFIT = 1e-9  # of the initial equity: a gross profit below it is rounding, and no share of it is a number


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
    expectancy: float | None
    exposure: float
    turnover: float | None
    fees: float
    slippage: float
    funding: float
    cost_share: float | None

    def to_dict(self) -> dict[str, float | int | None]:
        """By name; a ratio beyond the largest float (over a loss next to nothing) is None: JSON has no infinity."""
        return {
            name: value if value is not None and math.isfinite(value) else None for name, value in vars(self).items()
        }


def summary_of(tallies: Tallies, *, initial_equity: float, n_bars: int, timeframe_ms: int, span_ms: int) -> Summary:
    """Work out the numbers of one backtest.

    Parameters
    ----------
    tallies : Tallies
        Of a run, or of one set of a sweep (``Tallies.from_row(row)``): the same row gives the same bits.
    initial_equity : float
        Quote currency, above zero.
    n_bars : int
        Bars of the run, at least 1.
    timeframe_ms : int
        Length of a bar; absent candles make no bar and so no return.
    span_ms : int
        From the first bar's open to the last bar's close.
    """
    t = tallies
    cagr = growth_per_year(t.final_equity / initial_equity, span_ms)
    volatility, sharpe, sortino = _ratios(t, n_bars, bars_per_year(span_ms / n_bars))
    mean_equity = t.sum_equity / n_bars
    under_water, n_trades = int(t.max_under_water_bars), int(t.n_trades)
    return Summary(
        final_equity=t.final_equity,
        total_return=t.final_equity / initial_equity - 1.0,
        cagr=cagr,
        volatility=volatility,
        sharpe=sharpe,
        sortino=sortino,
        calmar=cagr / t.max_drawdown if cagr is not None and t.max_drawdown > 0.0 else None,
        max_drawdown=t.max_drawdown,
        max_drawdown_bars=under_water,
        max_drawdown_seconds=under_water * timeframe_ms // 1000,
        n_trades=n_trades,
        win_rate=t.n_wins / t.n_trades if n_trades else None,
        profit_factor=t.sum_profit / t.sum_loss if t.sum_loss > 0.0 else None,
        expectancy=(t.sum_profit - t.sum_loss) / t.n_trades if n_trades else None,
        exposure=t.bars_in_position / n_bars,
        turnover=t.notional / mean_equity * (YEAR_MS / span_ms) if mean_equity > 0.0 and span_ms > 0 else None,
        fees=t.fees,
        slippage=t.slippage,
        funding=t.funding,
        cost_share=_cost_share(t, initial_equity),
    )


def _ratios(t: Tallies, n: int, per_year: float) -> tuple[float | None, float | None, float | None]:
    """Volatility, Sharpe and Sortino ratio, annualised."""
    if n < 2:
        return None, None, None
    mean = t.sum_returns / n
    deviation = sample_deviation(n, t.sum_returns, t.sum_squares)
    downside = math.sqrt(t.sum_negative_squares / n)
    root = math.sqrt(per_year)
    return (
        deviation * root,
        mean / deviation * root if deviation > 0.0 else None,
        mean / downside * root if downside > 0.0 else None,
    )


def _cost_share(t: Tallies, initial_equity: float) -> float | None:
    """Costs over the profit that the same fills would have made without them."""
    costs = t.fees + t.slippage + t.funding
    before_costs = t.final_equity - initial_equity + costs
    return costs / before_costs if before_costs > _NO_PROFIT * initial_equity else None
