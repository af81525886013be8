"""Moving averages of the close."""

from __future__ import annotations

from candlecloud.features.definitions.windows import full_window, window
from candlecloud.features.feature import Feature, deferred

SMA = Feature(
    name="sma",
    description="Simple moving average of the close, in quote currency; exact sums of ticks, divided once.",
    formula="(c[t-w+1] + ... + c[t]) / w",
    source="TA-Lib SMA",
    parameters=(window(20),),
    warmup_bars=full_window,
    compute=deferred("moving_average", "sma_of_bars"),
)
EMA = Feature(
    name="ema",
    description="Exponential moving average of the close, in quote currency; seeded by the mean of the first w closes.",
    formula="e[t] = e[t-1] + 2 / (w + 1) (c[t] - e[t-1])",
    source="TA-Lib EMA",
    parameters=(window(20, low=2, description="The weight of a new close is 2 / (window + 1)."),),
    warmup_bars=full_window,
    compute=deferred("moving_average", "ema_of_bars"),
    recursive=True,
)
WMA = Feature(
    name="wma",
    description="Linearly weighted moving average of the close, in quote currency; exact sums of ticks, divided once.",
    formula="(1 c[t-w+1] + 2 c[t-w+2] + ... + w c[t]) / (w (w + 1) / 2)",
    source="TA-Lib WMA",
    parameters=(window(20),),
    warmup_bars=full_window,
    compute=deferred("moving_average", "wma_of_bars"),
)
