"""Slippage models: what a market order pays beyond the price it met, as switches of the execution. Needs no NumPy.

To add one: define it, add it to the tuple at the end, and run ``python -m infra.generate``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from candlecloud.parameters import Number, Parameter, Parameters
from candlecloud.registry import Registry
from candlecloud.spec import Spec


@dataclass(frozen=True, kw_only=True)
class SlippageModel(Spec):
    """A model of what trading moves the price by.

    Attributes
    ----------
    execution : callable
        Checked parameters to the fields `slippage_bps`, `impact_bps` and `max_participation` of
        `candlecloud.backtest.execution.Execution`; 0 is off.
    """

    execution: Callable[[Parameters], dict[str, float]]


def _execution(slippage_bps: Number, impact_bps: Number = 0.0, max_participation: Number = 0.0) -> dict[str, float]:
    return {
        "slippage_bps": float(slippage_bps),
        "impact_bps": float(impact_bps),
        "max_participation": float(max_participation),
    }


_FIXED = Parameter("bps", "number", 0.0, 1_000.0, 2.0, "Paid by every market order, in basis points of the price.")

FIXED_BPS = SlippageModel(
    name="fixed_bps",
    description="Every market order fills `bps` worse than the price it met, whatever its size.",
    parameters=(_FIXED,),
    execution=lambda parameters: _execution(parameters["bps"]),
)
SPREAD_PCT = SlippageModel(
    name="spread_pct",
    description="Every market order pays half of the spread between bid and ask.",
    parameters=(
        Parameter(
            "spread_pct", "number", 0.0, 20.0, 0.04, "Full spread in percent of the price; half is paid per side."
        ),
    ),
    execution=lambda parameters: _execution(parameters["spread_pct"] * 50.0),  # half, and 1 % is 100 basis points
)
PARTICIPATION_RATE = SlippageModel(
    name="participation_rate",
    description="A fixed part, and impact that grows linearly with the order's share of the bar's base volume: a fill "
    "of all of it moves the price by `impact_bps`. A fill takes at most `max_participation` of the volume; the "
    "remainder is carried to the next bars and reported. It needs the "
    "volume of every bar: a run over bars of unknown volume is refused.",
    parameters=(
        _FIXED,
        Parameter("impact_bps", "number", 0.0, 10_000.0, 100.0, "Added at a share of 1 of the bar's volume."),
        Parameter(
            "max_participation", "number", 0.0001, 1.0, 0.1, "Largest share of a bar's volume that a fill takes."
        ),
    ),
    execution=lambda parameters: _execution(
        parameters["bps"], parameters["impact_bps"], parameters["max_participation"]
    ),
)

SLIPPAGE: Registry[SlippageModel] = Registry(
    "slippage model", (FIXED_BPS, SPREAD_PCT, PARTICIPATION_RATE), field="slippage.model"
)
