"""What each number of a summary means, in one sentence each. A result carries them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CONVENTIONS: Mapping[str, str] = MappingProxyType(
    {
        "final_equity": "Quote currency, marked at the last close; an open position is not sold for this.",
        "total_return": "Final over initial equity, less 1.",
        "cagr": "Yearly compound rate over the time from the first open to the last close; a year is 365 days.",
        "volatility": "Sample standard deviation (n - 1) of simple bar returns, times the root of bars per year.",
        "sharpe": "Mean over sample standard deviation of simple bar returns, times the root of bars per year; "
        "riskless rate 0.",
        "sortino": "Mean bar return over the root of the mean squared negative bar return (all bars in the mean, "
        "target 0), times the root of bars per year.",
        "calmar": "cagr over max_drawdown.",
        "max_drawdown": "Largest loss from the highest equity so far, at closes, as a positive fraction of it.",
        "max_drawdown_bars": "Most consecutive bars that closed below the highest equity so far.",
        "max_drawdown_seconds": "The same as time: bars times the timeframe.",
        "n_trades": "Closed round trips, flat to flat; an open position is not one.",
        "win_rate": "Fraction of closed trades whose profit after all costs is above 0.",
        "profit_factor": "Sum of profits over sum of losses of closed trades, after costs; null without a loss.",
        "exposure": "Fraction of bars that closed with a position.",
        "turnover": "Traded notional over mean equity, per 365-day year.",
        "fees": "Quote currency, all fills.",
        "slippage": "Quote currency lost against the unmoved price, all fills.",
    }
)
