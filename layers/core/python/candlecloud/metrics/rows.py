"""Rows of accumulators as columns, and what several metrics share of them, worked out once."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TypeAlias, TypedDict

import numpy as np

from candlecloud.arrays import BoolArray, FloatArray
from candlecloud.metrics.accumulators import COLUMNS
from candlecloud.metrics.annual import MIN_RETURNS, MIN_SPAN_MS, YEAR_MS, bars_per_year
from candlecloud.metrics.compounding import growths_per_year
from candlecloud.metrics.metric import Metric
from candlecloud.metrics.moments import smallest_spread, squares_from_mean


class Extent(TypedDict):
    """What all rows of a run or sweep share.

    Attributes
    ----------
    initial_equity : float
        Quote currency, above zero.
    n_bars : int
        Bars of the run, at least 1; absent candles make no bar and so no return.
    span_ms : int
        From the first bar's open to the last bar's close; `candlecloud.metrics.annual` says what a short one lacks.
    """

    initial_equity: float
    n_bars: int
    span_ms: int


class Rows:
    """Rows of accumulators of backtests over the same bars, taken element by element: ``rows["fees"]`` is one column.

    Parameters
    ----------
    table : FloatArray, shape (P, len(COLUMNS))
        One row per backtest.
    """

    def __init__(self, table: FloatArray, extent: Extent) -> None:
        self._columns: dict[str, FloatArray] = dict(zip(COLUMNS, np.ascontiguousarray(table.T), strict=True))
        self.initial_equity = extent["initial_equity"]
        self.n_bars = extent["n_bars"]
        self._span_ms = extent["span_ms"]

    def __getitem__(self, column: str) -> FloatArray:
        return self._columns[column]

    @property
    def per_year(self) -> float:
        """How often the run's time fits into a year; NaN below `MIN_SPAN_MS`."""
        return YEAR_MS / self._span_ms if self._span_ms >= MIN_SPAN_MS else math.nan

    @property
    def annual_root(self) -> float:
        """Root of bars per year, for deviations; NaN below `MIN_RETURNS`, and without time."""
        exists = self.n_bars >= MIN_RETURNS and self._span_ms > 0
        return math.sqrt(bars_per_year(self._span_ms / self.n_bars)) if exists else math.nan

    @property
    def ratio_root(self) -> float:
        """The same for ratios of returns to deviations; NaN below `MIN_SPAN_MS` too."""
        return self.annual_root if self._span_ms >= MIN_SPAN_MS else math.nan

    @cached_property
    def growth(self) -> FloatArray:
        """Final over initial equity."""
        return self["final_equity"] / self.initial_equity

    @cached_property
    def cagr(self) -> FloatArray:
        """Yearly compound rate; NaN below `MIN_SPAN_MS`."""
        if self._span_ms < MIN_SPAN_MS:
            return np.full(len(self.growth), np.nan)
        return growths_per_year(self.growth, self._span_ms)

    @cached_property
    def mean_return(self) -> FloatArray:
        """Of a bar."""
        return self["sum_returns"] / self.n_bars

    @cached_property
    def deviation(self) -> FloatArray:
        """Sample standard deviation of bar returns; 0 where they differ by no more than rounding."""
        spread = squares_from_mean(self.n_bars, self["sum_returns"], self["sum_squares"])
        varies = spread > smallest_spread(self.n_bars, self["sum_squares"])
        return np.where(varies, np.sqrt(spread / (self.n_bars - 1)), 0.0)

    @cached_property
    def trades(self) -> FloatArray:
        """Closed round trips."""
        return np.trunc(self["n_trades"])

    @cached_property
    def bars_under_water(self) -> FloatArray:
        """Most consecutive bars below the highest equity so far."""
        return np.trunc(self["max_under_water_bars"])

    @cached_property
    def time_under_water_ms(self) -> FloatArray:
        """Longest time below the highest equity so far, by the clock."""
        return np.trunc(self["max_under_water_ms"])


RowMetric: TypeAlias = Metric[Rows, FloatArray]


def where(exists: BoolArray, values: FloatArray) -> FloatArray:
    """NaN where a number does not exist."""
    return np.where(exists, values, np.nan)
