"""One run: candles and a configuration in, the whole result out, as the same bytes wherever and however often."""

from __future__ import annotations

import platform
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np
import pyarrow as pa

from candlecloud.backtest.intrabar import intrabar_data
from candlecloud.backtest.simulation import Simulation
from candlecloud.backtest.trade_figures import TradeFigures
from candlecloud.backtest.trades import Trade
from candlecloud.contract.result_json import document_of, write_result
from candlecloud.contract.results import (
    RESULT_SCHEMA,
    ClosedTrade,
    Curves,
    DataCoverage,
    IntrabarBand,
    LookAheadTest,
    OpenPosition,
    Outcome,
    RefusedOrder,
    RunBenchmark,
    RunResult,
    Span,
    Timestamp,
)
from candlecloud.contract.run import RunConfig
from candlecloud.experiments.decisions import Decisions, make_decisions, run_look_ahead_test
from candlecloud.experiments.describe import describe_assumptions, describe_bars, describe_coverage
from candlecloud.experiments.execution import BENCHMARK, benchmark_of
from candlecloud.experiments.own_signals import bind_signals, count_rows, describe_signals
from candlecloud.experiments.regimes import describe_by_regime, regime_parameters
from candlecloud.experiments.simulate import simulate_run, statistics_of_simulation, summary_of_row
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.metrics.capacity import CAPACITY, Fills
from candlecloud.metrics.distribution import DISTRIBUTION, describe_distribution
from candlecloud.metrics.figures import RunMetrics
from candlecloud.metrics.metric import conventions_of, evaluate
from candlecloud.metrics.regimes import REGIME_CONVENTIONS
from candlecloud.metrics.relative import RELATIVE, compare_with_benchmark
from candlecloud.metrics.summary import SUMMARY
from candlecloud.runs.data_requirements import CandleCoverage
from candlecloud.runs.identity import Identity
from candlecloud.runs.inputs import RunInputs
from candlecloud.runs.manifest import build_manifest
from candlecloud.strategies.signals.spec import NOT_TESTABLE

_REFUSED_SHOWN = 1_000

_TRADE_FIGURES = tuple(field.name for field in fields(TradeFigures))


@dataclass(frozen=True)
class EvaluatedRun:
    """A finished run and its manifest.

    Attributes
    ----------
    manifest : bytes
        How to compute it again.
    """

    result: RunResult
    manifest: bytes

    @property
    def content(self) -> bytes:
        """The result as canonical JSON."""
        return write_result(self.result)

    @property
    def summary(self) -> dict[str, Any]:
        """The parts that fit into the run's record, JSON-able."""
        found: dict[str, Any] = document_of(self.result.summary)
        return found


def evaluate_run(identity: Identity, inputs: RunInputs) -> EvaluatedRun:
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
        If the look-ahead test is on and a decision saw the future.
    """
    config = bind_signals(cast(RunConfig, identity.config), inputs)
    inputs.check_revision(identity.data_revision)
    bars = bars_from_table(inputs.candles)
    finer = None if inputs.finer is None else bars_from_table(inputs.finer)
    decisions = make_decisions(bars, config, config.parameters)
    look_ahead_test = _run_look_ahead_test(decisions, config, identity)
    simulation = simulate_run(decisions, config, finer)
    held, benchmark = _buy_and_hold(bars, config)
    coverage = describe_coverage(config, config.warmup_bars, inputs)
    trades, position = simulation.trades(), simulation.open_position()
    result = RunResult(
        schema=RESULT_SCHEMA,
        run_id=identity.id,
        config=config,
        data_revision=identity.data_revision,
        code_version=identity.code_version,
        assumptions=describe_assumptions(config, decisions.bars)
        | describe_signals(config, inputs)
        | count_rows(inputs, decisions.bars, config.parameters),
        data=_describe_data(decisions.bars, decisions.start_bar, coverage),
        metrics=_metrics(decisions, config, simulation),
        benchmark=benchmark,
        relative=compare_with_benchmark(
            simulation.equity, held.equity, config.initial_equity, simulation.span_ms / len(simulation.equity)
        ),
        regimes=describe_by_regime(decisions.bars, simulation, trades, config.series.timeframe),
        regime_parameters=regime_parameters(config.series.timeframe),
        intrabar=_intrabar(decisions, config, finer, simulation),
        look_ahead_test=look_ahead_test,
        conventions=conventions_of({**SUMMARY, **DISTRIBUTION, **CAPACITY}),
        relative_conventions=conventions_of(RELATIVE),
        regime_conventions=dict(REGIME_CONVENTIONS),
        trades=[_describe_trade(trade) for trade in trades],
        open_position=None if position is None else OpenPosition(**position),
        waiting_target=simulation.waiting_target,
        ruined=simulation.ruined,
        refused_orders=_refused_orders(simulation),
        refused_counts=_counts(simulation),
        capped_fills=len(simulation.capped),
        curves=_curves(simulation, held),
    )
    return EvaluatedRun(result, build_manifest(identity, coverage, result.assumptions, library_versions()))


def library_versions() -> dict[str, str]:
    """What computes here."""
    return {"python": platform.python_version(), "numpy": np.__version__, "pyarrow": pa.__version__}


def _buy_and_hold(bars: Bars, config: RunConfig) -> tuple[Simulation, RunBenchmark]:
    """The benchmark's simulation, and what is reported of it."""
    own = benchmark_of(config)
    decisions = make_decisions(bars, own, own.parameters)
    simulation = simulate_run(decisions, own, None)
    reported = RunBenchmark(
        strategy=BENCHMARK,
        metrics=_metrics(decisions, own, simulation),
        refused_counts=_counts(simulation),
        capped_fills=len(simulation.capped),
    )
    return simulation, reported


def _metrics(decisions: Decisions, config: RunConfig, simulation: Simulation) -> RunMetrics:
    """All numbers of the run: those of a sweep's row, and what the recorded curve and fills add."""
    initial = config.initial_equity
    quantities = np.array([fill.quantity for fill in simulation.fills])
    volumes = decisions.bars.volume[[fill.bar for fill in simulation.fills]] if simulation.fills else np.empty(0)
    row = statistics_of_simulation(decisions, config, config.parameters, simulation)
    return RunMetrics(
        **summary_of_row(row, decisions.bars, decisions.start_bar, config).to_dict(),
        **describe_distribution(simulation.equity, initial).to_dict(),
        **evaluate(CAPACITY, Fills(quantities, volumes, initial)),
    )


def _run_look_ahead_test(decisions: Decisions, config: RunConfig, identity: Identity) -> LookAheadTest:
    if config.signals is not None:
        return LookAheadTest(on=config.look_ahead_test, cuts=[], passed=None, untested=NOT_TESTABLE)
    if not config.look_ahead_test:
        return LookAheadTest(on=False, cuts=[], passed=None, untested="off")
    rng = np.random.default_rng([config.seed, int(identity.id[-16:], 16)])
    cuts = run_look_ahead_test(decisions.bars, config, [config.parameters], rng)
    opened = decisions.bars.open_time
    return LookAheadTest(on=True, cuts=[Timestamp.of(int(opened[cut])) for cut in cuts], passed=True, untested=None)


def _intrabar(decisions: Decisions, config: RunConfig, finer: Bars | None, simulation: Simulation) -> IntrabarBand:
    """What the bars that held both stop and take-profit could have made of the run."""
    if not config.stops.can_collide:
        return IntrabarBand(ambiguous_exits=0, finer_timeframe=None, finer_bars=0, pessimistic=None, optimistic=None)
    ambiguous = int(simulation.accumulators.ambiguous_exits)
    optimistic = simulate_run(decisions, config, finer, optimistic=True) if ambiguous else simulation
    return IntrabarBand(
        ambiguous_exits=ambiguous,
        finer_timeframe=None if finer is None else config.finer_timeframe,
        finer_bars=0 if finer is None else _bars_with(finer, decisions),
        pessimistic=_outcome(simulation),
        optimistic=_outcome(optimistic),
    )


def _outcome(simulation: Simulation) -> Outcome:
    summary = simulation.summary()
    return Outcome(**{name: getattr(summary, name) for name in Outcome.__dataclass_fields__})


def _bars_with(finer: Bars, decisions: Decisions) -> int:
    """How many bars of the run hold intrabar data."""
    start = intrabar_data(decisions.bars, finer).start
    return int(np.count_nonzero(np.diff(start)[decisions.start_bar :]))


def _curves(simulation: Simulation, held: Simulation) -> Curves:
    return Curves(
        close_time=simulation.backtest.bars.close_time[simulation.backtest.start_bar :].tolist(),
        equity=simulation.equity.tolist(),
        drawdown=simulation.drawdown.tolist(),
        benchmark_equity=held.equity.tolist(),
        benchmark_drawdown=held.drawdown.tolist(),
    )


def _refused_orders(simulation: Simulation) -> list[RefusedOrder]:
    """The first of them."""
    opened, refused = simulation.backtest.bars.open_time, simulation.refused[:_REFUSED_SHOWN]
    return [RefusedOrder(time=Timestamp.of(int(opened[bar])), reason=reason) for bar, reason in refused]


def _counts(simulation: Simulation) -> dict[str, int]:
    """How many orders were refused, by reason."""
    reasons = [reason for _, reason in simulation.refused]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def _describe_data(bars: Bars, start_bar: int, coverage: CandleCoverage) -> DataCoverage:
    """The run's bars, and what the stored candles cover of them."""
    counted = coverage.to_dict()
    gaps = [Span(**gap) for gap in counted.pop("first_gaps")]
    return DataCoverage(**describe_bars(bars, start_bar), **counted, first_gaps=gaps)


def _describe_trade(trade: Trade) -> ClosedTrade:
    """A trade with its times written both ways."""
    figures = {name: getattr(trade, name) for name in _TRADE_FIGURES}
    return ClosedTrade(**figures, entry_time=Timestamp.of(trade.entry_time), exit_time=Timestamp.of(trade.exit_time))
