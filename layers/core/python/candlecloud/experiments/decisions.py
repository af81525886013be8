"""What a configuration decides on bars: its own bars, its targets, its sizes; and the look-ahead test of these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.funding import funding_by_bar, settlements
from candlecloud.backtest.orders import allowed_target
from candlecloud.backtest.sizing import SIZING
from candlecloud.contract.setting import Setting
from candlecloud.errors import InsufficientDataError
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.market.instant import iso
from candlecloud.parameters import Parameters
from candlecloud.runs.sufficiency import needed_range
from candlecloud.strategies.look_ahead import SignalUnderTest, check_look_ahead
from candlecloud.strategies.resolve import strategy_of


@dataclass(frozen=True)
class Decisions:
    """Targets and sizes of one configuration.

    Attributes
    ----------
    bars : Bars
        The run's own: its warm-up and its range, and no bar before, so that a set of a sweep is the run of that set.
    first : int
        Number of the first bar of its range.
    target : FloatArray
        Wanted after each close, cut to the run's direction.
    size : float or FloatArray
        The sizing model's fraction of equity at each close.
    funding : FloatArray or None
        Rate due in each bar; None where nothing is paid.
    """

    bars: Bars
    first: int
    target: FloatArray
    size: float | FloatArray
    funding: FloatArray | None


def own_bars(bars: Bars, setting: Setting, parameters: Parameters) -> tuple[Bars, int]:
    """The run's own bars, out of bars that reach back to its warm-up or further, and the first of its range.

    Raises
    ------
    InsufficientDataError
        If no bar lies in the range.
    """
    span = setting.range
    own = bars.since(needed_range(span, setting.warmup_bars_of(parameters), setting.series).start)
    first = own.index_of(span.start)
    if first >= len(own):
        raise InsufficientDataError("No candle lies in the run's range.", start=iso(span.start))
    return own, first


def decide(bars: Bars, setting: Setting, parameters: Parameters) -> Decisions:
    """Compute targets and sizes of one parameter set.

    Raises
    ------
    InsufficientDataError
        If no bar lies in the range.
    """
    own, first = own_bars(bars, setting, parameters)
    target = _target(own, setting, parameters)
    return Decisions(own, first, target, _size(own, target, setting), _funding(own, setting))


def run_look_ahead_test(
    decisions: Decisions, setting: Setting, parameters: Parameters, rng: np.random.Generator
) -> list[int]:
    """Run the look-ahead test on everything that decides; returns the cuts as bar numbers of the run's own bars.

    Raises
    ------
    LookAheadError
        If something looked ahead.
    """
    uses = strategy_of(setting.strategy_rule).features(parameters)
    signals = [SignalUnderTest(f"feature {use.feature.name}", partial(compute_use, use=use)) for use in uses]
    signals.append(SignalUnderTest(f"strategy {setting.strategy}", lambda bars: _target(bars, setting, parameters)))
    if not isinstance(decisions.size, float):

        def size(bars: Bars) -> FloatArray:
            return np.asarray(_size(bars, _target(bars, setting, parameters), setting), np.float64)

        signals.append(SignalUnderTest(f"sizing {setting.sizing.model}", size))
    return check_look_ahead(decisions.bars, signals, rng=rng)


def _target(bars: Bars, setting: Setting, parameters: Parameters) -> FloatArray:
    return allowed_target(strategy_of(setting.strategy_rule).target(bars, parameters), setting.direction)


def _size(bars: Bars, target: FloatArray, setting: Setting) -> float | FloatArray:
    return SIZING.find(setting.sizing.model).size(bars, target, setting.sizing.parameters)


def _funding(bars: Bars, setting: Setting) -> FloatArray | None:
    funding = setting.funding
    if funding is None or funding.model == "ignored":
        return None
    return funding_by_bar(bars.open_time, *settlements(setting.range, funding.rates, funding.rate_per_8h))
