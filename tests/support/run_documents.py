"""Small results around any equity curve, for tests of the tear sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from candlecloud.contract.results import (
    RESULT_SCHEMA,
    ClosedTrade,
    Curves,
    DataCoverage,
    IntrabarBand,
    LookAheadTest,
    OpenPosition,
    RegimeParameters,
    Regimes,
    RunBenchmark,
    RunResult,
    Timestamp,
    TrendParameters,
    VolatilityParameters,
)
from candlecloud.contract.run import RunConfig
from candlecloud.market.instant import iso
from candlecloud.metrics.capacity import CAPACITY
from candlecloud.metrics.curves import drawdowns
from candlecloud.metrics.distribution import DISTRIBUTION
from candlecloud.metrics.figures import Relative, RunMetrics
from candlecloud.metrics.metric import conventions_of
from candlecloud.metrics.regime_row import RegimeRow
from candlecloud.metrics.regimes import REGIME_CONVENTIONS
from candlecloud.metrics.relative import RELATIVE
from candlecloud.metrics.summary import SUMMARY

START = 1_672_531_200_000
"""2023-01-01."""
HOUR = 3_600_000
CONFIG: dict[str, Any] = {
    "exchange": "binance",
    "symbol": "BTC-USDT",
    "timeframe": "1h",
    "strategy": "dual_sma",
    "direction": "both",
    "parameters": {"fast": 5, "slow": 20},
}
TREND = TrendParameters(feature="trend_regime", window=200, band=0.02)
VOLATILITY = VolatilityParameters(feature="volatility_regime", window=24, lookback=720, low=0.25, high=0.75)


def small_result(
    equity: Sequence[float],
    benchmark: Sequence[float] | None = None,
    *,
    initial: float = 100.0,
    hours: int = 1,
    **parts: Any,
) -> RunResult:
    """A result around an equity curve from 2023-01-01 on, with a close every so many hours.

    `parts` replace what stands at the top level.
    """
    mine = np.array(equity, dtype=np.float64)
    held = mine if benchmark is None else np.array(benchmark, dtype=np.float64)
    n = len(mine)
    result = RunResult(
        schema=RESULT_SCHEMA,
        run_id="run_0123456789abcdef",
        data_revision="revision",
        code_version="0.0.0+test",
        config=RunConfig.from_dict(CONFIG | {"initial_equity": initial}),
        assumptions={"stops": "off", "fee": {"model": "bps_of_notional", "bps": 10.0}, "flatten_at_end": False},
        data=DataCoverage(
            bars=n,
            warmup_bars=20,
            first_open=iso(START),
            last_close=iso(START + n * hours * HOUR),
            price_scale=2,
            required_candles=n + 21,
            received_candles=n + 20,
            missing_candles=1,
            gaps=1,
            first_gaps=[],
        ),
        metrics=metrics_of(mine, initial),
        benchmark=RunBenchmark(
            strategy="buy_and_hold", metrics=metrics_of(held, initial), refused_counts={}, capped_fills=0
        ),
        relative=Relative(**dict.fromkeys(RELATIVE) | {"excess_return": 0.0}),
        regimes=Regimes(trend=[refused_regime("up")], volatility=[refused_regime("low")]),
        regime_parameters=RegimeParameters(trend=TREND, volatility=VOLATILITY),
        intrabar=IntrabarBand(ambiguous_exits=0, finer_timeframe=None, finer_bars=0, pessimistic=None, optimistic=None),
        look_ahead_test=LookAheadTest(on=True, cuts=[Timestamp.of(START)], passed=True),
        conventions=conventions_of({**SUMMARY, **DISTRIBUTION, **CAPACITY}),
        relative_conventions=conventions_of(RELATIVE),
        regime_conventions=dict(REGIME_CONVENTIONS),
        trades=[],
        open_position=None,
        waiting_target=None,
        ruined=bool((mine <= 0.0).any()),
        refused_orders=[],
        refused_counts={},
        capped_fills=0,
        curves=Curves(
            close_time=[START + hours * HOUR * (i + 1) for i in range(n)],
            equity=mine.tolist(),
            drawdown=drawdowns(mine, initial).tolist(),
            benchmark_equity=held.tolist(),
            benchmark_drawdown=drawdowns(held, initial).tolist(),
        ),
    )
    return replace(result, **parts)


def configured(result: RunResult, **fields: Any) -> RunResult:
    """The same with other fields in its configuration."""
    return replace(result, config=RunConfig.from_dict(result.config.to_dict() | fields))


def measured(result: RunResult, **metrics: Any) -> RunResult:
    """The same with other metrics."""
    return replace(result, metrics=replace(result.metrics, **metrics))


def held_by(result: RunResult, *, metrics: dict[str, Any] | None = None, **fields: Any) -> RunResult:
    """The same with another benchmark."""
    benchmark = replace(result.benchmark, metrics=replace(result.benchmark.metrics, **metrics or {}))
    return replace(result, benchmark=replace(benchmark, **fields))


def trade(return_fraction: float, holding_seconds: int, **fields: Any) -> ClosedTrade:
    """A closed trade."""
    closed = ClosedTrade(
        direction="long",
        entry_time=Timestamp.of(START),
        exit_time=Timestamp.of(START + 1000 * holding_seconds),
        entry_price=100.0,
        exit_price=100.0 * (1.0 + return_fraction),
        quantity=1.0,
        fees=0.2,
        slippage=0.1,
        funding=0.0,
        pnl=100.0 * return_fraction,
        return_fraction=return_fraction,
        mae=0.0,
        mfe=0.0,
        holding_bars=holding_seconds // 3600,
        holding_seconds=holding_seconds,
        exit_reason="target",
    )
    return replace(closed, **fields)


def short_position(**fields: Any) -> OpenPosition:
    """A short that is still held."""
    held = OpenPosition(direction="short", entry_time=START, quantity=-1.0, last_close=90.0, value=-90.0, pnl=10.0)
    return replace(held, **fields)


def refused_regime(label: str) -> RegimeRow:
    """A regime with too few bars."""
    return RegimeRow(label, 9, 0.1, 0, None, "9 bars are few")


def metrics_of(equity: np.ndarray[Any, np.dtype[np.float64]], initial: float) -> RunMetrics:
    """What the curve alone says; the rest is None, or 0 where it cannot be None."""
    numbers: dict[str, Any] = dict.fromkeys(RunMetrics.__dataclass_fields__)
    numbers |= dict.fromkeys(("max_drawdown_bars", "max_drawdown_seconds", "n_trades"), 0)
    numbers |= dict.fromkeys(("fees", "slippage", "funding", "time_under_water", "total_return"), 0.0)
    numbers |= {"exposure": 0.5, "final_equity": initial}
    if len(equity):
        numbers |= {"final_equity": float(equity[-1]), "total_return": float(equity[-1]) / initial - 1.0}
    return RunMetrics(**numbers | {"max_drawdown": float(drawdowns(equity, initial).max(initial=0.0))})
