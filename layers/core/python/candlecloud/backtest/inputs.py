"""What a backtest runs on, checked once: the market, the money, the sides it takes. How orders fill is `Execution`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.intrabar import IntrabarData
from candlecloud.backtest.orders import Direction
from candlecloud.errors import InvalidParameterError
from candlecloud.features.bars import Bars


@dataclass(frozen=True)
class Backtest:
    """What every parameter set over the same bars shares; a target and its sizes are the set's own.

    Attributes
    ----------
    bars : Bars
        At least ``start_bar + 1``.
    initial_equity : float
        Quote currency, above zero.
    start_bar : int
        First bar that can fill and that equity is marked on; bars before it only warm up.
    direction : {'long', 'short', 'both'}
        Sides that are taken; the other one counts as flat.
    funding : FloatArray, as long as the bars, or None
        Rate that a position held at the bar's close pays (a short receives it), as a fraction of its value.
    intrabar : IntrabarData or None
        Asked which came first where a bar holds both stop and take-profit.
    average_true_range : FloatArray, as long as the bars, or None
        At each close, which ATR stops need. Where it is not known no position is opened.
    optimistic : bool
        Where it does not say: the take-profit first. Otherwise the stop.

    Raises
    ------
    InvalidParameterError
        If lengths do not match, no bar is left, or a number is out of its bounds.
    """

    bars: Bars
    initial_equity: float
    start_bar: int = 0
    direction: Direction = "long"
    funding: FloatArray | None = None
    intrabar: IntrabarData | None = None
    optimistic: bool = False
    average_true_range: FloatArray | None = None

    def __post_init__(self) -> None:
        n = len(self.bars)
        if not 0 <= self.start_bar < n or not 0.0 < self.initial_equity < np.inf:
            raise InvalidParameterError(
                "A backtest needs a bar to start at, and finite equity above zero.",
                bars=n,
                start_bar=self.start_bar,
                initial_equity=self.initial_equity,
            )
        if self.funding is not None and (len(self.funding) != n or not np.isfinite(self.funding).all()):
            raise InvalidParameterError(
                "Funding needs one finite rate per bar.", hint="0 where none is due.", field="funding", bars=n
            )
        ranges = self.average_true_range
        if ranges is not None and (len(ranges) != n or np.isinf(ranges).any()):
            raise InvalidParameterError(
                "ATR stops need one average true range per bar.",
                hint="NaN where none is known.",
                field="average_true_range",
                bars=n,
            )
        if self.intrabar is not None and len(self.intrabar.start) != n + 1:
            raise InvalidParameterError(
                "The intrabar data belongs to other bars.",
                hint="Make it by intrabar_data(bars, finer).",
                field="intrabar",
            )
