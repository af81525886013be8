"""One row of the table of regimes. Needs no NumPy."""

from __future__ import annotations

from dataclasses import dataclass

from candlecloud.metrics.figures import RegimeFigures
from candlecloud.metrics.result_part import Part


@dataclass(frozen=True)
class RegimeRow(Part):
    """One regime, its sample sizes, and either its figures or the sentence that refuses them."""

    label: str
    bars: int
    share: float
    trades: int
    metrics: RegimeFigures | None
    refused: str | None
