"""Channels around the close: Donchian, Bollinger, and the z-score that says where in the latter the close is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.feature import Feature
from candlecloud.features.outputs import MadeWhenRead
from candlecloud.features.window_parameter import FULL_WINDOW, window_parameter
from candlecloud.features.windows import Extremes, close_deviations, close_moments
from candlecloud.parameters import Parameter, Parameters


def donchian_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Highest high and lowest low of the last w bars, the current one included, and their mean.

    A close can't leave a channel that its own bar belongs to: a breakout compares it with the channel one bar earlier.
    """
    (found,) = many_donchian(bars, [parameters], [0])
    return found


def many_donchian(bars: Bars, sets: Sequence[Parameters], _begins: Sequence[int]) -> Sequence[Mapping[str, FloatArray]]:
    """Extremes of 2, 4, 8, ... bars once for all windows."""
    highest, lowest = Extremes(np.maximum, bars.high), Extremes(np.minimum, bars.low)
    return [_channel(highest, lowest, int(each["window"])) for each in sets]


def _channel(highest: Extremes, lowest: Extremes, window: int) -> Mapping[str, FloatArray]:
    return MadeWhenRead(
        upper=lambda: highest.of(window),
        lower=lambda: lowest.of(window),
        middle=lambda: (highest.of(window) + lowest.of(window)) / 2.0,
    )


def bollinger_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Simple average of the close, and bands `width` population standard deviations above and below; quote currency."""
    return _bands(*close_deviations(bars, int(parameters["window"])), float(parameters["width"]))


def many_bollinger(
    bars: Bars, sets: Sequence[Parameters], _begins: Sequence[int]
) -> Sequence[Mapping[str, FloatArray]]:
    """The moments of a window once for all widths."""
    found = {window: close_deviations(bars, int(window)) for window in {each["window"] for each in sets}}
    return [_bands(*found[each["window"]], float(each["width"])) for each in sets]


def _bands(means: FloatArray, deviations: FloatArray, width: float) -> Mapping[str, FloatArray]:
    def band(side: float) -> FloatArray:
        reach = deviations * (side * width)
        return np.add(means, reach, out=reach)

    return MadeWhenRead(middle=lambda: means, upper=lambda: band(1.0), lower=lambda: band(-1.0))


def zscore_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Distance of the close to its mean over w bars, in population standard deviations; 0/0 on a flat window is NaN."""
    found = close_moments(bars, int(parameters["window"]))
    with np.errstate(invalid="ignore"):
        return {"zscore": np.divide(found.distances, found.deviations, out=found.distances)}


DONCHIAN = Feature(
    name="donchian",
    description="Highest high and lowest low of the window, the current bar included, and their mean, in quote "
    "currency. A breakout compares the close with the channel one bar earlier.",
    formula="upper = max(high[t-w+1..t]); lower = min(low[t-w+1..t]); middle = (upper + lower) / 2",
    source="Donchian 1960; TA-Lib MAX, MIN",
    parameters=(window_parameter(20),),
    outputs=("upper", "lower", "middle"),
    warmup=FULL_WINDOW,
    compute=donchian_of_bars,
    compute_many=many_donchian,
)
BOLLINGER = Feature(
    name="bollinger",
    description="Simple average of the close and bands of `width` population standard deviations, in quote currency.",
    formula="middle = SMA; upper, lower = middle +- width sqrt(w sum(c c) - sum(c)^2) / w",
    source="Bollinger 2001, Bollinger on Bollinger Bands; TA-Lib BBANDS",
    parameters=(
        window_parameter(20, low=2),
        Parameter("width", "number", 0.01, 20.0, 2.0, "Distance of a band from the middle, in standard deviations."),
    ),
    outputs=("middle", "upper", "lower"),
    warmup=FULL_WINDOW,
    compute=bollinger_of_bars,
    compute_many=many_bollinger,
)
ZSCORE = Feature(
    name="zscore",
    description="Distance of the close to its mean, in population standard deviations. NaN where all closes are equal.",
    formula="(w c[t] - sum(c)) / sqrt(w sum(c c) - sum(c)^2)",
    source="standard score; sums over the last w closes",
    parameters=(window_parameter(20, low=2),),
    warmup=FULL_WINDOW,
    compute=zscore_of_bars,
)
