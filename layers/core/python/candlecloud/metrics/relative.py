"""Figures against a benchmark that ran over the same bars."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TypeAlias

from candlecloud.arrays import BoolArray, FloatArray
from candlecloud.errors import InvalidInputError
from candlecloud.metrics.annual import MIN_RETURNS, MIN_SPAN_MS, bars_per_year
from candlecloud.metrics.curves import bar_returns
from candlecloud.metrics.figures import Relative
from candlecloud.metrics.metric import Metric, evaluate
from candlecloud.metrics.moments import deviations, mean_of, total_of
from candlecloud.registry import Registry


class Pair:
    """A curve and a benchmark's, and what several metrics share of both, worked out once.

    Parameters
    ----------
    bar_ms : float
        As in `compare_with_benchmark`.
    """

    def __init__(self, equity: FloatArray, benchmark: FloatArray, initial_equity: float, bar_ms: float) -> None:
        self.growth = float(equity[-1]) / initial_equity
        self.benchmark_growth = float(benchmark[-1]) / initial_equity
        self.ours, self.theirs = bar_returns(equity, initial_equity), bar_returns(benchmark, initial_equity)
        self.per_year = bars_per_year(bar_ms)
        self.enough_returns = len(equity) >= MIN_RETURNS
        self.enough_time = self.enough_returns and round(bar_ms * len(equity)) >= MIN_SPAN_MS

    @cached_property
    def line(self) -> tuple[float | None, float | None, float | None]:
        """Alpha, beta and correlation."""
        return _line(self.ours, self.theirs, self.per_year)

    @cached_property
    def active(self) -> tuple[float | None, float | None]:
        """Tracking error and information ratio."""
        return _active(self.ours - self.theirs, self.per_year)

    def capture(self, chosen: BoolArray) -> float | None:
        """Mean return over the benchmark's in the chosen bars."""
        return mean_of(self.ours[chosen]) / mean_of(self.theirs[chosen]) if chosen.any() else None


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
    return Relative(**evaluate(RELATIVE, Pair(equity, benchmark, initial_equity, bar_ms)))


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


PairMetric: TypeAlias = Metric[Pair, float | None]

EXCESS_RETURN = PairMetric(
    name="excess_return",
    unit="fraction",
    label="Excess return",
    group="Against the benchmark",
    convention="Total return less that of the benchmark.",
    formula="E[n] / E[0] - B[n] / E[0], B the benchmark's equity",
    function=lambda pair: pair.growth - pair.benchmark_growth,
    nullable=False,
    signed=True,
)


ALPHA = PairMetric(
    name="alpha",
    unit="fraction",
    label="Alpha",
    group="Against the benchmark",
    convention="Mean bar return less beta times the benchmark's, times bars per year (riskless rate 0, not "
    "compounded); null below 30 days or 30 returns.",
    formula="(mean(r) - beta * mean(b)) Y",
    reference="Jensen (1968), The performance of mutual funds in the period 1945-1964",
    function=lambda pair: pair.line[0] if pair.enough_time else None,
    signed=True,
)


BETA = PairMetric(
    name="beta",
    unit="ratio",
    label="Beta",
    group="Against the benchmark",
    convention="Sample covariance of bar returns with the benchmark's over the benchmark's sample variance.",
    formula="cov(r, b) / var(b)",
    reference="Sharpe (1964), Capital asset prices",
    function=lambda pair: pair.line[1],
)


CORRELATION = PairMetric(
    name="correlation",
    unit="ratio",
    label="Correlation",
    group="Against the benchmark",
    convention="Pearson's, of bar returns with the benchmark's.",
    formula="cov(r, b) / sqrt(var(r) var(b))",
    reference="scipy.stats.pearsonr",
    function=lambda pair: pair.line[2],
)


TRACKING_ERROR = PairMetric(
    name="tracking_error",
    unit="fraction",
    label="Tracking error",
    group="Against the benchmark",
    convention="Sample standard deviation of bar returns less the benchmark's, times the root of bars per year; "
    "null below 30 returns.",
    formula="sd(r - b) sqrt(Y)",
    reference="Grinold, Kahn (1999), Active portfolio management",
    function=lambda pair: pair.active[0] if pair.enough_returns else None,
)


INFORMATION_RATIO = PairMetric(
    name="information_ratio",
    unit="ratio",
    label="Information ratio",
    group="Against the benchmark",
    convention="Mean bar return less the benchmark's over the sample standard deviation of that difference, times the "
    "root of bars per year; null below 30 days or 30 returns.",
    formula="mean(r - b) / sd(r - b) sqrt(Y)",
    reference="Grinold, Kahn (1999), Active portfolio management",
    function=lambda pair: pair.active[1] if pair.enough_time else None,
)


UP_CAPTURE = PairMetric(
    name="up_capture",
    unit="fraction",
    label="Up capture",
    group="Against the benchmark",
    convention="Mean bar return over the benchmark's, in bars in which the benchmark rose.",
    formula="mean(r | b > 0) / mean(b | b > 0)",
    function=lambda pair: pair.capture(pair.theirs > 0.0),
)


DOWN_CAPTURE = PairMetric(
    name="down_capture",
    unit="fraction",
    label="Down capture",
    group="Against the benchmark",
    convention="Mean bar return over the benchmark's, in bars in which the benchmark fell.",
    formula="mean(r | b < 0) / mean(b | b < 0)",
    function=lambda pair: pair.capture(pair.theirs < 0.0),
)

RELATIVE: Registry[PairMetric] = Registry(
    "metric",
    (EXCESS_RETURN, ALPHA, BETA, CORRELATION, TRACKING_ERROR, INFORMATION_RATIO, UP_CAPTURE, DOWN_CAPTURE),
    field="metric",
)
