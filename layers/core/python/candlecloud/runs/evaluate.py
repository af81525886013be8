"""Candles and a configuration in, results out, as the same bytes wherever and however often it is done."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pyarrow as pa

from candlecloud.backtest.assumptions import name_assumptions
from candlecloud.backtest.costs import Costs
from candlecloud.backtest.engine import simulate
from candlecloud.backtest.orders import Direction
from candlecloud.backtest.simulation import Simulation
from candlecloud.backtest.trades import Trade
from candlecloud.errors import ConflictError, InsufficientDataError, InvalidParameterError
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.market.candle import MARKET_COLUMNS, times_ms
from candlecloud.market.checksum import market_checksum
from candlecloud.market.moment import iso
from candlecloud.metrics.conventions import CONVENTIONS
from candlecloud.runs.config import RunConfig, Setting, canonical_json
from candlecloud.runs.identity import Identity
from candlecloud.runs.manifest import build_manifest
from candlecloud.runs.sufficiency import Coverage, measure_coverage, needed_range
from candlecloud.runs.sweep import SweepConfig

RUN_COLUMNS = ("open_time", "close_time", *MARKET_COLUMNS)
"""Columns of the candles that a run reads."""

RESULT_SCHEMA = "candlecloud.run/1"
_BENCHMARK = "buy_and_hold"


@dataclass(frozen=True)
class RunResult:
    """A finished run.

    Attributes
    ----------
    content : bytes
        The whole result, canonical JSON.
    manifest : bytes
        How to compute it again.
    summary : dict
        The numbers that fit into the run's record.
    """

    content: bytes
    manifest: bytes
    summary: dict[str, Any]


def check_revision(table: pa.Table, data_revision: str) -> None:
    """Check that these are the candles that a run or sweep was submitted on.

    Raises
    ------
    ConflictError
        If not.
    """
    found = market_checksum(table)
    if found != data_revision:
        raise ConflictError(
            "The stored candles are not those of the submission.",
            hint="Submit it again: it then runs on the candles of now.",
            wanted=data_revision,
            found=found,
        )


def evaluate_run(identity: Identity, table: pa.Table) -> RunResult:
    """Compute one run and its benchmark.

    Parameters
    ----------
    identity : Identity
        Of a pinned `RunConfig`.
    table : pyarrow.Table
        `RUN_COLUMNS` of the run's range and the warm-up before it, in order.

    Raises
    ------
    ConflictError
        If the candles are not those of the identity.
    """
    config = cast(RunConfig, identity.config)
    check_revision(table, identity.data_revision)
    bars = bars_from_table(table)
    result = run_once(bars, config)
    benchmark = run_once(bars, benchmark_of(config))
    coverage = _coverage(config.setting, config.warmup_bars, table)
    assumptions = _assumptions(config.setting, result.bars)
    metrics, held = result.summary().to_dict(), benchmark.summary().to_dict()
    document = {
        "schema": RESULT_SCHEMA,
        "run_id": identity.id,
        **identity.deciding(),
        "assumptions": assumptions,
        "data": _bars_described(result) | coverage.to_dict(),
        "metrics": metrics,
        "benchmark": {"strategy": _BENCHMARK, "metrics": held},
        "conventions": dict(CONVENTIONS),
        "trades": [_trade_document(trade) for trade in result.trades()],
        "open_position": result.open_position(),
        "waiting_target": result.waiting_target,
        "ruined": result.ruined,
        "curves": {
            "close_time": bars.close_time[bars.index_of(config.range.start) :].tolist(),
            "equity": result.equity.tolist(),
            "drawdown": result.drawdown.tolist(),
            "benchmark_equity": benchmark.equity.tolist(),
            "benchmark_drawdown": benchmark.drawdown.tolist(),
        },
    }
    summary = {
        "metrics": metrics,
        "benchmark": {"strategy": _BENCHMARK, "metrics": held},
        "data": coverage.to_dict(),
        "assumptions": assumptions,
    }
    manifest = build_manifest(identity, coverage, assumptions, library_versions())
    return RunResult(canonical_json(document), manifest, summary)


def evaluate_batch(config: SweepConfig, table: pa.Table, start: int, end: int) -> dict[str, Any]:
    """Compute the parameter sets ``start`` to ``end - 1`` of a sweep.

    Parameters
    ----------
    config : SweepConfig
        Pinned.
    table : pyarrow.Table
        `RUN_COLUMNS` of the sweep's range and its longest warm-up, in order.

    Returns
    -------
    dict
        JSON-able: ``rows`` in order of the sets, each what `run_once` gives on the set alone; the batch that holds
        set 0 also carries ``common``, what all sets share.

    Raises
    ------
    InvalidParameterError
        If there are no such sets.
    """
    if not 0 <= start < end <= len(config.sets.valid):
        raise InvalidParameterError(
            f"A sweep of {len(config.sets.valid)} sets has no batch [{start}, {end}).", field="start"
        )
    bars = bars_from_table(table)
    rows = [
        {
            "set": number,
            "parameters": config.sets.valid[number],
            "metrics": run_once(bars, config.run_config(number)).summary().to_dict(),
        }
        for number in range(start, end)
    ]
    return {"start": start, "end": end, "rows": rows, "common": _common(config, bars, table) if start == 0 else None}


def run_once(bars: Bars, config: RunConfig) -> Simulation:
    """Simulate one configuration on bars that reach back to its warm-up or further.

    It sees its own warm-up and no bar before it, so that a set of a sweep is the run of that set alone.

    Raises
    ------
    InsufficientDataError
        If no bar lies in the range.
    """
    own = bars.since(needed_range(config.range, config.warmup_bars, config.series).start)
    first = own.index_of(config.range.start)
    if first >= len(own):
        raise InsufficientDataError("No candle lies in the run's range.", start=iso(config.range.start))
    setting = config.setting
    return simulate(
        own,
        setting.strategy_rule.target(own, config.parameters),
        Costs(setting.fee_bps, setting.slippage_bps),
        initial_equity=setting.initial_equity,
        direction=cast(Direction, setting.direction),
        flatten_at_end=setting.flatten_at_end,
        first=first,
    )


def benchmark_of(config: RunConfig | SweepConfig) -> RunConfig:
    """Buy and hold in the same market and time, with the same money and costs, long."""
    return RunConfig(replace(config.setting, strategy=_BENCHMARK, direction="long"), {})


def library_versions() -> dict[str, str]:
    """What computes here."""
    return {"python": platform.python_version(), "numpy": np.__version__, "pyarrow": pa.__version__}


def _common(config: SweepConfig, bars: Bars, table: pa.Table) -> Mapping[str, Any]:
    benchmark = run_once(bars, benchmark_of(config))
    return {
        "assumptions": _assumptions(config.setting, benchmark.bars),
        "data": _bars_described(benchmark) | _coverage(config.setting, config.warmup_bars, table).to_dict(),
        "benchmark": {"strategy": _BENCHMARK, "metrics": benchmark.summary().to_dict()},
        "conventions": dict(CONVENTIONS),
    }


def _coverage(setting: Setting, warmup_bars: int, table: pa.Table) -> Coverage:
    needed = needed_range(setting.range, warmup_bars, setting.series)
    return measure_coverage(needed, times_ms(table), setting.series)


def _assumptions(setting: Setting, bars: Bars) -> dict[str, Any]:
    return name_assumptions(
        Costs(setting.fee_bps, setting.slippage_bps),
        direction=cast(Direction, setting.direction),
        flatten_at_end=setting.flatten_at_end,
        is_derivative=setting.series.symbol.settle is not None,
        unknown_volume_bars=int(np.isnan(bars.volume).sum()),
    )


def _bars_described(simulation: Simulation) -> dict[str, Any]:
    bars, first = simulation.bars, simulation.first
    return {
        "bars": len(bars) - first,
        "warmup_bars": first,
        "first_open": iso(int(bars.open_time[first])),
        "last_close": iso(int(bars.close_time[-1])),
        "price_scale": bars.scale,
    }


def _trade_document(trade: Trade) -> dict[str, Any]:
    times = {"entry_time": trade.entry_time, "exit_time": trade.exit_time}
    return trade.to_dict() | {name: {"iso": iso(t), "unix_ms": t} for name, t in times.items()}
