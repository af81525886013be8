"""Figures of backtests by name: what a result, a sweep's row and the API's answers hold. Needs no NumPy.

What each means in full stands in `conventions`; a description here is what OpenAPI shows. None is a number that does
not exist, and nothing is infinite: JSON has no infinity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints

from pydantic import ConfigDict, Field


class Part:
    """Of a document: nothing but the named fields, each of its own type."""

    __slots__ = ()
    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)


class Figures(Part):
    """Numbers by name, None where one does not exist."""

    def to_dict(self) -> dict[str, Any]:
        """By name."""
        return dict(vars(self))


@dataclass(frozen=True)
class Metrics(Figures):
    """Fractions are fractions (0.01 is 1 %); null where a number does not exist. The result names the conventions."""

    final_equity: Annotated[float, Field(description="Quote currency")]
    total_return: float
    cagr: Annotated[float | None, Field(description="Per year of 365 days")]
    volatility: Annotated[float | None, Field(description="Annualised")]
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: Annotated[float, Field(description="Positive fraction of the peak")]
    max_drawdown_bars: int
    max_drawdown_seconds: int
    n_trades: Annotated[int, Field(description="Closed round trips")]
    win_rate: float | None
    profit_factor: float | None
    expectancy: Annotated[float | None, Field(description="Mean profit per closed trade, quote currency")]
    exposure: Annotated[float, Field(description="Fraction of bars that closed with a position")]
    turnover: Annotated[float | None, Field(description="Per year, in mean equities")]
    fees: Annotated[float, Field(description="Quote currency")]
    slippage: Annotated[float, Field(description="Quote currency")]
    funding: Annotated[float, Field(description="Quote currency, paid less received")]
    cost_share: Annotated[float | None, Field(description="Costs over the profit before costs")]


FIGURES = tuple(Metrics.__dataclass_fields__)
WHOLE = tuple(name for name, kind in get_type_hints(Metrics).items() if kind is int)
"""Those that count something."""


@dataclass(frozen=True)
class Distribution(Figures):
    """Of bar returns, not annualised. Risk is a positive fraction of loss; a name's number is the confidence in %."""

    omega: float | None
    value_at_risk_95: Annotated[float | None, Field(description="Positive fraction lost in one bar")]
    expected_shortfall_95: float | None
    value_at_risk_99: float | None
    expected_shortfall_99: float | None
    skew: float | None
    kurtosis: Annotated[float | None, Field(description="Excess: a normal distribution has 0")]
    tail_ratio: float | None
    time_under_water: Annotated[float, Field(description="Fraction of bars")]


@dataclass(frozen=True)
class RunMetrics(Distribution, Metrics):
    """Those of a sweep's row, and the distribution of one run's bar returns."""

    capacity_hint: Annotated[
        float | None, Field(description="Initial equity at which the median fill takes 1 % of its bar")
    ]


@dataclass(frozen=True)
class Relative(Figures):
    """Against buy and hold, over the same bars."""

    excess_return: float
    alpha: Annotated[float | None, Field(description="Annualised")]
    beta: float | None
    correlation: float | None
    tracking_error: Annotated[float | None, Field(description="Annualised")]
    information_ratio: Annotated[float | None, Field(description="Annualised")]
    up_capture: float | None
    down_capture: float | None


@dataclass(frozen=True)
class RegimeFigures(Figures):
    """Of the bars of one regime; what each means stands in `conventions.REGIME_CONVENTIONS`."""

    total_return: float
    volatility: float | None
    sharpe: float | None
    max_drawdown: float
    win_rate: float | None
    profit_factor: float | None


@dataclass(frozen=True)
class RegimeRow(Part):
    """One regime, its sample sizes, and either its figures or the sentence that refuses them."""

    label: str
    bars: int
    share: float
    trades: int
    metrics: RegimeFigures | None
    refused: str | None
