"""The sets of a sweep, variant by variant: neighbours differ in parameters, and share all settings of execution.

A variant's sets are computed by the functions that know one spec; here is what goes around them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.intrabar import intrabar_data
from candlecloud.contract.grid_axes import Value
from candlecloud.contract.sweep import SweepConfig
from candlecloud.contract.variants import Variants
from candlecloud.errors import InvalidParameterError
from candlecloud.experiments.grid import ParameterSets, parameter_sets
from candlecloud.experiments.sets import statistics_of_sets
from candlecloud.features.bars import Bars
from candlecloud.parameters import Number


@dataclass(frozen=True)
class Block:
    """Neighbouring sets of one variant.

    Attributes
    ----------
    spec : SweepConfig
        With the variant's settings in place; its grid has parameters alone.
    settings : mapping
        The variant's values of the grid, by path; empty where the grid varies parameters alone.
    """

    spec: SweepConfig
    settings: Mapping[str, Value]
    sets: ParameterSets


@dataclass(frozen=True)
class SweptSets:
    """All sets of a sweep; a set's number is its place among them, the settings varying slowest."""

    config: SweepConfig

    @cached_property
    def variants(self) -> Variants:
        """Combinations of settings."""
        return self.config.variants

    @cached_property
    def parameters(self) -> ParameterSets:
        """Combinations of parameters: the same for every variant."""
        return parameter_sets(self.config)

    @property
    def total(self) -> int:
        """How many sets there are."""
        return len(self.variants) * self.parameters.total

    def blocks(self, start: int, end: int) -> list[Block]:
        """Sets ``start`` to ``end - 1``, in their order.

        Raises
        ------
        InvalidParameterError
            If there are no such sets.
        """
        if not 0 <= start < end <= self.total:
            raise InvalidParameterError(f"A sweep of {self.total} sets has no batch [{start}, {end}).", field="start")
        size = self.parameters.total
        found = []
        for number in range(start // size, (end - 1) // size + 1):
            variant, before = self.variants[number], number * size
            sets = self.parameters.between(max(start - before, 0), min(end - before, size))
            found.append(Block(self.config.spec_with(variant.fields), variant.settings, sets))
        return found

    def one(self, number: int) -> tuple[SweepConfig, dict[str, Number]]:
        """A set as the spec of its variant and its parameters."""
        (block,) = self.blocks(number, number + 1)
        return block.spec, block.sets.parameters(0)


def statistics_of_blocks(bars: Bars, finer: Bars | None, blocks: list[Block]) -> FloatArray:
    """One row per set, in their order; each the row of its run alone.

    Parameters
    ----------
    bars : Bars
        Reaching back to the longest warm-up of all variants.
    finer : Bars, optional
        Of the sweep; a variant reads them where a stop and a target can meet.
    """
    collide = [block.spec.can_collide for block in blocks]
    intrabar = intrabar_data(bars, finer) if finer is not None and any(collide) else None  # once for all variants
    rows = [
        statistics_of_sets(bars, intrabar if needed else None, block.spec, block.sets)
        for block, needed in zip(blocks, collide, strict=True)
    ]
    return rows[0] if len(rows) == 1 else np.concatenate(rows)


def columns_of_blocks(blocks: list[Block]) -> dict[str, Any]:
    """Parameters and settings of the sets: parameters as arrays; settings as lists, None where one is off."""
    names = blocks[0].sets.columns
    columns: dict[str, Any] = {name: np.concatenate([block.sets.columns[name] for block in blocks]) for name in names}
    for path in blocks[0].settings:
        columns[path] = [block.settings[path] for block in blocks for _ in range(len(block.sets))]
    return columns
