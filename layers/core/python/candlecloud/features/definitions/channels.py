"""Channels around the close."""

from __future__ import annotations

from candlecloud.features.definitions.windows import full_window, window
from candlecloud.features.feature import Feature, deferred
from candlecloud.parameters import Parameter

DONCHIAN = Feature(
    name="donchian",
    description="Highest high and lowest low of the window, the current bar included, and their mean, in quote "
    "currency. A breakout compares the close with the channel one bar earlier.",
    formula="upper = max(high[t-w+1..t]); lower = min(low[t-w+1..t]); middle = (upper + lower) / 2",
    source="Donchian 1960; TA-Lib MAX, MIN",
    parameters=(window(20),),
    outputs=("upper", "lower", "middle"),
    warmup_bars=full_window,
    compute=deferred("channel", "donchian_of_bars"),
)
BOLLINGER = Feature(
    name="bollinger",
    description="Simple average of the close and bands of `width` population standard deviations, in quote currency.",
    formula="middle = SMA; upper, lower = middle +- width sqrt(w sum(c c) - sum(c)^2) / w",
    source="Bollinger 2001, Bollinger on Bollinger Bands; TA-Lib BBANDS",
    parameters=(
        window(20, low=2),
        Parameter("width", "number", 0.01, 20.0, 2.0, "Distance of a band from the middle, in standard deviations."),
    ),
    outputs=("middle", "upper", "lower"),
    warmup_bars=full_window,
    compute=deferred("channel", "bollinger_of_bars"),
)
ZSCORE = Feature(
    name="zscore",
    description="Distance of the close to its mean, in population standard deviations. NaN where all closes are equal.",
    formula="(w c[t] - sum(c)) / sqrt(w sum(c c) - sum(c)^2)",
    source="standard score; sums over the last w closes",
    parameters=(window(20, low=2),),
    warmup_bars=full_window,
    compute=deferred("channel", "zscore_of_bars"),
)
