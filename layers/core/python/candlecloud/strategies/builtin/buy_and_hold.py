"""Buy once, hold to the end: the benchmark beside every run."""

from __future__ import annotations

from candlecloud.strategies.strategy import Strategy

BUY_AND_HOLD = Strategy(
    name="buy_and_hold",
    description="Long from the first close to the end; never short, never flat.",
    parameters=(),
    sides=frozenset({"long"}),
    document={"long": {"entry": {"gt": ["close", 0]}}},
)
