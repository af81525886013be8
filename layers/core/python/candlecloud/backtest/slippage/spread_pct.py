"""Half of the spread."""

from __future__ import annotations

from candlecloud.backtest.slippage import SlippageModel
from candlecloud.parameters import Parameter

SPREAD_PCT = SlippageModel(
    name="spread_pct",
    description="Every market order pays half of the spread between bid and ask.",
    parameters=(
        Parameter(
            "spread_pct", "number", 0.0, 20.0, 0.04, "Full spread in percent of the price; half is paid per side."
        ),
    ),
    execution=lambda parameters: {"slippage_bps": parameters["spread_pct"] * 50.0},  # half, and 1 % is 100 basis points
)
