"""One run: candles and a configuration in, the whole result out, as the same bytes wherever and however often."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa

from candlecloud.backtest.simulation import Simulation
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.registry import compute_feature, find_feature
from candlecloud.metrics.capacity import capacity_hint
from candlecloud.metrics.conventions import REGIME_CONVENTIONS, RELATIVE_CONVENTIONS, RUN_CONVENTIONS
from candlecloud.metrics.curves import bar_returns
from candlecloud.metrics.distribution import describe_distribution
from candlecloud.metrics.regimes import describe_regimes, labels_in_force
from candlecloud.metrics.relative import compare_with_benchmark
from candlecloud.runs.config import RunConfig, canonical_json
from candlecloud.runs.decide import Decisions, decide, prove_causality
from candlecloud.runs.describe import describe_assumptions, describe_bars, describe_coverage, describe_trade, moment
from candlecloud.runs.identity import Identity
from candlecloud.runs.inputs import RunInputs
from candlecloud.runs.manifest import build_manifest
from candlecloud.runs.simulate import BENCHMARK, benchmark_of, simulate_run, statistics_of_run, summary_of_row

RESULT_SCHEMA = "candlecloud.run/2"
REGIMES = {"trend": "trend_regime", "volatility": "volatility_regime"}
_REFUSED_SHOWN = 1_000
_BAND = ("final_equity", "total_return", "sharpe", "max_drawdown", "n_trades", "win_rate")


@dataclass(frozen=True)
class RunResult:
    """A finished run.

    Attributes
    ----------
    document : dict
        The whole result, JSON-able.
    manifest : bytes
        How to compute it again.
    """

    document: dict[str, Any]
    manifest: bytes

    @property
    def content(self) -> bytes:
        """The result as canonical JSON."""
        return canonical_json(self.document)

    @property
    def summary(self) -> dict[str, Any]:
        """The parts that fit into the run's record."""
        return {name: self.document[name] for name in ("metrics", "benchmark", "relative", "data", "assumptions")}


def evaluate_run(identity: Identity, inputs: RunInputs) -> RunResult:
    """Compute one run, its benchmark, and all that describes them.

    Parameters
    ----------
    identity : Identity
        Of a pinned `RunConfig`.

    Raises
    ------
    ConflictError
        If the candles are not those of the identity.
    LookAheadError
        If the tripwire is on and a decision saw the future.
    """
    config = cast(RunConfig, identity.config)
    setting = config.setting
    inputs.check_revision(identity.data_revision)
    bars = bars_from_table(inputs.candles)
    finer = None if inputs.finer is None else bars_from_table(inputs.finer)
    decisions = decide(bars, config)
    tripwire = _spring_tripwire(decisions, config, identity)
    result = simulate_run(decisions, setting, finer)
    benchmark_config = benchmark_of(setting)
    benchmark_decisions = decide(bars, benchmark_config)
    benchmark = simulate_run(benchmark_decisions, benchmark_config.setting, None)
    coverage = describe_coverage(setting, config.warmup_bars, inputs)
    assumptions = describe_assumptions(setting, decisions.bars)
    document = {
        "schema": RESULT_SCHEMA,
        "run_id": identity.id,
        **identity.deciding(),
        "assumptions": assumptions,
        "data": describe_bars(decisions.bars, decisions.first) | coverage.to_dict(),
        "metrics": _metrics(decisions, config, finer, result),
        "benchmark": {
            "strategy": BENCHMARK,
            "metrics": _summary(benchmark_decisions, benchmark_config, None),
        },
        "relative": compare_with_benchmark(
            result.equity, benchmark.equity, setting.initial_equity, setting.series.timeframe.ms
        ).to_dict(),
        "regimes": _regimes(decisions, result, setting.series.timeframe.ms),
        "intrabar": _intrabar(decisions, config, finer, result),
        "tripwire": tripwire,
        "conventions": dict(RUN_CONVENTIONS),
        "relative_conventions": dict(RELATIVE_CONVENTIONS),
        "regime_conventions": dict(REGIME_CONVENTIONS),
        "trades": [describe_trade(trade) for trade in result.trades()],
        **_orders(result),
        "curves": {
            "close_time": decisions.bars.close_time[decisions.first :].tolist(),
            "equity": result.equity.tolist(),
            "drawdown": result.drawdown.tolist(),
            "benchmark_equity": benchmark.equity.tolist(),
            "benchmark_drawdown": benchmark.drawdown.tolist(),
        },
    }
    return RunResult(document, build_manifest(identity, coverage, assumptions, library_versions()))


def library_versions() -> dict[str, str]:
    """What computes here."""
    return {"python": platform.python_version(), "numpy": np.__version__, "pyarrow": pa.__version__}


def _summary(decisions: Decisions, config: RunConfig, finer: Bars | None) -> dict[str, Any]:
    row = statistics_of_run(decisions, config, finer)
    return dict(summary_of_row(row, decisions.bars, decisions.first, config.setting).to_dict())


def _metrics(decisions: Decisions, config: RunConfig, finer: Bars | None, result: Simulation) -> dict[str, Any]:
    """All numbers of the run under their names: those of a sweep's row first."""
    initial = config.setting.initial_equity
    quantities = np.array([fill.quantity for fill in result.fills])
    volumes = result.bars.volume[[fill.bar for fill in result.fills]] if result.fills else np.empty(0)
    return (
        _summary(decisions, config, finer)
        | describe_distribution(result.equity, initial).to_dict()
        | {"capacity_hint": capacity_hint(quantities, volumes, initial)}
    )


def _spring_tripwire(decisions: Decisions, config: RunConfig, identity: Identity) -> dict[str, Any]:
    if not config.setting.tripwire:
        return {"on": False, "cuts": [], "passed": None}
    rng = np.random.default_rng([config.setting.seed, int(identity.id[-16:], 16)])
    cuts = prove_causality(decisions, config, rng)
    opened = decisions.bars.open_time
    return {"on": True, "cuts": [moment(int(opened[cut])) for cut in cuts], "passed": True}


def _regimes(decisions: Decisions, result: Simulation, timeframe_ms: int) -> dict[str, Any]:
    """The run's figures by the regime that was known when each bar began."""
    returns = bar_returns(result.equity, result.initial_equity)
    entries = np.array([trade.entry_time for trade in result.trades()], np.int64)
    entry_bars = np.searchsorted(decisions.bars.open_time[decisions.first :], entries)
    profits = np.array(result.profits)
    found: dict[str, Any] = {}
    for name, label in REGIMES.items():
        labels = labels_in_force(compute_feature(decisions.bars, label, {})[label], decisions.first)
        rows = describe_regimes(returns, labels, find_feature(label).labels, entry_bars, profits, timeframe_ms)
        found[name] = [row.to_dict() for row in rows]
    return found


def _intrabar(decisions: Decisions, config: RunConfig, finer: Bars | None, result: Simulation) -> dict[str, Any]:
    """What the bars that held both stop and target could have made of the run."""
    ambiguous = int(result.tallies.ambiguous_exits)
    if not config.setting.trading.stops.can_collide:
        return {"ambiguous_exits": 0, "finer_timeframe": None, "pessimistic": None, "optimistic": None}
    kindest = simulate_run(decisions, config.setting, finer, optimistic=True) if ambiguous else result
    pessimistic, optimistic = (simulation.summary().to_dict() for simulation in (result, kindest))
    return {
        "ambiguous_exits": ambiguous,
        "finer_timeframe": None if finer is None else config.setting.finer_timeframe,
        "pessimistic": {name: pessimistic[name] for name in _BAND},
        "optimistic": {name: optimistic[name] for name in _BAND},
    }


def _orders(result: Simulation) -> dict[str, Any]:
    """What is left at the end, and what did not trade, and why."""
    opened = result.bars.open_time
    reasons = [reason for _, reason in result.refused]
    return {
        "open_position": result.open_position(),
        "waiting_target": result.waiting_target,
        "ruined": result.ruined,
        "refused_orders": [
            {"time": moment(int(opened[bar])), "reason": reason} for bar, reason in result.refused[:_REFUSED_SHOWN]
        ],
        "refused_counts": {reason: reasons.count(reason) for reason in sorted(set(reasons))},
        "capped_fills": len(result.capped),
    }
