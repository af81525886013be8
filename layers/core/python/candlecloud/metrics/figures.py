"""Figures of backtests by name: what a result, a sweep's row and the API's answers hold. Needs no NumPy.

Written by ``python -m infra.generate`` from the metrics; `candlecloud.metrics.metric` says how to add one.
"""

# fmt: off
# ruff: noqa: E501
from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field

from candlecloud.metrics.metric import MetricSpec
from candlecloud.metrics.result_part import Figures
from candlecloud.registry import Registry


@dataclass(frozen=True)
class Metrics(Figures):
    """Of a run, and of a sweep's row. Fractions are fractions: 0.01 is 1 %."""

    final_equity: Annotated[float, Field(description="Quote currency, marked at the last close; an open position is not sold for this.")]
    total_return: Annotated[float, Field(description="Final over initial equity, less 1.")]
    cagr: Annotated[float | None, Field(description="Yearly compound rate over the time from the first open to the last close; a year is 365 days; null below 30 days.")]
    volatility: Annotated[float | None, Field(description="Sample standard deviation (n - 1) of simple bar returns, times the root of bars per year (the run's bars over its time: an absent candle makes no bar); null below 30 returns.")]
    sharpe: Annotated[float | None, Field(description="Mean over sample standard deviation of simple bar returns, times the root of bars per year; riskless rate 0; null below 30 days or 30 returns, and where the returns differ by no more than rounding.")]
    sortino: Annotated[float | None, Field(description="Mean bar return over the root of the mean squared negative bar return (all bars in the mean, target 0), times the root of bars per year; null below 30 days or 30 returns, and without a loss.")]
    calmar: Annotated[float | None, Field(description="cagr over max_drawdown; null below 30 days, and without a drawdown.")]
    max_drawdown: Annotated[float, Field(description="Largest loss from the highest equity so far, at closes, as a positive fraction of it; above 1 where a short was gapped below zero.")]
    max_drawdown_bars: Annotated[int, Field(description="Most consecutive bars that closed below the highest equity so far; absent candles make no bar.")]
    max_drawdown_seconds: Annotated[int, Field(description="Longest time below the highest equity so far, by the clock: from the close that set it to the open of the bar that closed there again, or to the last close. Absent candles count; without any it is max_drawdown_bars times the timeframe.")]
    n_trades: Annotated[int, Field(description="Closed round trips, flat to flat; an open position is not one.")]
    win_rate: Annotated[float | None, Field(description="Fraction of closed trades whose profit after all costs is above 0.")]
    profit_factor: Annotated[float | None, Field(description="Sum of profits over sum of losses of closed trades, after costs; null without a loss.")]
    expectancy: Annotated[float | None, Field(description="Mean profit per closed trade after costs, quote currency; null without a trade.")]
    exposure: Annotated[float, Field(description="Fraction of bars that closed with a position.")]
    turnover: Annotated[float | None, Field(description="Traded notional over mean equity, per 365-day year; null below 30 days.")]
    fees: Annotated[float, Field(description="Quote currency, all fills.")]
    slippage: Annotated[float, Field(description="Quote currency lost against the unmoved price, all fills.")]
    funding: Annotated[float, Field(description="Quote currency paid less received at funding times.")]
    cost_share: Annotated[float | None, Field(description="Fees, slippage and funding over the profit of the same fills without them (final less initial equity plus these costs); above 1 costs ate more than was earned, null where nothing was.")]


@dataclass(frozen=True)
class Distribution(Figures):
    """Of bar returns, not annualised; a name's number is the confidence."""

    omega: Annotated[float | None, Field(description="Sum of positive bar returns over the sum of the negative ones without their sign (threshold 0); null without a loss.")]
    value_at_risk_95: Annotated[float | None, Field(description="The 5 % quantile of bar returns (linear interpolation), sign turned: a positive fraction lost in one bar, negative if even that return is a gain; null below 100 bars.")]
    expected_shortfall_95: Annotated[float | None, Field(description="Mean of the floor(0.05 (n - 1)) + 1 smallest bar returns, sign turned; null below 100 bars.")]
    value_at_risk_99: Annotated[float | None, Field(description="The 1 % quantile of bar returns (linear interpolation), sign turned; null below 500 bars.")]
    expected_shortfall_99: Annotated[float | None, Field(description="Mean of the floor(0.01 (n - 1)) + 1 smallest bar returns, sign turned; null below 500 bars.")]
    skew: Annotated[float | None, Field(description="Third central moment of bar returns over the second to the power 3/2; moments over n, no correction for bias.")]
    kurtosis: Annotated[float | None, Field(description="Fourth central moment of bar returns over the square of the second, less 3 (excess: a normal distribution has 0); moments over n, no correction for bias.")]
    tail_ratio: Annotated[float | None, Field(description="Size of the 95 % quantile of bar returns over the size of the 5 % quantile; null where the latter is 0, and below 100 bars.")]
    time_under_water: Annotated[float, Field(description="Fraction of bars that closed below the highest equity so far.")]


@dataclass(frozen=True)
class RunMetrics(Distribution, Metrics):
    """Those of a sweep's row, and those of the curve and fills."""

    capacity_hint: Annotated[float | None, Field(description="Initial equity, quote currency, at which the median fill would take 1 % of its bar's base volume if quantities grew with equity; a hint from volumes, no model of impact; null without fills or where a volume is unknown.")]


@dataclass(frozen=True)
class Relative(Figures):
    """Against buy and hold, over the same bars."""

    excess_return: Annotated[float, Field(description="Total return less that of the benchmark.")]
    alpha: Annotated[float | None, Field(description="Mean bar return less beta times the benchmark's, times bars per year (riskless rate 0, not compounded); null below 30 days or 30 returns.")]
    beta: Annotated[float | None, Field(description="Sample covariance of bar returns with the benchmark's over the benchmark's sample variance.")]
    correlation: Annotated[float | None, Field(description="Pearson's, of bar returns with the benchmark's.")]
    tracking_error: Annotated[float | None, Field(description="Sample standard deviation of bar returns less the benchmark's, times the root of bars per year; null below 30 returns.")]
    information_ratio: Annotated[float | None, Field(description="Mean bar return less the benchmark's over the sample standard deviation of that difference, times the root of bars per year; null below 30 days or 30 returns.")]
    up_capture: Annotated[float | None, Field(description="Mean bar return over the benchmark's, in bars in which the benchmark rose.")]
    down_capture: Annotated[float | None, Field(description="Mean bar return over the benchmark's, in bars in which the benchmark fell.")]


@dataclass(frozen=True)
class RegimeFigures(Figures):
    """Of the bars of one regime."""

    total_return: Annotated[float, Field(description="Returns of the regime's bars, compounded.")]
    volatility: Annotated[float | None, Field(description="As for the run, from the regime's bars.")]
    sharpe: Annotated[float | None, Field(description="As for the run, from the regime's bars; null where these are less than 30 days together.")]
    max_drawdown: Annotated[float, Field(description="Of the curve that the regime's bars make when joined without the bars between: not a loss that was lived through in one stretch.")]
    win_rate: Annotated[float | None, Field(description="Of the trades that were entered in the regime; null below 10 trades.")]
    profit_factor: Annotated[float | None, Field(description="Of the trades that were entered in the regime; null below 10 trades or without a loss.")]


MetricName: TypeAlias = Literal["final_equity", "total_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "max_drawdown", "max_drawdown_bars", "max_drawdown_seconds", "n_trades", "win_rate", "profit_factor", "expectancy", "exposure", "turnover", "fees", "slippage", "funding", "cost_share"]
FIGURES: tuple[str, ...] = get_args(MetricName)
"""Columns of a sweep, in order."""

METRICS: Registry[MetricSpec] = Registry(
    "metric",
    (
        MetricSpec(name="final_equity", unit="quote currency", label="Final equity", group="Return"),
        MetricSpec(name="total_return", unit="fraction", label="Total return", group="Return", signed=True),
        MetricSpec(name="cagr", unit="fraction", label="Return per year (CAGR)", group="Return", signed=True),
        MetricSpec(name="volatility", unit="fraction", label="Volatility", group="Return"),
        MetricSpec(name="sharpe", unit="ratio", label="Sharpe ratio", group="Return for risk"),
        MetricSpec(name="sortino", unit="ratio", label="Sortino ratio", group="Return for risk"),
        MetricSpec(name="calmar", unit="ratio", label="Calmar ratio", group="Return for risk"),
        MetricSpec(name="max_drawdown", unit="fraction", label="Maximum drawdown", group="Loss"),
        MetricSpec(name="max_drawdown_bars", unit="bars", label="Longest drawdown, bars", group="Loss"),
        MetricSpec(name="max_drawdown_seconds", unit="seconds", label="Longest drawdown", group="Loss"),
        MetricSpec(name="n_trades", unit="count", label="Trades", group="Trades"),
        MetricSpec(name="win_rate", unit="fraction", label="Win rate", group="Trades"),
        MetricSpec(name="profit_factor", unit="ratio", label="Profit factor", group="Trades"),
        MetricSpec(name="expectancy", unit="quote currency", label="Expectancy", group="Trades"),
        MetricSpec(name="exposure", unit="fraction", label="Time in the market", group="Trades"),
        MetricSpec(name="turnover", unit="ratio", label="Turnover", group="Trades"),
        MetricSpec(name="fees", unit="quote currency", label="Fees", group="Costs and size"),
        MetricSpec(name="slippage", unit="quote currency", label="Slippage", group="Costs and size"),
        MetricSpec(name="funding", unit="quote currency", label="Funding", group="Costs and size"),
        MetricSpec(name="cost_share", unit="fraction", label="Cost share", group="Costs and size"),
        MetricSpec(name="omega", unit="ratio", label="Omega ratio", group="Return for risk"),
        MetricSpec(name="value_at_risk_95", unit="fraction", label="Value at risk, 95\u00a0%", group="Loss", decimals=2),
        MetricSpec(name="expected_shortfall_95", unit="fraction", label="Expected shortfall, 95\u00a0%", group="Loss", decimals=2),
        MetricSpec(name="value_at_risk_99", unit="fraction", label="Value at risk, 99\u00a0%", group="Loss", decimals=2),
        MetricSpec(name="expected_shortfall_99", unit="fraction", label="Expected shortfall, 99\u00a0%", group="Loss", decimals=2),
        MetricSpec(name="skew", unit="ratio", label="Skewness", group="Return"),
        MetricSpec(name="kurtosis", unit="ratio", label="Excess kurtosis", group="Return"),
        MetricSpec(name="tail_ratio", unit="ratio", label="Tail ratio", group="Return"),
        MetricSpec(name="time_under_water", unit="fraction", label="Time under water", group="Loss"),
        MetricSpec(name="capacity_hint", unit="quote currency", label="Capacity hint", group="Costs and size"),
        MetricSpec(name="excess_return", unit="fraction", label="Excess return", group="Against the benchmark", signed=True),
        MetricSpec(name="alpha", unit="fraction", label="Alpha", group="Against the benchmark", signed=True),
        MetricSpec(name="beta", unit="ratio", label="Beta", group="Against the benchmark"),
        MetricSpec(name="correlation", unit="ratio", label="Correlation", group="Against the benchmark"),
        MetricSpec(name="tracking_error", unit="fraction", label="Tracking error", group="Against the benchmark"),
        MetricSpec(name="information_ratio", unit="ratio", label="Information ratio", group="Against the benchmark"),
        MetricSpec(name="up_capture", unit="fraction", label="Up capture", group="Against the benchmark"),
        MetricSpec(name="down_capture", unit="fraction", label="Down capture", group="Against the benchmark"),
    ),
    field="metric",
)
"""How each is shown."""
