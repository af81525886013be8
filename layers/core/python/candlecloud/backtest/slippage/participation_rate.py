"""More for an order that is large beside the volume of its bar."""

from __future__ import annotations

from candlecloud.backtest.slippage import SlippageModel
from candlecloud.backtest.slippage.fixed_bps import BPS
from candlecloud.parameters import Parameter

PARTICIPATION_RATE = SlippageModel(
    name="participation_rate",
    description="A fixed part, and impact that grows linearly with the order's share of the bar's base volume: a fill "
    "of all of it moves the price by `impact_bps`. A fill takes at most `max_participation` of the volume; the "
    "remainder is carried to the next bars and reported. It needs the "
    "volume of every bar: a run over bars of unknown volume is refused.",
    parameters=(
        BPS,
        Parameter("impact_bps", "number", 0.0, 10_000.0, 100.0, "Added at a share of 1 of the bar's volume."),
        Parameter(
            "max_participation", "number", 0.0001, 1.0, 0.1, "Largest share of a bar's volume that a fill takes."
        ),
    ),
    execution=lambda parameters: {
        "slippage_bps": parameters["bps"],
        "impact_bps": parameters["impact_bps"],
        "max_participation": parameters["max_participation"],
    },
)
