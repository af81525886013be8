"""What a configuration decides on bars: its own bars, its targets, its sizes; and the look-ahead test of these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.funding import funding_by_bar, settlements
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.orders import allowed_target
from candlecloud.backtest.sizing import SIZING
from candlecloud.contract.run_spec import RunSpec
from candlecloud.errors import InsufficientDataError
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.market.instant import iso
from candlecloud.parameters import Parameters
from candlecloud.runs.data_requirements import needed_range
from candlecloud.strategies.look_ahead import SignalUnderTest, check_look_ahead
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
    target = _target(own, spec, parameters)
    funding, ranges = _funding(own, spec), _average_true_range(own, spec)
    backtest = Backtest(own, spec.initial_equity, start_bar, spec.direction, funding, average_true_range=ranges)
    return Decisions(backtest, target, _size(own, target, spec))


def run_look_ahead_test(
    decisions: Decisions, spec: RunSpec, parameters: Parameters, rng: np.random.Generator
) -> list[int]:
    """Run the look-ahead test on everything that decides; returns the cuts as bar numbers of the run's own bars.

    Raises
    ------
    LookAheadError
        If something looked ahead.
    """
    uses = strategy_of(spec.strategy_rule).features(parameters)
    signals = [SignalUnderTest(f"feature {use.feature.name}", partial(compute_use, use=use)) for use in uses]
    signals.append(SignalUnderTest(f"strategy {spec.strategy}", lambda bars: _target(bars, spec, parameters)))
    if not isinstance(decisions.size, float):

        def size(bars: Bars) -> FloatArray:
            return np.asarray(_size(bars, _target(bars, spec, parameters), spec), np.float64)

        signals.append(SignalUnderTest(f"sizing {spec.sizing.model}", size))
    return check_look_ahead(decisions.bars, signals, rng=rng)


def _target(bars: Bars, spec: RunSpec, parameters: Parameters) -> FloatArray:
    return allowed_target(strategy_of(spec.strategy_rule).target(bars, parameters), spec.direction)


def _size(bars: Bars, target: FloatArray, spec: RunSpec) -> float | FloatArray:
    return SIZING.find(spec.sizing.model).size(bars, target, spec.sizing.parameters)


def _average_true_range(bars: Bars, spec: RunSpec) -> FloatArray | None:
    """What ATR stops are multiples of."""
    use = spec.stops.average_true_range
    return None if use is None else compute_use(bars, use)


def _funding(bars: Bars, spec: RunSpec) -> FloatArray | None:
    funding = spec.funding
    if funding is None or funding.model == "ignored":
        return None
    return funding_by_bar(bars.open_time, *settlements(spec.range, funding.rates, funding.rate_per_8h))
