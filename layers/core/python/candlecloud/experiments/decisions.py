"""What a configuration decides on bars: its own bars, its targets, its sizes; and the look-ahead test of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.backtest.funding import funding_by_bar, settlements
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.orders import allowed_target
from candlecloud.backtest.sizing import SIZING, SizingModel
from candlecloud.contract.run_spec import RunSpec
from candlecloud.errors import InsufficientDataError
from candlecloud.experiments.grid import ParameterSets
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.market.instant import iso
from candlecloud.parameters import Parameters
from candlecloud.runs.data_requirements import needed_range
from candlecloud.strategies.evaluate.beginning import Beginning
from candlecloud.strategies.evaluate.positions import targets_of_rules
from candlecloud.strategies.evaluate.words import distinct
from candlecloud.strategies.look_ahead import RUN_EFFORT, Effort, SignalUnderTest, check_look_ahead
from candlecloud.strategies.look_ahead.features import features_under_test
from candlecloud.strategies.resolve import strategy_of


@dataclass(frozen=True)
class Decisions:
    """Targets and sizes of one configuration.

    Attributes
    ----------
    backtest : Backtest
        On the run's own bars: its warm-up and its range, and no bar before, so that a set of a sweep is the run of that
        set. Without intrabar data, which decides nothing.
    target : FloatArray
        Wanted after each close, cut to the run's direction.
    size : float or FloatArray
        The sizing model's fraction of equity at each close.
    """

    backtest: Backtest
    target: FloatArray
    size: float | FloatArray

    @property
    def bars(self) -> Bars:
        """The run's own."""
        return self.backtest.bars

    @property
    def start_bar(self) -> int:
        """First bar of the run's range."""
        return self.backtest.start_bar


def own_bars(bars: Bars, spec: RunSpec, parameters: Parameters) -> tuple[Bars, int]:
    """The run's own bars, out of bars that reach back to its warm-up or further, and the first of its range.

    Raises
    ------
    InsufficientDataError
        If no bar lies in the range.
    """
    span = spec.range
    own = bars.since(needed_range(span, spec.warmup_bars_of(parameters), spec.series).start)
    start_bar = own.index_of(span.start)
    if start_bar >= len(own):
        raise InsufficientDataError("No candle lies in the run's range.", start=iso(span.start))
    return own, start_bar


def make_decisions(bars: Bars, spec: RunSpec, parameters: Parameters) -> Decisions:
    """Compute targets and sizes of one parameter set.

    Raises
    ------
    InsufficientDataError
        If no bar lies in the range.
    """
    own, start_bar = own_bars(bars, spec, parameters)
    start = spec.range.start
    (lead,) = leads_of(spec, np.array([spec.strategy_rule.warmup_bars(parameters)])).tolist()
    target = allowed_target(strategy_of(spec.strategy_rule).target(own, parameters, start, lead), spec.direction)
    backtest = Backtest(
        own,
        spec.initial_equity,
        start_bar,
        spec.direction,
        funding_of(own, spec),
        average_true_range=average_true_range_of(own, spec),
    )
    return Decisions(backtest, target, size_of(own, target, spec, parameters, start))


def sizing_of(spec: RunSpec) -> SizingModel:
    """The model that a configuration names."""
    return SIZING.find(spec.sizing.model)


def warmups_of(spec: RunSpec, sets: ParameterSets) -> IntArray:
    """Bars that the strategy's first decision needs, of each set."""
    rule = spec.strategy_rule
    values, which = distinct(sets.columns, rule.warmup_parameters, np.arange(len(sets)))
    return np.array([rule.warmup_bars(each) for each in values], np.int64)[which]


def leads_of(spec: RunSpec, warmups: IntArray) -> IntArray:
    """Decisions wanted before the range, of each set: what a sizing model counts that looks at targets."""
    sizing = sizing_of(spec)
    counted = sizing.warmup_bars(spec.sizing.parameters) if sizing.reads_target else 0
    return np.maximum(counted - warmups, 0)


def run_look_ahead_test(
    bars: Bars, spec: RunSpec, sets: Sequence[Parameters], rng: np.random.Generator, effort: Effort = RUN_EFFORT
) -> list[int]:
    """Run the look-ahead test on everything that decides; returns the cuts as bar numbers of these bars.

    Parameters
    ----------
    bars : Bars
        The run's own, or a sweep's.
    sets : sequence of mapping
        Parameters of the strategy: a run's, or those of some sets of a sweep, which are tested together.

    Raises
    ------
    LookAheadError
        If something looked ahead.
    """
    strategy = strategy_of(spec.strategy_rule)
    uses = [use for parameters in sets for use in strategy.features(parameters)]
    signals = list(features_under_test(uses).values())
    signals.append(SignalUnderTest(f"strategy {spec.strategy}", lambda given: _targets(given, spec, sets)))
    if spec.sizing.model != "fixed_fraction":

        def sizes(given: Bars) -> FloatArray:
            each = zip(_targets(given, spec, sets), sets, strict=True)
            found = [size_of(given, target, spec, parameters) for target, parameters in each]
            return np.stack([np.broadcast_to(np.asarray(size, np.float64), len(given)) for size in found])

        signals.append(SignalUnderTest(f"sizing {spec.sizing.model}", sizes))
    warmup_bars = max(spec.warmup_bars_of(parameters) for parameters in sets)
    return check_look_ahead(bars, signals, rng=rng, warmup_bars=warmup_bars, effort=effort)


def _targets(bars: Bars, spec: RunSpec, sets: Sequence[Parameters]) -> FloatArray:
    """A row per set."""
    strategy = strategy_of(spec.strategy_rule)
    if strategy.rules is None:
        targets = np.stack([strategy.target(bars, parameters) for parameters in sets])
    else:
        targets = targets_of_rules(strategy.rules, bars, sets, [strategy.warmup_bars(each) for each in sets])
    return allowed_target(targets, spec.direction)


def size_of(
    bars: Bars, target: FloatArray, spec: RunSpec, parameters: Parameters, start: int | None = None
) -> float | FloatArray:
    """Fraction of equity at each close: the strategy's own sizes, if it has any, or the sizing model's.

    Parameters
    ----------
    start : int, optional
        Open time of the run's range: the model begins so many candles before it as its warm-up asks for. Left out: it
        begins with the bars. One that looks at targets begins with them.
    """
    own = strategy_of(spec.strategy_rule).size(bars, parameters)
    if own is not None:
        return own
    model, given = sizing_of(spec), spec.sizing.parameters
    begin = 0 if model.reads_target else Beginning(bars, start).of(model.warmup_bars(given))
    size = model.size(bars.from_bar(begin), target[begin:], given)
    return size if isinstance(size, float) or not begin else np.concatenate([np.zeros(begin), size])


def average_true_range_of(bars: Bars, spec: RunSpec) -> FloatArray | None:
    """What ATR stops are multiples of, begun so many candles before the range as its warm-up asks for; None without."""
    use = spec.stops.average_true_range
    if use is None:
        return None
    begin = Beginning(bars, spec.range.start).of(use.warmup_bars(bars.timeframe_ms))
    return np.concatenate([np.full(begin, np.nan), compute_use(bars.from_bar(begin), use)])


def funding_of(bars: Bars, spec: RunSpec) -> FloatArray | None:
    """Rate due at each bar's close; None where none is paid."""
    funding = spec.funding
    if funding is None or funding.model == "ignored":
        return None
    return funding_by_bar(bars.open_time, *settlements(spec.range, funding.rates, funding.rate_per_8h))
