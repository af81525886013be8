"""What a backtest is described by, on the wire."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from candlecloud.contract.fields import Strict

Metric = Literal[
    "final_equity", "total_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "max_drawdown",
    "max_drawdown_bars", "max_drawdown_seconds", "n_trades", "win_rate", "profit_factor", "expectancy", "exposure",
    "turnover", "fees", "slippage", "funding", "cost_share",
]  # fmt: skip
SortKey = Literal[Metric, "set"]


class Metrics(Strict):
    """Fractions are fractions (0.01 is 1 %); null where a number does not exist. The result names the conventions."""

    final_equity: float = Field(description="Quote currency")
    total_return: float
    cagr: float | None = Field(description="Per year of 365 days")
    volatility: float | None = Field(description="Annualised")
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float = Field(description="Positive fraction of the peak")
    max_drawdown_bars: int
    max_drawdown_seconds: int
    n_trades: int = Field(description="Closed round trips")
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None = Field(description="Mean profit per closed trade, quote currency")
    exposure: float = Field(description="Fraction of bars that closed with a position")
    turnover: float | None = Field(description="Per year, in mean equities")
    fees: float = Field(description="Quote currency")
    slippage: float = Field(description="Quote currency")
    funding: float = Field(description="Quote currency, paid less received")
    cost_share: float | None = Field(description="Costs over the profit before costs")


class RunMetrics(Metrics):
    """Those of a sweep's row, and the distribution of one run's bar returns."""

    omega: float | None
    value_at_risk_95: float | None = Field(description="Positive fraction lost in one bar")
    expected_shortfall_95: float | None
    value_at_risk_99: float | None
    expected_shortfall_99: float | None
    skew: float | None
    kurtosis: float | None = Field(description="Excess: a normal distribution has 0")
    tail_ratio: float | None
    time_under_water: float = Field(description="Fraction of bars")
    capacity_hint: float | None = Field(description="Initial equity at which the median fill takes 1 % of its bar")


class Relative(Strict):
    """Against buy and hold, over the same bars."""

    excess_return: float
    alpha: float | None = Field(description="Annualised")
    beta: float | None
    correlation: float | None
    tracking_error: float | None = Field(description="Annualised")
    information_ratio: float | None = Field(description="Annualised")
    up_capture: float | None
    down_capture: float | None


class Benchmark(Strict):
    """The same market, time, money and costs with another strategy."""

    strategy: str
    metrics: Metrics


class RunBenchmark(Strict):
    """Buy and hold in the same market and time, with the same money and costs; it too is subject to market rules."""

    strategy: str
    metrics: RunMetrics
    refused_counts: dict[str, int] = Field(description="Its orders that were turned down, by reason")
    capped_fills: int = Field(description="Bars on which the participation cap left some of its order")


class Span(Strict):
    """A half-open range."""

    start: str
    end: str


class DataCoverage(Strict):
    """The bars of a run, and what the stored candles cover of them, warm-up included."""

    bars: int = Field(description="Of the run's range")
    warmup_bars: int = Field(description="Before it")
    first_open: str = Field(description="Of the range; orders can fill from here on")
    last_close: str
    price_scale: int = Field(description="Decimal places of the prices")
    required_candles: int
    received_candles: int
    missing_candles: int
    gaps: int
    first_gaps: list[Span]


class Failure(Strict):
    """Why a run or sweep, or a part of it, gave no result."""

    code: str
    message: str
    hint: str | None = None
    details: dict[str, Any] | None = None


class MissingBatch(Strict):
    """Parameter sets `start` to `end - 1`, which have no result."""

    batch: int
    start: int
    end: int
    error: Failure
