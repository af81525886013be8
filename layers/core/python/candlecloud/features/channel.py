"""Channels around the close: Donchian, Bollinger, and the z-score that says where in the latter the close is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.windows import close_moments, highest, lowest
from candlecloud.parameters import Parameters


def donchian_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Highest high and lowest low of the last w bars, the current one included, and their mean.

    A close can't leave a channel that its own bar belongs to: a breakout compares it with the channel one bar earlier.
    """
    window = int(parameters["window"])
    upper, lower = highest(bars.high, window), lowest(bars.low, window)
    return {"upper": upper, "lower": lower, "middle": (upper + lower) / 2.0}


def bollinger_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Simple average of the close, and bands `width` population standard deviations above and below; quote currency."""
    window, width = int(parameters["window"]), float(parameters["width"])
    found = close_moments(bars, window)
    reach = width * found.deviations
    return {"middle": found.means, "upper": found.means + reach, "lower": found.means - reach}


def zscore_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Distance of the close to its mean over w bars, in population standard deviations; 0/0 on a flat window is NaN."""
    found = close_moments(bars, int(parameters["window"]))
    with np.errstate(invalid="ignore"):
        return {"zscore": found.distances / found.deviations}
