"""Half of the spread, and what else an order pays."""

from __future__ import annotations

from candlecloud.backtest.slippage import SlippageModel
from candlecloud.parameters import Parameter

_HALF_IN_BPS = 5_000.0

SPREAD = SlippageModel(
    name="spread",
    description="Every market order pays half of the spread between bid and ask, and `bps` on top.",
    parameters=(
        Parameter(
            "spread",
            "number",
            0.0,
            0.2,
            0.0004,
            "Full spread as a fraction of the price (0.0004 = 0.04 %); half is paid per side.",
        ),
        Parameter("bps", "number", 0.0, 1_000.0, 0.0, "Paid on top, in basis points of the price."),
    ),
    execution=lambda parameters: {"slippage_bps": parameters["spread"] * _HALF_IN_BPS + parameters["bps"]},
    former={"spread_pct": 'spread_pct was in percent; send {"model": "spread", "spread": 0.0004} for 0.04 %.'},
)
