"""What a feature is: its data, and the causal function of bars that computes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.parameters import Parameters
from candlecloud.spec import FeatureSpec

Compute: TypeAlias = Callable[[Bars, Parameters], Mapping[str, FloatArray]]
"""Bars and checked parameters to one array of the bars' length per output; entry t is made of bars 0..t only."""
ComputeMany: TypeAlias = Callable[[Bars, Sequence[Parameters], Sequence[int]], Sequence[Mapping[str, FloatArray]]]
"""The same for many parameter sets in one pass, each as if the bars began at its own number; NaN before that."""


@dataclass(frozen=True, kw_only=True)
class Feature(FeatureSpec):
    """A feature that can be computed.

    Attributes
    ----------
    compute : callable
        Returns an array for each of `outputs`; called with at least one bar.
    compute_many : callable, optional
        The same bits for many windows, where one pass over the bars is cheaper than one for each.
    """

    compute: Compute
    compute_many: ComputeMany | None = None
