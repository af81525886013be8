"""What a strategy is: its data, the features it reads, and its target function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.parameters import Parameters
from candlecloud.spec import FeatureUse, StrategySpec


@dataclass(frozen=True, kw_only=True)
class Strategy(StrategySpec):
    """A rule that turns bars into a target position.

    Attributes
    ----------
    target : callable
        Bars and parameters to the wanted position after the close of each bar, a FloatArray in [-1, 1] of the bars'
        length; 0 before the warm-up. Entry t may depend on bars 0..t only.
    features : callable
        Parameters to the features that `target` reads; prices of the bars need no mention.
    size : callable, optional
        Bars and parameters to fractions of equity in [0, 1], one per bar, that take the place of the sizing model.
    """

    target: Callable[[Bars, Parameters], FloatArray]
    features: Callable[[Parameters], Sequence[FeatureUse]] = lambda _: ()
    size: Callable[[Bars, Parameters], FloatArray] | None = None
