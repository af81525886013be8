"""Buy once, hold to the end: the benchmark beside every run."""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.parameters import Parameters
from candlecloud.strategies.strategy import Strategy


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    return np.ones(len(bars))


BUY_AND_HOLD = Strategy(
    name="buy_and_hold",
    description="Long from the first close to the end; never short, never flat.",
    parameters=(),
    target=_target,
    sides=frozenset({"long"}),
)
