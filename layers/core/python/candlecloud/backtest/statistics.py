"""The row of statistics that both engines fill for each parameter set, and what stands where in it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from candlecloud.metrics.accumulators import COLUMNS, Accumulators

__all__ = ["COLUMNS", "COLUMN_NUMBERS", "N_COLUMNS", "Accumulators"]

COLUMN_NUMBERS: Mapping[str, int] = MappingProxyType({name: number for number, name in enumerate(COLUMNS)})
"""Column of each name; every row is float64."""

N_COLUMNS = len(COLUMNS)
