"""Figures against a benchmark that ran over the same bars."""

from __future__ import annotations

import math

from candlecloud.arrays import BoolArray, FloatArray
from candlecloud.errors import InvalidInputError
from candlecloud.metrics.annual import bars_per_year
from candlecloud.metrics.curves import bar_returns
from candlecloud.metrics.figures import Relative
from candlecloud.metrics.finite import finite_only
from candlecloud.metrics.moments import deviations, mean_of, total_of


def compare_with_benchmark(equity: FloatArray, benchmark: FloatArray, initial_equity: float, bar_ms: float) -> Relative:
    """Set a curve against a benchmark's.

    Parameters
    ----------
    equity, benchmark : FloatArray, length n >= 1
        At the closes of the same bars, quote currency.
    initial_equity : float
        Above zero, of both.
    bar_ms : float
        Time over bars: the timeframe, and more where candles are absent.

    Raises
    ------
    InvalidInputError
        If the curves differ in length.
    """
    if len(equity) != len(benchmark):
        raise InvalidInputError(
            f"A curve of {len(equity)} bars cannot be compared with a benchmark of {len(benchmark)}.",
            hint="Run the benchmark over exactly the bars of the run.",
        )
    ours, theirs = bar_returns(equity, initial_equity), bar_returns(benchmark, initial_equity)
    per_year = bars_per_year(bar_ms)
    alpha, beta, correlation = _line(ours, theirs, per_year)
    tracking_error, information_ratio = _active(ours - theirs, per_year)
    relative = Relative(
        excess_return=float(equity[-1]) / initial_equity - float(benchmark[-1]) / initial_equity,
        alpha=alpha,
        beta=beta,
        correlation=correlation,
        tracking_error=tracking_error,
        information_ratio=information_ratio,
        up_capture=_capture(ours, theirs, theirs > 0.0),
        down_capture=_capture(ours, theirs, theirs < 0.0),
    )
    return finite_only(relative)


def _line(ours: FloatArray, theirs: FloatArray, per_year: float) -> tuple[float | None, float | None, float | None]:
    """Alpha, beta and correlation of the least-squares line through the pairs of bar returns."""
    x = deviations(theirs)
    if x is None:
        return None, None, None
    y = deviations(ours)
    if y is None:  # ours do not vary: a level line
        return mean_of(ours) * per_year, 0.0, None
    products, squares_x, squares_y = total_of(x * y), total_of(x * x), total_of(y * y)
    beta = products / squares_x
    correlation = products / math.sqrt(squares_x) / math.sqrt(squares_y)
    return (mean_of(ours) - beta * mean_of(theirs)) * per_year, beta, min(1.0, max(-1.0, correlation))


def _active(difference: FloatArray, per_year: float) -> tuple[float | None, float | None]:
    """Tracking error and information ratio, annualised."""
    if len(difference) < 2:
        return None, None
    centred = deviations(difference)
    if centred is None:
        return 0.0, None
    deviation = math.sqrt(total_of(centred * centred) / (len(centred) - 1))
    root = math.sqrt(per_year)
    return deviation * root, mean_of(difference) / deviation * root


def _capture(ours: FloatArray, theirs: FloatArray, chosen: BoolArray) -> float | None:
    return mean_of(ours[chosen]) / mean_of(theirs[chosen]) if chosen.any() else None
