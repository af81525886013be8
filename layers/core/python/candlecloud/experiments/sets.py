"""Many parameter sets on the same bars: one row of statistics each, the bits of its run alone.

What sets share is computed once: each indicator, each comparison, sizes, costs, finer bars. Memory grows with bars and
with sets, never with both: signals are a bit per bar and set, and only of one block of sets at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from candlecloud.arrays import BoolArray, FloatArray, IntArray
from candlecloud.backtest.bar_engine import statistics_of_targets
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.intrabar import IntrabarData
from candlecloud.backtest.orders import SIDES
from candlecloud.backtest.vectorised_engine import PlainCosts, statistics_of_words
from candlecloud.contract.run_spec import RunSpec
from candlecloud.errors import InsufficientDataError
from candlecloud.experiments.decisions import (
    average_true_range_of,
    funding_of,
    leads_of,
    make_decisions,
    size_of,
    sizing_of,
    warmups_of,
)
from candlecloud.experiments.execution import execution_of
from candlecloud.experiments.grid import ParameterSets
from candlecloud.experiments.simulate import SPENT, intrabar_of, plain_costs, rows_of_pairs, statistics_of_run
from candlecloud.features.bars import Bars
from candlecloud.market.instant import iso
from candlecloud.metrics.accumulators import COLUMNS
from candlecloud.strategies.evaluate.beginning import Beginning
from candlecloud.strategies.evaluate.positions import Positions, positions_of_sets
from candlecloud.strategies.resolve import strategy_of
from candlecloud.strategies.rules.tree import Rules


def statistics_of_sets(bars: Bars, finer: Bars | IntrabarData | None, spec: RunSpec, sets: ParameterSets) -> FloatArray:
    """One row per parameter set, in their order.

    Parameters
    ----------
    bars : Bars
        Reaching back to the longest warm-up.
    finer : Bars or IntrabarData, optional
        What decides inside a bar; sorted into the bars already, where several specs share it.

    Returns
    -------
    FloatArray, sets x columns
        `candlecloud.metrics.accumulators.COLUMNS`.

    Raises
    ------
    InsufficientDataError
        If no bar lies in the range.
    """
    if bars.index_of(spec.range.start) >= len(bars):
        raise InsufficientDataError("No candle lies in the run's range.", start=iso(spec.range.start))
    rules = strategy_of(spec.strategy_rule).rules
    if rules is None:
        return _one_by_one(bars, finer, spec, sets)
    return _Sets(bars, finer, spec, sets, rules).rows()


def _one_by_one(bars: Bars, finer: Bars | IntrabarData | None, spec: RunSpec, sets: ParameterSets) -> FloatArray:
    """Sets that share no more than bars."""
    intrabar = intrabar_of(bars, finer)
    rows = []
    for k in range(len(sets)):
        parameters = sets.parameters(k)
        rows.append(statistics_of_run(make_decisions(bars, spec, parameters), spec, parameters, intrabar))
    return np.array(rows)


class _Sets:
    """What the sets of one run spec share."""

    def __init__(
        self, bars: Bars, finer: Bars | IntrabarData | None, spec: RunSpec, sets: ParameterSets, rules: Rules
    ) -> None:
        self._bars, self._finer, self._spec, self._sets, self._rules = bars, finer, spec, sets, rules
        self._start_bar = bars.index_of(spec.range.start)
        self._costs = plain_costs(bars, spec)
        self._warmups = warmups_of(spec, sets)

    def rows(self) -> FloatArray:
        rows = np.empty((len(self._sets), len(COLUMNS)))
        done = np.zeros(len(self._sets), np.bool_)
        if self._costs is not None:
            crossed = self._cross(rows, self._costs)
            self._all_in_or_flat(rows, np.flatnonzero(~crossed), self._costs)
            done = rows[:, 0] > SPENT * self._spec.initial_equity
        self._bar_by_bar(rows, np.flatnonzero(~done))
        return rows

    def _cross(self, rows: FloatArray, costs: PlainCosts) -> BoolArray:
        """Moving averages that cross: the engine makes the signals itself, unless a set's own warm-up has holes."""
        crossing = self._spec.strategy_rule.crossing
        if crossing is None:
            return np.zeros(len(self._sets), np.bool_)
        start, step = self._spec.range.start, self._spec.series.timeframe.ms
        begins = np.searchsorted(self._bars.open_time, start - self._warmups * step)
        whole = np.asarray(self._start_bar - begins == self._warmups, np.bool_)
        fast, slow = (self._sets.columns[name][whole].astype(np.int64) for name in crossing)
        rows[whole] = rows_of_pairs(self._bars, self._spec, costs, fast, slow)
        return whole

    def _all_in_or_flat(self, rows: FloatArray, numbers: IntArray, costs: PlainCosts) -> None:
        backtest = Backtest(self._bars, self._spec.initial_equity, self._start_bar)
        for positions in self._positions(numbers):
            rows[positions.sets] = statistics_of_words(backtest, positions.from_open(self._start_bar), costs)

    def _bar_by_bar(self, rows: FloatArray, numbers: IntArray) -> None:
        if not len(numbers):
            return
        spec, bars = self._spec, self._bars
        backtest = Backtest(
            bars,
            spec.initial_equity,
            self._start_bar,
            spec.direction,
            funding_of(bars, spec),
            intrabar_of(bars, self._finer),
            average_true_range=average_true_range_of(bars, spec),
        )
        execution, reads_target = execution_of(spec), sizing_of(spec).reads_target
        size = None if reads_target else size_of(bars, np.zeros(len(bars)), spec, {}, spec.range.start)
        for positions in self._positions(numbers):
            rows[positions.sets] = statistics_of_targets(backtest, self._targets(positions, size), execution)

    def _targets(
        self, positions: Positions, size: float | FloatArray | None
    ) -> Iterator[tuple[FloatArray, float | FloatArray]]:
        """Target and sizes of each set; the target's array is written over."""
        target = np.zeros(len(self._bars))
        for k in range(len(positions.sets)):
            positions.write_target(k, target, SIDES[self._spec.direction])
            yield target, size_of(self._bars, target, self._spec, {}) if size is None else size

    def _positions(self, numbers: IntArray) -> Iterator[Positions]:
        """Of the sets with these numbers, up to the last close that a bar follows."""
        spec, bars = self._spec, self._bars
        warmups = self._warmups[numbers]
        columns = {name: column[numbers] for name, column in self._sets.columns.items()}
        leads = leads_of(spec, warmups)
        for lead in np.unique(leads).tolist():
            chosen = np.flatnonzero(leads == lead)
            beginning = Beginning(bars, spec.range.start, lead)
            own = {name: column[chosen] for name, column in columns.items()}
            first = max(0, bars.index_of(spec.range.start - lead * spec.series.timeframe.ms) - 1)
            for positions in positions_of_sets(self._rules, beginning, own, warmups[chosen], first, len(bars) - 1):
                yield replace(positions, sets=numbers[chosen[positions.sets]])
