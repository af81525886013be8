"""What a configuration decides on bars: its own bars, its targets, its sizes; and how the tripwire reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.funding import funding_by_bar
from candlecloud.backtest.orders import Direction, allowed_target
from candlecloud.errors import InsufficientDataError
from candlecloud.features.bars import Bars
from candlecloud.features.registry import compute_use
from candlecloud.market.moment import iso
from candlecloud.runs.config import RunConfig
from candlecloud.runs.sufficiency import needed_range
from candlecloud.strategies.resolve import strategy_of
from candlecloud.strategies.sizing import SIZING
from candlecloud.strategies.tripwire import Reading, check_causality


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


def own_bars(bars: Bars, config: RunConfig) -> tuple[Bars, int]:
    """The run's own bars, out of bars that reach back to its warm-up or further, and the first of its range.

    Raises
    ------
    InsufficientDataError
        If no bar lies in the range.
    """
    own = bars.since(needed_range(config.range, config.warmup_bars, config.series).start)
    first = own.index_of(config.range.start)
    if first >= len(own):
        raise InsufficientDataError("No candle lies in the run's range.", start=iso(config.range.start))
    return own, first


def decide(bars: Bars, config: RunConfig) -> Decisions:
    """Compute targets and sizes.

    Raises
    ------
    InsufficientDataError
        If no bar lies in the range.
    """
    own, first = own_bars(bars, config)
    target = _target(own, config)
    return Decisions(own, first, target, _size(own, target, config), _funding(own, config))


def prove_causality(decisions: Decisions, config: RunConfig, rng: np.random.Generator) -> list[int]:
    """Spring the tripwire on everything that decides; returns the cuts as bar numbers of the run's own bars.

    Raises
    ------
    LookAheadError
        If something looked ahead.
    """
    uses = strategy_of(config.setting.strategy_rule).features(config.parameters)
    readings = [Reading(f"feature {use.feature.name}", lambda bars, use=use: compute_use(bars, use)) for use in uses]  # type: ignore[misc]
    readings.append(Reading(f"strategy {config.setting.strategy}", lambda bars: _target(bars, config)))
    sizing = config.setting.trading.sizing.model
    if not isinstance(decisions.size, float):
        readings.append(
            Reading(f"sizing {sizing}", lambda bars: np.asarray(_size(bars, _target(bars, config), config), np.float64))
        )
    return check_causality(decisions.bars, readings, rng=rng)


def _target(bars: Bars, config: RunConfig) -> FloatArray:
    setting = config.setting
    target = strategy_of(setting.strategy_rule).target(bars, config.parameters)
    return allowed_target(target, cast(Direction, setting.trading.direction))


def _size(bars: Bars, target: FloatArray, config: RunConfig) -> float | FloatArray:
    choice = config.setting.trading.sizing
    return SIZING.find(choice.model).size(bars, target, choice.parameters)


def _funding(bars: Bars, config: RunConfig) -> FloatArray | None:
    funding = config.setting.trading.funding
    if funding is None or funding.model == "ignored":
        return None
    return funding_by_bar(bars.open_time, *funding.settlements(config.range))
