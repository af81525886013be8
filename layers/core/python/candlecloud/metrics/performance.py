"""What was earned, and for what risk."""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.metrics.rows import RowMetric, Rows, where

FINAL_EQUITY = RowMetric(
    name="final_equity",
    unit="quote currency",
    label="Final equity",
    group="Return",
    convention="Quote currency, marked at the last close; an open position is not sold for this.",
    formula="E[n]",
    function=lambda rows: rows["final_equity"],
    nullable=False,
)

TOTAL_RETURN = RowMetric(
    name="total_return",
    unit="fraction",
    label="Total return",
    group="Return",
    convention="Final over initial equity, less 1.",
    formula="E[n] / E[0] - 1",
    function=lambda rows: rows.growth - 1.0,
    nullable=False,
    signed=True,
)

CAGR = RowMetric(
    name="cagr",
    unit="fraction",
    label="Return per year (CAGR)",
    group="Return",
    convention="Yearly compound rate over the time from the first open to the last close; a year is 365 days; "
    "null below 30 days.",
    formula="(E[n] / E[0]) ^ (1 / years) - 1",
    function=lambda rows: rows.cagr,
    signed=True,
)

VOLATILITY = RowMetric(
    name="volatility",
    unit="fraction",
    label="Volatility",
    group="Return",
    convention="Sample standard deviation (n - 1) of simple bar returns, times the root of bars per year (the run's "
    "bars over its time: an absent candle makes no bar); null below 30 returns.",
    formula="sqrt(sum((r - mean(r))^2) / (n - 1)) sqrt(Y)",
    function=lambda rows: rows.deviation * rows.annual_root,
)

SHARPE = RowMetric(
    name="sharpe",
    unit="ratio",
    label="Sharpe ratio",
    group="Return for risk",
    convention="Mean over sample standard deviation of simple bar returns, times the root of bars per year; riskless "
    "rate 0; null below 30 days or 30 returns, and where the returns differ by no more than rounding.",
    formula="mean(r) / sqrt(sum((r - mean(r))^2) / (n - 1)) sqrt(Y)",
    reference="Sharpe (1994), The Sharpe ratio",
    function=lambda rows: where(rows.deviation > 0.0, rows.mean_return / rows.deviation * rows.ratio_root),
)


def sortino(rows: Rows) -> FloatArray:
    """Mean return over the downside deviation, annualised."""
    downside = np.sqrt(rows["sum_negative_squares"] / rows.n_bars)
    return where(downside > 0.0, rows.mean_return / downside * rows.ratio_root)


SORTINO = RowMetric(
    name="sortino",
    unit="ratio",
    label="Sortino ratio",
    group="Return for risk",
    convention="Mean bar return over the root of the mean squared negative bar return (all bars in the mean, target "
    "0), times the root of bars per year; null below 30 days or 30 returns, and without a loss.",
    formula="mean(r) / sqrt(sum(min(r, 0)^2) / n) sqrt(Y)",
    reference="Sortino, Price (1994), Performance measurement in a downside risk framework",
    function=sortino,
)

CALMAR = RowMetric(
    name="calmar",
    unit="ratio",
    label="Calmar ratio",
    group="Return for risk",
    convention="cagr over max_drawdown; null below 30 days, and without a drawdown.",
    formula="cagr / max_drawdown",
    reference="Young (1991), Calmar ratio: a smoother tool",
    function=lambda rows: where(rows["max_drawdown"] > 0.0, rows.cagr / rows["max_drawdown"]),
)

PERFORMANCE = (FINAL_EQUITY, TOTAL_RETURN, CAGR, VOLATILITY, SHARPE, SORTINO, CALMAR)
