"""The result of a run: its one definition, for who computes it, shows it, describes it over HTTP or reads it again.

Needs no NumPy. `candlecloud.experiments` computes the figures; `contract.result_json` writes a result and reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import FailFast, Field

from candlecloud.backtest.trade_figures import TradeFigures
from candlecloud.contract.run import RunConfig
from candlecloud.market.instant import iso
from candlecloud.metrics.figures import Metrics, Relative, RunMetrics
from candlecloud.metrics.regime_row import RegimeRow
from candlecloud.metrics.result_part import Part

RESULT_SCHEMA: Literal["candlecloud.run/4"] = "candlecloud.run/4"
Side = Literal["long", "short"]
Curve = Annotated[list[float], FailFast()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamp(Part):
    """A time written both ways."""

    iso: str
    unix_ms: int

    @classmethod
    def of(cls, time_ms: int) -> Timestamp:
        """Of ms UTC."""
        return cls(iso=iso(time_ms), unix_ms=time_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span(Part):
    """A half-open range."""

    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCoverage(Part):
    """The bars of a run, and what the stored candles cover of them, warm-up included."""

    bars: Annotated[int, Field(description="Of the run's range")]
    warmup_bars: Annotated[int, Field(description="Before it")]
    first_open: Annotated[str, Field(description="Of the range; orders can fill from here on")]
    last_close: str
    price_scale: Annotated[int, Field(description="Decimal places of the prices")]
    required_candles: int
    received_candles: int
    missing_candles: int
    gaps: int
    first_gaps: list[Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark(Part):
    """The same market, time, money and costs with another strategy."""

    strategy: str
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBenchmark(Part):
    """Buy and hold in the same market and time, with the same money and costs; it too is subject to market rules."""

    strategy: str
    metrics: RunMetrics
    refused_counts: Annotated[dict[str, int], Field(description="Its orders that were turned down, by reason")]
    capped_fills: Annotated[int, Field(description="How often the participation cap left some of an order")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimes(Part):
    """Figures by the label that was known when each bar began; one row per label."""

    trend: list[RegimeRow]
    volatility: list[RegimeRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendParameters(Part):
    """The feature behind the trend's labels; window in bars, band as a fraction of the mean."""

    feature: str
    window: int
    band: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilityParameters(Part):
    """The feature behind the volatility's labels; window and lookback in bars, low and high as ranks."""

    feature: str
    window: int
    lookback: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeParameters(Part):
    """What the labels of both kinds of regime were computed from."""

    trend: TrendParameters
    volatility: VolatilityParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Part):
    """What the whole run comes to under one order of events inside its bars."""

    final_equity: float
    total_return: float
    sharpe: float | None
    max_drawdown: float
    n_trades: int
    win_rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrabarBand(Part):
    """What the bars that held both stop and target could have made of the run; both are None where none can.

    Attributes
    ----------
    finer_timeframe : str or None
        Of the candles that were asked first.
    finer_bars : int
        Bars of the run that hold such candles.
    pessimistic, optimistic : Outcome or None
        The stop first, which counts, and the target first.
    """

    ambiguous_exits: int
    finer_timeframe: str | None
    finer_bars: int
    pessimistic: Outcome | None
    optimistic: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAheadTest(Part):
    """The look-ahead test: the cuts behind which the future was garbage; `passed` is None where there is no verdict.

    Attributes
    ----------
    untested : str or None
        Why there is none: it was off, or the targets were brought and nothing here makes them. None where it ran.
    """

    on: bool
    cuts: list[Timestamp]
    passed: bool | None
    untested: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTrade(TradeFigures):
    """A round trip; a fill within a bar has the time of the bar's close."""

    entry_time: Timestamp
    exit_time: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPosition(Part):
    """Held after the last bar; `entry_time` in ms UTC, quantity signed, value and profit in quote currency."""

    direction: Side
    entry_time: int
    quantity: float
    last_close: float
    value: float
    pnl: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedOrder(Part):
    """An order that did not trade: the open of its bar, and why."""

    time: Timestamp
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves(Part):
    """One entry per bar of the run: ms UTC of its close, quote currency, positive fractions."""

    close_time: Annotated[list[int], FailFast()]
    equity: Curve
    drawdown: Curve
    benchmark_equity: Curve
    benchmark_drawdown: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary(Part):
    """The parts of a result that fit into the run's record."""

    metrics: RunMetrics
    benchmark: RunBenchmark
    relative: Relative
    data: DataCoverage
    assumptions: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult(RunSummary):
    """A finished run.

    Attributes
    ----------
    config : RunConfig
        What was asked, in full. ``as_of`` is no part of a stored result.
    data_revision : str
        Checksum of the candles that were read.
    assumptions : dict
        Every switch of order handling by name.
    waiting_target : float or None
        Of an order, or of the rest of one, that no bar has filled by the end.
    refused_orders : list of RefusedOrder
        The first 1,000; `refused_counts` counts them all.
    capped_fills : int
        Fills that participation cut short.
    """

    schema: Literal["candlecloud.run/4"]
    run_id: str
    config: RunConfig
    data_revision: str
    code_version: str
    regimes: Regimes
    regime_parameters: RegimeParameters
    intrabar: IntrabarBand
    look_ahead_test: LookAheadTest
    conventions: dict[str, str]
    relative_conventions: dict[str, str]
    regime_conventions: dict[str, str]
    trades: list[ClosedTrade]
    open_position: OpenPosition | None
    waiting_target: float | None
    ruined: bool
    refused_orders: list[RefusedOrder]
    refused_counts: dict[str, int]
    capped_fills: int
    curves: Curves

    @property
    def summary(self) -> RunSummary:
        """What the run's record keeps."""
        return RunSummary(
            metrics=self.metrics,
            benchmark=self.benchmark,
            relative=self.relative,
            data=self.data,
            assumptions=self.assumptions,
        )
