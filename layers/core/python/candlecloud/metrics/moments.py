"""Moments of returns, from sums and from deviations; a spread that rounding alone could make counts as none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray

    Value = TypeVar("Value", float, FloatArray)

EPSILON = 2.0**-52
_RESOLUTION = 1e-15  # of a float64 near 1: a return is a quotient near 1, less 1, and keeps the quotient's rounding


def squares_from_mean(n: int, total: Value, squares: Value) -> Value:
    """Sum of squared deviations from the mean, ``S2 - S1 * S1 / n``, not yet checked by `is_spread`.

    Parameters
    ----------
    n : int
        Number of returns, at least 1.
    total, squares : float or FloatArray
        Their sum and the sum of their squares; arrays are taken element by element, with the bits of single numbers.
    """
    return squares - total * total / n


def smallest_spread(n: int, squares: Value) -> Value:
    """The sum of squared deviations up to which it may be nothing but the rounding of two sums of n terms."""
    return n * EPSILON * squares


def sample_deviation(n: int, total: float, squares: float) -> float:
    """Sample standard deviation (n - 1) from sums; 0 where the values differ by no more than rounding.

    Source: the computational formula of the variance, ``(S2 - S1**2 / n) / (n - 1)``. It loses digits where the mean is
    large against the spread; bar returns are the other way round (the mean is a hundredth of the spread), and then it
    is as good as the formula with two passes.
    """
    spread = squares_from_mean(n, total, squares)
    return math.sqrt(spread / (n - 1)) if spread > smallest_spread(n, squares) else 0.0


def mean_of(values: FloatArray) -> float:
    """Arithmetic mean of at least one value."""
    return total_of(values) / len(values)


def total_of(values: FloatArray) -> float:
    """Pairwise sum; its order depends on the length only, so neither batches nor processors move a bit of it."""
    return float(values.sum())


def deviations(values: FloatArray) -> FloatArray | None:
    """Differences of returns from their mean, length n; None where they are only rounding, or with fewer than 2."""
    if len(values) < 2:
        return None
    mean = mean_of(values)
    centred = values - mean
    noise = _RESOLUTION * (1.0 + abs(mean))
    return centred if mean_of(centred * centred) > noise * noise else None
