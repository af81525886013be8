"""With the sign of the return over a longer time (Moskowitz, Ooi and Pedersen, 2012)."""

from __future__ import annotations

from candlecloud.parameters import Parameter, Warmup
from candlecloud.strategies.strategy import Strategy

TIME_SERIES_MOMENTUM = Strategy(
    name="time_series_momentum",
    description="Long while the return of the close over the last `window` bars > threshold, short while it is "
    "< -threshold, flat between and on both bounds.",
    parameters=(
        Parameter("window", "integer", 1, 10_000, 168, "Bars between the two closes that are compared."),
        Parameter("threshold", "number", 0.0, 10.0, 0.0, "Least return, as a fraction (0.01 = 1 %)."),
    ),
    warmup=Warmup(1, {"window": 1}),
    document={
        "features": {"change": {"feature": "roc", "parameters": {"window": {"param": "window"}}}},
        "long": {"entry": {"gt": ["change", {"param": "threshold"}]}},
        "short": {"entry": {"lt": ["change", {"sub": [0, {"param": "threshold"}]}]}},
    },
)
