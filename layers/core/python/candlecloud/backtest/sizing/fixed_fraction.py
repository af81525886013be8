"""The same fraction of equity, always."""

from __future__ import annotations

from candlecloud.backtest.sizing import SizingModel
from candlecloud.parameters import Parameter

FIXED_FRACTION = SizingModel(
    name="fixed_fraction",
    description="The same fraction of equity for every position.",
    parameters=(Parameter("fraction", "number", 1e-6, 1.0, 1.0, "Fraction of equity; 1 is all of it."),),
    size=lambda _bars, _target, parameters: float(parameters["fraction"]),
)
