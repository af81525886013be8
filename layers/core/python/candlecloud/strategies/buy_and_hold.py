"""Buy once, hold to the end: the benchmark beside every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from candlecloud.parameters import Parameters
from candlecloud.strategies.strategy import Strategy

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray
    from candlecloud.features.bars import Bars


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    import numpy as np  # not at the top: the registry is read where there is no NumPy

    return np.ones(len(bars))


BUY_AND_HOLD = Strategy(
    name="buy_and_hold",
    description="Long from the first close to the end; never short, never flat.",
    parameters=(),
    warmup_bars=lambda _: 1,
    target=_target,
    sides=frozenset({"long"}),
)
