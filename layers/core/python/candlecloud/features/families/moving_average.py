"""Moving averages: simple and weighted ones of integer ticks, O(1) per bar and free of rounding, and exponential ones.

SMA(t, w) = (x[t-w+1] + ... + x[t]) / w. Window sums are differences of prefix sums of whole numbers, so two averages
that are equal on paper are equal here, whatever the windows; float averages differ in the last digit and trade on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from candlecloud.arrays import FloatArray, IntArray, SignArray
from candlecloud.features.bars import Bars
from candlecloud.features.feature import Feature
from candlecloud.features.kernels import recursive
from candlecloud.features.kernels.views import doubles, integers
from candlecloud.features.window_parameter import FULL_WINDOW, window_parameter
from candlecloud.features.windows import close_means, weighted_means
from candlecloud.parameters import Parameters

_INT64_LIMIT = 2**63


def window_sums(sums: IntArray, window: int) -> IntArray:
    """Sums over the last `window` values, from prefix sums.

    Parameters
    ----------
    sums : IntArray, length n + 1
        From `candlecloud.features.bars.prefix_sums`.
    window : int
        At least 1.

    Returns
    -------
    IntArray, length max(0, n + 1 - window)
        Entry k belongs to bar ``k + window - 1``, the first one with a full window.
    """
    return sums[window:] - sums[: max(0, len(sums) - window)]


def sma(sums: IntArray, window: int, scale: int = 0) -> FloatArray:
    """Simple moving average in price units.

    Parameters
    ----------
    sums : IntArray, length n + 1
        Prefix sums of prices in ticks of ``10**-scale``.

    Returns
    -------
    FloatArray, length n
        NaN for the first ``window - 1`` bars.
    """
    average = np.full(len(sums) - 1, np.nan)
    average[window - 1 :] = window_sums(sums, window) / (window * 10.0**scale)
    return average


def compare_sma(sums: IntArray, fast: int, slow: int) -> SignArray:
    """Sign of SMA(fast) - SMA(slow), exact: ``sum_fast * slow`` against ``sum_slow * fast`` in whole numbers.

    Parameters
    ----------
    sums : IntArray, length n + 1
        Prefix sums of prices in ticks (positive).
    fast, slow : int
        Windows in bars, ``fast <= slow``.

    Returns
    -------
    SignArray, length n
        0 on a tie and for the first ``slow - 1`` bars.
    """
    sign = np.zeros(len(sums) - 1, np.int8)
    if len(sums) <= slow:
        return sign
    ticks = np.diff(sums)  # right even where the running sums have wrapped
    if int(ticks.max()) * slow >= _INT64_LIMIT:
        sums = np.concatenate([[0], np.cumsum(ticks.astype(object))])
    of_slow = window_sums(sums, slow)
    of_fast = window_sums(sums, fast)[slow - fast :]
    if max(int(of_fast.max()) * slow, int(of_slow.max()) * fast) >= _INT64_LIMIT:
        of_fast, of_slow = of_fast.astype(object), of_slow.astype(object)  # Python's integers: slower, still exact
    left, right = of_fast * slow, of_slow * fast
    sign[slow - 1 :] = (left > right).astype(np.int8) - (left < right).astype(np.int8)
    return sign


def sma_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Simple moving average of the close, in quote currency: ``(c[t-w+1] + ... + c[t]) / w``."""
    return {"sma": close_means(bars, int(parameters["window"]))}


def wma_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Linearly weighted moving average of the close: ``(1 c[t-w+1] + 2 c[t-w+2] + ... + w c[t]) / (w (w + 1) / 2)``."""
    return {"wma": weighted_means(bars, int(parameters["window"]))}


def ema_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Exponential moving average of the close: ``e[t] = e[t-1] + 2 / (w + 1) (c[t] - e[t-1])``.

    The first value, at bar ``w - 1``, is the mean of the first w closes, as TA-Lib does it.
    """
    return {"ema": ema(bars.close, int(parameters["window"]))}


def ema(values: FloatArray, window: int, first: int = 0, seeds: int | None = None) -> FloatArray:
    """Exponential average of the values from entry `first` on.

    Parameters
    ----------
    values : FloatArray, length n
        No NaN from `first` on.
    window : int
        The weight of a new value is ``2 / (window + 1)``.
    seeds : int, optional
        The mean of so many values is the seed; `window` when left out.

    Returns
    -------
    FloatArray, length n
        NaN before entry ``first + seeds - 1``.
    """
    average = np.full(len(values), np.nan)
    weight, seeds = 2.0 / (window + 1), window if seeds is None else seeds
    recursive.ema(doubles(np.ascontiguousarray(values)), first, seeds, weight, doubles(average))
    return average


def emas(values: NDArray[np.float64], firsts: IntArray, windows: IntArray) -> NDArray[np.float64]:
    """Exponential averages of many windows in one pass: what one waits for, the others use.

    Parameters
    ----------
    values : float64, length n, or one row of n per window
    firsts : IntArray
        First entry that each reads.
    windows : IntArray

    Returns
    -------
    float64, windows x n
        The rows of `ema`.
    """
    n = values.shape[-1]
    averages = np.full((len(windows), n), np.nan)
    starts = np.arange(len(windows), dtype=np.int64) * (n if values.ndim > 1 else 0)
    flat = np.ascontiguousarray(values).reshape(-1)
    begins, lengths = (integers(np.ascontiguousarray(each, np.int64)) for each in (firsts, windows))
    recursive.emas(doubles(flat), integers(starts), begins, lengths, n, doubles(averages.reshape(-1)))
    return averages


def many_ema(bars: Bars, sets: Sequence[Parameters], begins: Sequence[int]) -> Sequence[Mapping[str, FloatArray]]:
    """All windows in one pass."""
    windows = np.array([int(each["window"]) for each in sets], np.int64)
    return [{"ema": row} for row in emas(bars.close, np.array(begins, np.int64), windows)]


SMA = Feature(
    name="sma",
    description="Simple moving average of the close, in quote currency; exact sums of ticks, divided once.",
    formula="(c[t-w+1] + ... + c[t]) / w",
    source="TA-Lib SMA",
    parameters=(window_parameter(20),),
    warmup=FULL_WINDOW,
    compute=sma_of_bars,
)
EMA = Feature(
    name="ema",
    description="Exponential moving average of the close, in quote currency; seeded by the mean of the first w closes.",
    formula="e[t] = e[t-1] + 2 / (w + 1) (c[t] - e[t-1])",
    source="TA-Lib EMA",
    parameters=(window_parameter(20, low=2, description="The weight of a new close is 2 / (window + 1)."),),
    warmup=FULL_WINDOW,
    compute=ema_of_bars,
    compute_many=many_ema,
    recursive=True,
)
WMA = Feature(
    name="wma",
    description="Linearly weighted moving average of the close, in quote currency; exact sums of ticks, divided once.",
    formula="(1 c[t-w+1] + 2 c[t-w+2] + ... + w c[t]) / (w (w + 1) / 2)",
    source="TA-Lib WMA",
    parameters=(window_parameter(20),),
    warmup=FULL_WINDOW,
    compute=wma_of_bars,
)
