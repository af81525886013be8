"""Kelly's bet: from a probability and a ratio that are known, or from a strategy's own past returns.

The known ones: ``f = p - (1 - p) / R`` (Kelly 1956, for a bet that pays R to 1). The estimate, for small bets: mean
over variance (Thorp 2006, section 7).

Returns are rounded to multiples of 2**-30 (about 1e-9) and summed as whole numbers, so that a window of the same
returns gives the same bits wherever the bars begin.
"""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.backtest.sizing import SizingModel
from candlecloud.features.bars import Bars, prefix_sums
from candlecloud.parameters import Instead, Parameter, Parameters, Warmup

_UNIT = 2.0**30
_LARGEST = 2.0**31 - 1.0  # a return of 200 %: its square fits 64 bits
_LOW_BITS = 2**32 - 1


def kelly_of_returns(close: FloatArray, target: FloatArray, window: int, minimum: int) -> FloatArray:
    """Mean over sample variance of the last `window` returns that a unit position earned, up to each bar.

    Parameters
    ----------
    close : FloatArray, length n
    target : FloatArray, length n
        Position after each close, in [-1, 1].
    window, minimum : int
        ``2 <= minimum <= window``; before `minimum` returns the bet is 0.

    Returns
    -------
    FloatArray, length n
        Fractions of equity, at least 0, finite: 0 where the mean is not above 0; where it is and nothing varies, the
        largest float.
    """
    earned = target[:-1] * (close[1:] / close[:-1] - 1.0)
    holds = target[:-1] != 0.0
    units = np.rint((earned[holds] * _UNIT).clip(-_LARGEST, _LARGEST)).astype(np.int64)
    known = prefix_sums(holds.astype(np.int64))[: len(close)]  # returns known at bar t: of bars held before it
    first = np.maximum(known - window, 0)
    count = (known - first).astype(np.float64)
    sums, squares = _between(units, first, known).astype(np.float64), _squares_between(units, first, known)
    spread = count * squares - sums * sums  # count * (count - 1) * variance
    with np.errstate(divide="ignore", invalid="ignore"):
        bet = np.where(spread > 0.0, sums * (count - 1.0) * _UNIT / spread, np.finfo(np.float64).max)
    return np.where((known >= minimum) & (sums > 0.0), bet, 0.0)


def kelly_of_odds(win_probability: float, payoff_ratio: float) -> float:
    """Fraction of equity that makes it grow fastest, for a bet that wins R times its stake or loses it; or below 0.

    Parameters
    ----------
    win_probability : float
        p, in [0, 1].
    payoff_ratio : float
        R, mean win over mean loss, above 0.
    """
    return win_probability - (1.0 - win_probability) / payoff_ratio


def _between(values: IntArray, first: IntArray, last: IntArray) -> IntArray:
    """Sums of the values from `first` up to, not including, `last`."""
    sums = prefix_sums(values)
    return np.asarray(sums[last] - sums[first], np.int64)


def _squares_between(values: IntArray, first: IntArray, last: IntArray) -> FloatArray:
    squares = values * values
    low, high = _between(squares & _LOW_BITS, first, last), _between(squares >> 32, first, last)
    return high.astype(np.float64) * 2.0**32 + low.astype(np.float64)


def _size(bars: Bars, target: FloatArray, parameters: Parameters) -> FloatArray | float:
    base_fraction = float(parameters["base_fraction"])
    if "win_probability" in parameters:
        bet = kelly_of_odds(float(parameters["win_probability"]), float(parameters["payoff_ratio"]))
        return min(1.0, max(0.0, base_fraction * bet))
    trailing = kelly_of_returns(bars.close, target, int(parameters["window"]), int(parameters["minimum_bars"]))
    return (base_fraction * float(parameters["fraction"]) * trailing).clip(0.0, 1.0)


KELLY_FRACTION = SizingModel(
    name="kelly_fraction",
    description="With `win_probability` p and `payoff_ratio` R: base_fraction x (p - (1 - p) / R), cut to [0, 1], the "
    "same at every bar. Without them it is estimated: "
    "base_fraction x fraction x mean / sample variance of the strategy's own returns, cut to [0, 1]. A return is "
    "target[t-1] x (close[t] / close[t-1] - 1), before costs and sizing; the last `window` bars that held a position "
    "count (target[t-1] other than 0), each cut to 200 % either way. Size 0 until there are `minimum_bars` of them, "
    "and where their mean is not above 0; without variance the size is 1 if the mean is above 0. Counting begins with "
    "the bars of the run's warm-up.",
    parameters=(
        Parameter("base_fraction", "number", 1e-6, 1.0, 1.0, "Part of the bet that is taken; 1 is all of it."),
        Parameter("win_probability", "number", 0.0, 1.0, None, "Probability that a trade wins; with payoff_ratio."),
        Parameter("payoff_ratio", "number", 1e-6, 1e6, None, "Mean win over mean loss; with win_probability."),
        Parameter("fraction", "number", 0.01, 1.0, 0.5, "Part of the estimated Kelly bet; 0.5 is half Kelly."),
        Parameter("window", "integer", 2, 10_000, 720, "Bars with a position that count, the newest first."),
        Parameter("minimum_bars", "integer", 2, 10_000, 168, "Bars with a position before anything is bet."),
    ),
    warmup=Warmup(1, {"minimum_bars": 1}),
    instead=Instead(("win_probability", "payoff_ratio"), ("fraction", "window", "minimum_bars")),
    size=_size,
    reads_target=True,
    ordered=("minimum_bars", "<=", "window"),
)
