"""How much money a strategy could carry before its own orders become a visible part of the volume."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.metrics.metric import Metric
from candlecloud.registry import Registry

PARTICIPATION = 0.01
"""Fraction of a bar's base volume that the median fill takes at capacity."""


def capacity_hint(quantities: FloatArray, volumes: FloatArray, initial_equity: float) -> float | None:
    """Initial equity at which the median fill would take 1 % of its bar's base volume.

    ``initial_equity * 0.01 / median(|quantity| / volume)``: it takes quantities to grow in proportion to equity, which
    holds while no cap, lot or minimum binds. The median is the middle fill by participation, the larger of two middle
    ones. It is a hint: no price impact is modelled here.

    Parameters
    ----------
    quantities : FloatArray, one per fill
        Base asset, signed or not.
    volumes : FloatArray, one per fill
        Base volume of the bar that the fill fell into; NaN where the exchange does not say.
    initial_equity : float
        Quote currency, of the run that made the fills.

    Returns
    -------
    float or None
        Quote currency. None without fills, or where a volume is unknown (leaving those fills out would choose the
        liquid ones). 0 where the median fill took place in a bar without volume.
    """
    if not len(quantities) or np.isnan(volumes).any():
        return None
    sizes = np.abs(quantities)
    with np.errstate(divide="ignore"):
        participation = np.sort(np.divide(sizes, volumes))
    median = float(participation[len(participation) // 2])
    return initial_equity * PARTICIPATION / median if median > 0.0 else None


class Fills(NamedTuple):
    """What was filled; as in `capacity_hint`."""

    quantities: FloatArray
    volumes: FloatArray
    initial_equity: float


CAPACITY_HINT = Metric[Fills, float | None](
    name="capacity_hint",
    unit="quote currency",
    label="Capacity hint",
    group="Costs and size",
    convention="Initial equity, quote currency, at which the median fill would take 1 % of its bar's base volume if "
    "quantities grew with equity; a hint from volumes, no model of impact; null without fills or where a volume is "
    "unknown.",
    formula="0.01 E[0] / median(|quantity| / volume)",
    function=lambda fills: capacity_hint(*fills),
)

CAPACITY: Registry[Metric[Fills, float | None]] = Registry("metric", (CAPACITY_HINT,), field="metric")
