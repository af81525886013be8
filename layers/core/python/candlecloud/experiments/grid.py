"""A variant's sets spelled out as columns: one array per parameter, one entry per set that goes together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import InvalidParameterError
from candlecloud.parameters import Number


@dataclass(frozen=True)
class ParameterSets:
    """Sets ``start`` to ``start + len - 1`` of those that share all settings, by their place among these.

    Attributes
    ----------
    columns : mapping
        Parameter to its values, int64 or float64, as its kind says.
    """

    start: int
    columns: Mapping[str, NDArray[Any]]
    total: int

    def __len__(self) -> int:
        return min((len(column) for column in self.columns.values()), default=self.total - self.start)

    def parameters(self, k: int) -> dict[str, Number]:
        """The k-th of these sets as plain numbers."""
        return {name: column[k].item() for name, column in self.columns.items()}

    def between(self, start: int, end: int) -> ParameterSets:
        """A part of these sets, by their places.

        Raises
        ------
        InvalidParameterError
            If there are no such sets.
        """
        if not 0 <= start < end <= self.total:
            raise InvalidParameterError(f"Of {self.total} sets there are no [{start}, {end}).", field="start")
        return ParameterSets(start, {name: column[start:end] for name, column in self.columns.items()}, self.total)


def parameter_sets(config: SweepConfig) -> ParameterSets:
    """All combinations of parameters that go together, the last parameter of the strategy running fastest."""
    rule = config.strategy_rule
    kinds = {parameter.name: np.int64 if parameter.kind == "integer" else np.float64 for parameter in rule.parameters}
    axes = [np.array(values, kinds[name]) for name, values in config.values.items()]
    grids = np.meshgrid(*axes, indexing="ij") if axes else []
    flat = {name: np.ascontiguousarray(grid.ravel()) for name, grid in zip(config.values, grids, strict=True)}
    if not flat:
        return ParameterSets(0, {}, 1)
    fits = np.ones(len(next(iter(flat.values()))), np.bool_)
    for order in rule.orders:
        fits &= order.holds(flat)
    kept = flat if fits.all() else {name: column[fits] for name, column in flat.items()}
    return ParameterSets(0, kept, int(fits.sum()))
