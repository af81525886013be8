"""Returns by calendar month and year, and the Sharpe ratio of a rolling window."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.metrics.moments import smallest_spread, squares_from_mean


def monthly_returns(
    close_time: IntArray, equity: FloatArray, initial_equity: float
) -> list[tuple[int, int, float | None]]:
    """Return of each calendar month (UTC) that has a bar.

    Parameters
    ----------
    close_time : IntArray, length n
        ms UTC, ascending. A bar belongs to the month of its last millisecond: one that closes at midnight on the 1st
        ends the month before.
    equity : FloatArray, length n
        At these closes.
    initial_equity : float
        What the first month is measured against.

    Returns
    -------
    list of (year, month, return)
        Ascending; last equity of the month over that of the one before, less 1; None once that was zero or less.
    """
    months = (close_time - 1).astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
    return [(1970 + month // 12, month % 12 + 1, value) for month, value in _by_period(months, equity, initial_equity)]


def yearly_returns(close_time: IntArray, equity: FloatArray, initial_equity: float) -> list[tuple[int, float | None]]:
    """Return of each calendar year (UTC) that has a bar; otherwise as `monthly_returns`."""
    years = (close_time - 1).astype("datetime64[ms]").astype("datetime64[Y]").astype(np.int64)
    return [(1970 + year, value) for year, value in _by_period(years, equity, initial_equity)]


def rolling_sharpe(returns: FloatArray, window_bars: int, per_year: float) -> FloatArray:
    """Sharpe ratio of the last `window_bars` returns at each bar, annualised, riskless rate 0.

    Parameters
    ----------
    returns : FloatArray, length n
        Simple bar returns.
    window_bars : int
        At least 2.
    per_year : float
        Bars per year.

    Returns
    -------
    FloatArray, length n
        NaN before `window_bars` returns, where those in the window differ by no more than rounding, and where their
        squares are beyond the largest float.
    """
    ratio = np.full(len(returns), np.nan)
    if window_bars < 2 or len(returns) < window_bars:
        return ratio
    with np.errstate(all="ignore"):  # what is beyond the largest float has no ratio
        total, squares = window_sums(returns, window_bars), window_sums(returns * returns, window_bars)
        spread = squares_from_mean(window_bars, total, squares)
        varies = np.isfinite(squares) & (spread > smallest_spread(window_bars, squares))
    deviation = np.sqrt(spread[varies] / (window_bars - 1))
    ratio[window_bars - 1 :][varies] = total[varies] / window_bars / deviation * math.sqrt(per_year)
    return ratio


def window_sums(values: FloatArray, window: int) -> FloatArray:
    """Sum of each run of `window` values, length n - window + 1, in a time that does not depend on the window.

    A window is the end of one block of `window` values and the beginning of the next, so two running sums per block
    make it up (van Herk 1992, Gil and Werman 1993). Nothing is subtracted: a window of zeros has exactly 0, which
    the difference of two long running sums has not.
    """
    n = len(values)
    blocks = np.zeros((-(-n // window), window))
    blocks.reshape(-1)[:n] = values
    heads = np.cumsum(blocks, axis=1).reshape(-1)
    tails = np.cumsum(blocks[:, ::-1], axis=1)[:, ::-1].reshape(-1)
    starts = np.arange(n - window + 1)
    whole = starts % window == 0
    return np.where(whole, heads[starts + window - 1], tails[starts] + heads[starts + window - 1])


def _by_period(period: IntArray, equity: FloatArray, initial_equity: float) -> list[tuple[int, float | None]]:
    lasts = np.flatnonzero(np.append(period[1:] != period[:-1], True)) if len(period) else np.empty(0, np.int64)
    levels = [initial_equity, *(float(equity[k]) for k in lasts)]
    grown = [after / before - 1.0 if before > 0.0 else None for before, after in pairwise(levels)]
    return list(zip((int(period[k]) for k in lasts), grown, strict=True))
