"""The same for every market order."""

from __future__ import annotations

from candlecloud.backtest.slippage import SlippageModel
from candlecloud.parameters import Parameter

BPS = Parameter("bps", "number", 0.0, 1_000.0, 2.0, "Paid by every market order, in basis points of the price.")

FIXED_BPS = SlippageModel(
    name="fixed_bps",
    description="Every market order fills `bps` worse than the price it met, whatever its size.",
    parameters=(BPS,),
    execution=lambda parameters: {"slippage_bps": parameters["bps"]},
)
