"""Sizing models: which fraction of equity a target of 1 takes.

To add one: write its function, define it, add it to the tuple at the end, and run ``python -m infra.generate``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_feature
from candlecloud.features.volatility import REALISED_VOLATILITY
from candlecloud.parameters import Ordered, Parameter, Parameters, Warmup
from candlecloud.registry import Registry
from candlecloud.spec import Spec
from candlecloud.strategies.kelly import kelly_of_returns


@dataclass(frozen=True, kw_only=True)
class SizingModel(Spec):
    """A rule for the fraction of equity behind a position; before its warm-up every size is 0.

    Attributes
    ----------
    size : callable
        Bars, targets (what the run's direction allows) and parameters to fractions in [0, 1], one per bar or one for
        all; finite. Entry t depends on bars 0..t and targets 0..t only.
    """

    size: Callable[[Bars, FloatArray, Parameters], FloatArray | float]


def _volatility_size(bars: Bars, target: FloatArray, parameters: Parameters) -> FloatArray:
    realised = compute_feature(bars, REALISED_VOLATILITY, {"window": parameters["window"]})["realised_volatility"]
    wanted = float(parameters["annual_volatility"])
    known = np.where(np.isnan(realised), np.inf, realised)
    return np.asarray(wanted / np.maximum(known, wanted), np.float64)


def _kelly_size(bars: Bars, target: FloatArray, parameters: Parameters) -> FloatArray:
    trailing = kelly_of_returns(bars.close, target, int(parameters["window"]), int(parameters["minimum_bars"]))
    return (float(parameters["fraction"]) * trailing).clip(0.0, 1.0)


FIXED_FRACTION = SizingModel(
    name="fixed_fraction",
    description="The same fraction of equity for every position.",
    parameters=(Parameter("fraction", "number", 1e-6, 1.0, 1.0, "Fraction of equity; 1 is all of it."),),
    size=lambda _bars, _target, parameters: float(parameters["fraction"]),
)
VOLATILITY_TARGET = SizingModel(
    name="volatility_target",
    description="min(1, annual_volatility / realised volatility), where the realised volatility is the sample standard "
    "deviation of the last `window` log returns from close to close, per 365-day year (feature realised_volatility). "
    "Size 1 where it is 0 (no close moved). The first `window` bars have size 0: they open nothing. Never above 1: no "
    "leverage.",
    parameters=(
        Parameter("annual_volatility", "number", 0.001, 10.0, 0.3, "Wanted volatility per year (0.3 = 30 %)."),
        Parameter("window", "integer", 2, 10_000, 168, "Returns that the realised volatility is made of."),
    ),
    warmup=Warmup(1, {"window": 1}),
    size=_volatility_size,
)
KELLY_FRACTION = SizingModel(
    name="kelly_fraction",
    description="fraction x mean / sample variance of the strategy's own returns, cut to [0, 1]. A return is "
    "target[t-1] x (close[t] / close[t-1] - 1), before costs and sizing; the last `window` bars that held a position "
    "count (target[t-1] other than 0), each cut to 200 % either way. Size 0 until there are `minimum_bars` of them, "
    "and where their mean is not above 0; without variance the size is 1 if the mean is above 0. Counting begins with "
    "the bars of the run's warm-up.",
    parameters=(
        Parameter("fraction", "number", 0.01, 1.0, 0.5, "Part of the full Kelly bet; 0.5 is half Kelly."),
        Parameter("window", "integer", 2, 10_000, 720, "Bars with a position that count, the newest first."),
        Parameter("minimum_bars", "integer", 2, 10_000, 168, "Bars with a position before anything is bet."),
    ),
    warmup=Warmup(1, {"minimum_bars": 1}),
    size=_kelly_size,
    ordered=(Ordered(("minimum_bars", "window"), strict=False),),
)

SIZING: Registry[SizingModel] = Registry(
    "sizing model", (FIXED_FRACTION, VOLATILITY_TARGET, KELLY_FRACTION), field="sizing.model"
)
