"""How bar returns are distributed: tails, asymmetry, peakedness."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TypeAlias

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.metrics.curves import bar_returns, drawdowns
from candlecloud.metrics.figures import Distribution
from candlecloud.metrics.metric import Metric, evaluate
from candlecloud.metrics.moments import deviations, mean_of, total_of
from candlecloud.registry import Registry

_IN_TAIL = 5
"""Returns that a tail must hold (n times its share) before it is described; one or two of them say nothing."""


class Curve:
    """An equity curve, and what several metrics share of it, worked out once.

    Parameters
    ----------
    equity : FloatArray, length n >= 1
        At the close of each bar, quote currency.
    initial_equity : float
        Above zero.
    """

    def __init__(self, equity: FloatArray, initial_equity: float) -> None:
        self.returns = bar_returns(equity, initial_equity)
        self.drawdowns = drawdowns(equity, initial_equity)

    @cached_property
    def ordered(self) -> FloatArray:
        """Bar returns, ascending."""
        return np.sort(self.returns)

    @cached_property
    def shape(self) -> tuple[float | None, float | None]:
        """Skewness and excess kurtosis of bar returns."""
        return shape_of(self.returns)


CurveMetric: TypeAlias = Metric[Curve, float | None]


def describe_distribution(equity: FloatArray, initial_equity: float) -> Distribution:
    """Describe the bar returns of a curve; as in `Curve`."""
    return Distribution(**evaluate(DISTRIBUTION, Curve(equity, initial_equity)))


def omega(returns: FloatArray) -> float | None:
    """Omega ratio at threshold 0: sum of gains over sum of losses; None without a loss.

    Source: Keating, Shadwick (2002); here over the sample.
    """
    losses = -total_of(np.minimum(returns, 0.0))
    return total_of(np.maximum(returns, 0.0)) / losses if losses > 0.0 else None


def value_at_risk(ordered: FloatArray, tail: float) -> float | None:
    """Historical value at risk: the quantile of the returns at `tail`, sign turned.

    Parameters
    ----------
    ordered : FloatArray, ascending
        Bar returns.
    tail : float
        1 less the confidence level, such as 0.05.

    Returns
    -------
    float or None
        The quantile lies ``(n - 1) * tail`` steps above the smallest return, linear between two neighbours (type 7 of
        Hyndman, Fan 1996, NumPy's and empyrical's default). None with fewer than five returns in the tail.
    """
    return 0.0 - float(np.quantile(ordered, tail)) if _has_tail(ordered, tail) else None


def expected_shortfall(ordered: FloatArray, tail: float) -> float | None:
    """Historical expected shortfall: mean of the ``floor((n - 1) * tail) + 1`` smallest returns, sign turned.

    These are the returns at or below the quantile of `value_at_risk`, so it is never less. They are counted, not
    compared: a strategy that mostly stands aside has many returns of exactly 0 at the quantile, and would be judged by
    the mean of its idle bars. Parameters and None as there.
    """
    count = math.floor((len(ordered) - 1) * tail) + 1
    return 0.0 - mean_of(ordered[:count]) if _has_tail(ordered, tail) else None


def tail_ratio(ordered: FloatArray) -> float | None:
    """Size of the 95 % quantile over the size of the 5 % quantile (quantiles as in `value_at_risk`)."""
    if not _has_tail(ordered, 0.05):
        return None
    low, high = (abs(float(q)) for q in np.quantile(ordered, (0.05, 0.95)))
    return high / low if low > 0.0 else None


def shape_of(returns: FloatArray) -> tuple[float | None, float | None]:
    """Skewness ``m3 / m2**1.5`` and excess kurtosis ``m4 / m2**2 - 3``, moments over n (Fisher's g1 and g2).

    None where the returns differ by no more than rounding. Roots and products only: the C library's ``pow`` may differ
    in the last bit from processor to processor.
    """
    centred = deviations(returns)
    if centred is None:
        return None, None
    squares = centred * centred
    second = mean_of(squares)
    third, fourth = mean_of(squares * centred), mean_of(squares * squares)
    scale = second * math.sqrt(second)
    if scale == 0.0 or second * second == 0.0:  # beyond the smallest float
        return None, None
    return third / scale, fourth / (second * second) - 3.0


def _has_tail(ordered: FloatArray, tail: float) -> bool:
    return len(ordered) * tail >= _IN_TAIL


OMEGA = CurveMetric(
    name="omega",
    unit="ratio",
    label="Omega ratio",
    group="Return for risk",
    convention="Sum of positive bar returns over the sum of the negative ones without their sign (threshold 0); null "
    "without a loss.",
    formula="sum(max(r, 0)) / -sum(min(r, 0))",
    reference="Keating, Shadwick (2002), A universal performance measure",
    function=lambda curve: omega(curve.returns),
)


VALUE_AT_RISK_95 = CurveMetric(
    name="value_at_risk_95",
    unit="fraction",
    label="Value at risk, 95\u00a0%",
    group="Loss",
    convention="The 5 % quantile of bar returns (linear interpolation), sign turned: a positive fraction lost in one "
    "bar, negative if even that return is a gain; null below 100 bars.",
    formula="-quantile(r, 0.05)",
    reference="Hyndman, Fan (1996), Sample quantiles in statistical packages, type 7",
    function=lambda curve: value_at_risk(curve.ordered, 0.05),
    decimals=2,
)


EXPECTED_SHORTFALL_95 = CurveMetric(
    name="expected_shortfall_95",
    unit="fraction",
    label="Expected shortfall, 95\u00a0%",
    group="Loss",
    convention="Mean of the floor(0.05 (n - 1)) + 1 smallest bar returns, sign turned; null below 100 bars.",
    formula="-mean of the floor(0.05 (n - 1)) + 1 smallest r",
    reference="Acerbi, Tasche (2002), On the coherence of expected shortfall",
    function=lambda curve: expected_shortfall(curve.ordered, 0.05),
    decimals=2,
)


VALUE_AT_RISK_99 = CurveMetric(
    name="value_at_risk_99",
    unit="fraction",
    label="Value at risk, 99\u00a0%",
    group="Loss",
    convention="The 1 % quantile of bar returns (linear interpolation), sign turned; null below 500 bars.",
    formula="-quantile(r, 0.01)",
    reference="Hyndman, Fan (1996), Sample quantiles in statistical packages, type 7",
    function=lambda curve: value_at_risk(curve.ordered, 0.01),
    decimals=2,
)


EXPECTED_SHORTFALL_99 = CurveMetric(
    name="expected_shortfall_99",
    unit="fraction",
    label="Expected shortfall, 99\u00a0%",
    group="Loss",
    convention="Mean of the floor(0.01 (n - 1)) + 1 smallest bar returns, sign turned; null below 500 bars.",
    formula="-mean of the floor(0.01 (n - 1)) + 1 smallest r",
    reference="Acerbi, Tasche (2002), On the coherence of expected shortfall",
    function=lambda curve: expected_shortfall(curve.ordered, 0.01),
    decimals=2,
)


SKEW = CurveMetric(
    name="skew",
    unit="ratio",
    label="Skewness",
    group="Return",
    convention="Third central moment of bar returns over the second to the power 3/2; moments over n, no correction "
    "for bias.",
    formula="m3 / m2^(3/2), mk = mean((r - mean(r))^k)",
    reference="Fisher's g1; scipy.stats.skew",
    function=lambda curve: curve.shape[0],
)


KURTOSIS = CurveMetric(
    name="kurtosis",
    unit="ratio",
    label="Excess kurtosis",
    group="Return",
    convention="Fourth central moment of bar returns over the square of the second, less 3 (excess: a normal "
    "distribution has 0); moments over n, no correction for bias.",
    formula="m4 / m2^2 - 3, mk = mean((r - mean(r))^k)",
    reference="Fisher's g2; scipy.stats.kurtosis",
    function=lambda curve: curve.shape[1],
)


TAIL_RATIO = CurveMetric(
    name="tail_ratio",
    unit="ratio",
    label="Tail ratio",
    group="Return",
    convention="Size of the 95 % quantile of bar returns over the size of the 5 % quantile; null where the latter is "
    "0, and below 100 bars.",
    formula="|quantile(r, 0.95)| / |quantile(r, 0.05)|",
    reference="empyrical.tail_ratio",
    function=lambda curve: tail_ratio(curve.ordered),
)


TIME_UNDER_WATER = CurveMetric(
    name="time_under_water",
    unit="fraction",
    label="Time under water",
    group="Loss",
    convention="Fraction of bars that closed below the highest equity so far.",
    formula="number of t with E[t] < max(E[0], ..., E[t]) / n",
    function=lambda curve: int(np.count_nonzero(curve.drawdowns)) / len(curve.drawdowns),
    nullable=False,
)


DISTRIBUTION: Registry[CurveMetric] = Registry(
    "metric",
    (
        *(OMEGA, VALUE_AT_RISK_95, EXPECTED_SHORTFALL_95, VALUE_AT_RISK_99, EXPECTED_SHORTFALL_99),
        *(SKEW, KURTOSIS, TAIL_RATIO, TIME_UNDER_WATER),
    ),
    field="metric",
)
