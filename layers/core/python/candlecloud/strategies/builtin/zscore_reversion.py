"""Against closes far from their mean, until they are near it again."""

from __future__ import annotations

from candlecloud.parameters import Parameter, Warmup
from candlecloud.strategies.strategy import Strategy

ZSCORE_REVERSION = Strategy(
    name="zscore_reversion",
    description="Long from a close with z < -entry to the first with z >= -exit, short from a close with z > entry to "
    "the first with z <= exit, flat otherwise and where z has no value (all closes of the window are equal). z is the "
    "distance of the close from the mean of the window, in its standard deviations.",
    parameters=(
        Parameter("window", "integer", 2, 10_000, 48, "Window of mean and deviation, in bars."),
        Parameter("entry", "number", 0.01, 20.0, 2.0, "Distance at which to enter, in standard deviations."),
        Parameter("exit", "number", 0.0, 19.99, 0.0, "Distance at which to leave, in deviations; below entry."),
    ),
    warmup=Warmup(0, {"window": 1}),
    ordered=("exit", "<", "entry"),
    document={
        "features": {"z": {"feature": "zscore", "parameters": {"window": {"param": "window"}}}},
        "long": {  # "not": so a missing value leaves too
            "entry": {"lt": ["z", {"sub": [0, {"param": "entry"}]}]},
            "exit": {"not": {"lt": ["z", {"sub": [0, {"param": "exit"}]}]}},
        },
        "short": {
            "entry": {"gt": ["z", {"param": "entry"}]},
            "exit": {"not": {"gt": ["z", {"param": "exit"}]}},
        },
    },
)
