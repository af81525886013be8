"""What each number means, in one sentence each. A result carries them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CONVENTIONS: Mapping[str, str] = MappingProxyType(
    {
        "final_equity": "Quote currency, marked at the last close; an open position is not sold for this.",
        "total_return": "Final over initial equity, less 1.",
        "cagr": "Yearly compound rate over the time from the first open to the last close; a year is 365 days.",
        "volatility": "Sample standard deviation (n - 1) of simple bar returns, times the root of bars per year (the "
        "run's bars over its time: an absent candle makes no bar).",
        "sharpe": "Mean over sample standard deviation of simple bar returns, times the root of bars per year; "
        "riskless rate 0; null where the returns differ by no more than rounding.",
        "sortino": "Mean bar return over the root of the mean squared negative bar return (all bars in the mean, "
        "target 0), times the root of bars per year.",
        "calmar": "cagr over max_drawdown.",
        "max_drawdown": "Largest loss from the highest equity so far, at closes, as a positive fraction of it; above 1 "
        "where a short was gapped below zero.",
        "max_drawdown_bars": "Most consecutive bars that closed below the highest equity so far.",
        "max_drawdown_seconds": "The same as time: bars times the timeframe.",
        "n_trades": "Closed round trips, flat to flat; an open position is not one.",
        "win_rate": "Fraction of closed trades whose profit after all costs is above 0.",
        "profit_factor": "Sum of profits over sum of losses of closed trades, after costs; null without a loss.",
        "expectancy": "Mean profit per closed trade after costs, quote currency; null without a trade.",
        "exposure": "Fraction of bars that closed with a position.",
        "turnover": "Traded notional over mean equity, per 365-day year.",
        "fees": "Quote currency, all fills.",
        "slippage": "Quote currency lost against the unmoved price, all fills.",
        "funding": "Quote currency paid less received at funding times.",
        "cost_share": "Fees, slippage and funding over the profit of the same fills without them (final less initial "
        "equity plus these costs); above 1 costs ate more than was earned, null where nothing was.",
    }
)
"""Of a summary."""

DISTRIBUTION_CONVENTIONS: Mapping[str, str] = MappingProxyType(
    {
        "omega": "Sum of positive bar returns over the sum of the negative ones without their sign (threshold 0); "
        "null without a loss.",
        "value_at_risk_95": "The 5 % quantile of bar returns (linear interpolation), sign turned: a positive "
        "fraction lost in one bar, negative if even that return is a gain; null below 100 bars.",
        "expected_shortfall_95": "Mean of the floor(0.05 (n - 1)) + 1 smallest bar returns, sign turned; null below "
        "100 bars.",
        "value_at_risk_99": "The 1 % quantile of bar returns (linear interpolation), sign turned; null below 500 bars.",
        "expected_shortfall_99": "Mean of the floor(0.01 (n - 1)) + 1 smallest bar returns, sign turned; null below "
        "500 bars.",
        "skew": "Third central moment of bar returns over the second to the power 3/2; moments over n, no correction "
        "for bias.",
        "kurtosis": "Fourth central moment of bar returns over the square of the second, less 3 (excess: a normal "
        "distribution has 0); moments over n, no correction for bias.",
        "tail_ratio": "Size of the 95 % quantile of bar returns over the size of the 5 % quantile; null where the "
        "latter is 0, and below 100 bars.",
        "time_under_water": "Fraction of bars that closed below the highest equity so far.",
    }
)
"""Of the distribution of bar returns."""

CAPACITY_CONVENTIONS: Mapping[str, str] = MappingProxyType(
    {
        "capacity_hint": "Initial equity, quote currency, at which the median fill would take 1 % of its bar's base "
        "volume if quantities grew with equity; a hint from volumes, no model of impact; null without fills or where "
        "a volume is unknown.",
    }
)
"""Of the capacity hint."""

RELATIVE_CONVENTIONS: Mapping[str, str] = MappingProxyType(
    {
        "excess_return": "Total return less that of the benchmark.",
        "alpha": "Mean bar return less beta times the benchmark's, times bars per year (riskless rate 0, not "
        "compounded).",
        "beta": "Sample covariance of bar returns with the benchmark's over the benchmark's sample variance.",
        "correlation": "Pearson's, of bar returns with the benchmark's.",
        "tracking_error": "Sample standard deviation of bar returns less the benchmark's, times the root of bars per "
        "year.",
        "information_ratio": "Mean bar return less the benchmark's over the sample standard deviation of that "
        "difference, times the root of bars per year.",
        "up_capture": "Mean bar return over the benchmark's, in bars in which the benchmark rose.",
        "down_capture": "Mean bar return over the benchmark's, in bars in which the benchmark fell.",
    }
)
"""Of figures against a benchmark over the same bars."""

REGIME_CONVENTIONS: Mapping[str, str] = MappingProxyType(
    {
        "bars": "Bars of the run that began in the regime: the label is the one known at the close before.",
        "share": "These bars over all bars of the run.",
        "trades": "Closed trades that were entered in such a bar.",
        "total_return": "Returns of the regime's bars, compounded.",
        "volatility": "As for the run, from the regime's bars.",
        "sharpe": "As for the run, from the regime's bars.",
        "max_drawdown": "Of the curve that the regime's bars make when joined without the bars between: not a loss "
        "that was lived through in one stretch.",
        "win_rate": "Of the trades that were entered in the regime; null below 10 trades.",
        "profit_factor": "Of the trades that were entered in the regime; null below 10 trades or without a loss.",
    }
)
"""Of the figures per regime; below 100 bars there are none, and a sentence says so."""

RUN_CONVENTIONS: Mapping[str, str] = MappingProxyType(
    {**CONVENTIONS, **DISTRIBUTION_CONVENTIONS, **CAPACITY_CONVENTIONS}
)
"""Of all numbers of one run. Figures per regime and against a benchmark have conventions of their own."""
