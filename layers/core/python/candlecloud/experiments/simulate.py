"""From a configuration to its simulation, and from many to their rows of statistics.

Which engine computes a set follows from its configuration and its targets alone, so the row of a set in a
sweep and that of its run alone are the same bits.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.backtest.bar_engine import simulate, statistics_of_target
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.intrabar import IntrabarData, intrabar_data
from candlecloud.backtest.simulation import Simulation
from candlecloud.backtest.vectorised_engine import (
    PlainCosts,
    fits_vectorised_engine,
    statistics_of_pairs,
    statistics_of_signals,
)
from candlecloud.contract.execution_settings import fixed_fraction
from candlecloud.contract.run_spec import RunSpec
from candlecloud.experiments.decisions import Decisions
from candlecloud.experiments.execution import execution_of
from candlecloud.features.bars import Bars
from candlecloud.metrics.figures import Metrics
from candlecloud.metrics.rows import Extent
from candlecloud.metrics.summary import summary_columns, summary_of
from candlecloud.parameters import Parameters

SPENT = 1e-150
"""Below this part of its beginning, equity is so low that only the bar engine shows ruin."""
_ALL_OF_IT = fixed_fraction()


def simulate_run(decisions: Decisions, spec: RunSpec, finer: Bars | None, *, optimistic: bool = False) -> Simulation:
    """Trade what was decided; every fill and close is recorded."""
    backtest = replace(decisions.backtest, intrabar=intrabar_of(decisions.bars, finer), optimistic=optimistic)
    return simulate(backtest, decisions.target, execution_of(spec), decisions.size)


def statistics_of_run(
    decisions: Decisions, spec: RunSpec, parameters: Parameters, intrabar: IntrabarData | None
) -> FloatArray:
    """The row of one set: what its run shows as metrics.

    Parameters
    ----------
    intrabar : IntrabarData, optional
        Of bars that end where those of the decisions end.
    """
    row = _vectorised_row(decisions, spec, parameters)
    if row is not None:
        return row
    own = None if intrabar is None else intrabar.of_last(len(decisions.bars))
    backtest = replace(decisions.backtest, intrabar=own)
    return statistics_of_target(backtest, decisions.target, execution_of(spec), decisions.size)


def statistics_of_simulation(
    decisions: Decisions, spec: RunSpec, parameters: Parameters, simulation: Simulation
) -> FloatArray:
    """The same row as `statistics_of_run`, where the run has been simulated already.

    The bar engine's row is that of the simulation, bit for bit. Where a sweep takes the vectorised engine it is asked
    here too: it sums in another order, so its last bits differ, and a run shows the numbers of its row in a sweep.
    """
    row = _vectorised_row(decisions, spec, parameters)
    return simulation.statistics if row is None else row


def summary_of_row(row: FloatArray, bars: Bars, start_bar: int, spec: RunSpec) -> Metrics:
    """The numbers of a row of statistics."""
    return summary_of(row, **_extent_of(bars, start_bar, spec))


def summary_columns_of(rows: FloatArray, bars: Bars, start_bar: int, spec: RunSpec) -> dict[str, FloatArray]:
    """The numbers of many rows of statistics, each the bits of its row alone."""
    return summary_columns(rows, **_extent_of(bars, start_bar, spec))


def _extent_of(bars: Bars, start_bar: int, spec: RunSpec) -> Extent:
    """What the rows of one run or sweep share."""
    return {
        "initial_equity": spec.initial_equity,
        "n_bars": len(bars) - start_bar,
        "span_ms": int(bars.close_time[-1] - bars.open_time[start_bar]),
    }


def plain_costs(bars: Bars, spec: RunSpec) -> PlainCosts | None:
    """Costs of a run that is long with all of its equity or flat, and nothing else; None for any other run."""
    execution = execution_of(spec)
    plain = Execution(
        taker_fee_bps=execution.taker_fee_bps,
        maker_fee_bps=execution.maker_fee_bps,
        slippage_bps=execution.slippage_bps,
        flatten_at_end=execution.flatten_at_end,
    )
    if execution != plain or spec.direction != "long" or spec.sizing != _ALL_OF_IT:
        return None
    if spec.funding is not None and spec.funding.model != "ignored":
        return None
    costs = PlainCosts(execution.taker_fee_bps / 10_000.0, execution.slippage_bps / 10_000.0, execution.flatten_at_end)
    # Judged on the run's own range, so that a sweep, which holds more bars before it, judges alike.
    return costs if fits_vectorised_engine(bars.since(spec.range.start), costs) else None


def _vectorised_row(decisions: Decisions, spec: RunSpec, parameters: Parameters) -> FloatArray | None:
    """The vectorised engine's row; None where that does not fit, or equity came so low that only bars show ruin."""
    costs = plain_costs(decisions.bars, spec)
    if costs is None or not isinstance(decisions.size, float):  # sizes of the strategy's own
        return None
    crossing, initial = spec.strategy_rule.crossing, spec.initial_equity
    if crossing is not None:
        fast, slow = (np.array([parameters[name]], np.int64) for name in crossing)
        row = np.ravel(rows_of_pairs(decisions.bars, spec, costs, fast, slow))
    elif np.isin(decisions.target, (0.0, 1.0)).all():
        row = np.ravel(statistics_of_signals(decisions.backtest, [decisions.target > 0.0], costs))
    else:
        return None
    return row if row[0] > SPENT * initial else None


def rows_of_pairs(bars: Bars, spec: RunSpec, costs: PlainCosts, fast: IntArray, slow: IntArray) -> FloatArray:
    """Rows of moving averages that cross: the engine makes the signals itself."""
    return statistics_of_pairs(_plain_backtest(bars, spec), fast, slow, costs)


def _plain_backtest(bars: Bars, spec: RunSpec) -> Backtest:
    return Backtest(bars, spec.initial_equity, bars.index_of(spec.range.start))


def intrabar_of(bars: Bars, finer: Bars | IntrabarData | None) -> IntrabarData | None:
    """Finer bars, sorted into those that they lie in, if they are not yet."""
    return intrabar_data(bars, finer) if isinstance(finer, Bars) else finer
