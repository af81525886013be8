"""One run: candles and a configuration in, the whole result out, as the same bytes wherever and however often."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa

from candlecloud.backtest.finer import fine_bars
from candlecloud.backtest.simulation import Simulation
from candlecloud.contract.run import RunConfig
from candlecloud.contract.setting import canonical_json
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.metrics.capacity import capacity_hint
from candlecloud.metrics.conventions import REGIME_CONVENTIONS, RELATIVE_CONVENTIONS, RUN_CONVENTIONS
from candlecloud.metrics.distribution import describe_distribution
from candlecloud.metrics.relative import compare_with_benchmark
from candlecloud.runs.decide import Decisions, decide, prove_causality
from candlecloud.runs.describe import describe_assumptions, describe_bars, describe_coverage, describe_trade, moment
from candlecloud.runs.execution import BENCHMARK, benchmark_of
from candlecloud.runs.identity import Identity
from candlecloud.runs.inputs import RunInputs
from candlecloud.runs.manifest import build_manifest
from candlecloud.runs.regimes import describe_by_regime, regimes_of
from candlecloud.runs.simulate import simulate_run, statistics_of_run, summary_of_row

RESULT_SCHEMA = "candlecloud.run/2"
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
    inputs.check_revision(identity.data_revision)
    bars = bars_from_table(inputs.candles)
    finer = None if inputs.finer is None else bars_from_table(inputs.finer)
    decisions = decide(bars, config, config.parameters)
    tripwire = _spring_tripwire(decisions, config, identity)
    result = simulate_run(decisions, config, finer)
    benchmark_config = benchmark_of(config)
    benchmark_decisions = decide(bars, benchmark_config, benchmark_config.parameters)
    benchmark = simulate_run(benchmark_decisions, benchmark_config, None)
    coverage = describe_coverage(config, config.warmup_bars, inputs)
    assumptions = describe_assumptions(config, decisions.bars)
    document = {
        "schema": RESULT_SCHEMA,
        "run_id": identity.id,
        **identity.deciding(),
        "assumptions": assumptions,
        "data": describe_bars(decisions.bars, decisions.first) | coverage.to_dict(),
        "metrics": _metrics(decisions, config, finer, result),
        "benchmark": {
            "strategy": BENCHMARK,
            "metrics": _metrics(benchmark_decisions, benchmark_config, None, benchmark),
            "refused_counts": _counts(benchmark),
            "capped_fills": len(benchmark.capped),
        },
        "relative": compare_with_benchmark(
            result.equity, benchmark.equity, config.initial_equity, result.span_ms / len(result.equity)
        ).to_dict(),
        "regimes": describe_by_regime(decisions.bars, result, config.series.timeframe),
        "regime_parameters": {name: regime.to_dict() for name, regime in regimes_of(config.series.timeframe).items()},
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


def _metrics(decisions: Decisions, config: RunConfig, finer: Bars | None, result: Simulation) -> dict[str, Any]:
    """All numbers of the run under their names: those of a sweep's row first."""
    initial = config.initial_equity
    quantities = np.array([fill.quantity for fill in result.fills])
    volumes = result.bars.volume[[fill.bar for fill in result.fills]] if result.fills else np.empty(0)
    row = statistics_of_run(decisions, config, config.parameters, finer)
    return (
        dict(summary_of_row(row, decisions.bars, decisions.first, config).to_dict())
        | describe_distribution(result.equity, initial).to_dict()
        | {"capacity_hint": capacity_hint(quantities, volumes, initial)}
    )


def _spring_tripwire(decisions: Decisions, config: RunConfig, identity: Identity) -> dict[str, Any]:
    if not config.tripwire:
        return {"on": False, "cuts": [], "passed": None}
    rng = np.random.default_rng([config.seed, int(identity.id[-16:], 16)])
    cuts = prove_causality(decisions, config, config.parameters, rng)
    opened = decisions.bars.open_time
    return {"on": True, "cuts": [moment(int(opened[cut])) for cut in cuts], "passed": True}


def _intrabar(decisions: Decisions, config: RunConfig, finer: Bars | None, result: Simulation) -> dict[str, Any]:
    """What the bars that held both stop and target could have made of the run."""
    ambiguous = int(result.tallies.ambiguous_exits)
    if not config.stops.can_collide:
        return dict.fromkeys(("finer_timeframe", "pessimistic", "optimistic")) | {"ambiguous_exits": 0, "finer_bars": 0}
    kindest = simulate_run(decisions, config, finer, optimistic=True) if ambiguous else result
    pessimistic, optimistic = (simulation.summary().to_dict() for simulation in (result, kindest))
    return {
        "ambiguous_exits": ambiguous,
        "finer_timeframe": None if finer is None else config.finer_timeframe,
        "finer_bars": 0 if finer is None else _bars_with(finer, decisions),
        "pessimistic": {name: pessimistic[name] for name in _BAND},
        "optimistic": {name: optimistic[name] for name in _BAND},
    }


def _bars_with(finer: Bars, decisions: Decisions) -> int:
    """How many bars of the run hold at least one finer candle."""
    start = fine_bars(decisions.bars, finer).start
    return int(np.count_nonzero(np.diff(start)[decisions.first :]))


def _orders(result: Simulation) -> dict[str, Any]:
    """What is left at the end, and what did not trade, and why."""
    opened = result.bars.open_time
    return {
        "open_position": result.open_position(),
        "waiting_target": result.waiting_target,
        "ruined": result.ruined,
        "refused_orders": [
            {"time": moment(int(opened[bar])), "reason": reason} for bar, reason in result.refused[:_REFUSED_SHOWN]
        ],
        "refused_counts": _counts(result),
        "capped_fills": len(result.capped),
    }


def _counts(result: Simulation) -> dict[str, int]:
    """How many orders were refused, by reason."""
    reasons = [reason for _, reason in result.refused]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}
