"""How bar returns are distributed: tails, asymmetry, peakedness."""

from __future__ import annotations

import math

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.metrics.curves import bar_returns, drawdowns
from candlecloud.metrics.figures import Distribution
from candlecloud.metrics.finite import finite_only
from candlecloud.metrics.moments import deviations, mean_of, total_of

_IN_TAIL = 5
"""Returns that a tail must hold (n times its share) before it is described; one or two of them say nothing."""


def describe_distribution(equity: FloatArray, initial_equity: float) -> Distribution:
    """Describe the bar returns of a curve.

    Parameters
    ----------
    equity : FloatArray, length n >= 1
        At the close of each bar, quote currency.
    initial_equity : float
        Above zero.
    """
    returns = bar_returns(equity, initial_equity)
    ordered = np.sort(returns)
    skew, kurtosis = shape_of(returns)
    under_water = int(np.count_nonzero(drawdowns(equity, initial_equity)))
    described = Distribution(
        omega=omega(returns),
        value_at_risk_95=value_at_risk(ordered, 0.05),
        expected_shortfall_95=expected_shortfall(ordered, 0.05),
        value_at_risk_99=value_at_risk(ordered, 0.01),
        expected_shortfall_99=expected_shortfall(ordered, 0.01),
        skew=skew,
        kurtosis=kurtosis,
        tail_ratio=tail_ratio(ordered),
        time_under_water=under_water / len(equity),
    )
    return finite_only(described)


def omega(returns: FloatArray) -> float | None:
    """Omega ratio at threshold 0: sum of gains over sum of losses; None without a loss.

    Source: Keating, Shadwick (2002), A universal performance measure; here over the sample.
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
