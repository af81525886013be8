"""Sizing models, one module each: which fraction of equity a target of 1 takes.

To add one: write its module; nothing lists it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.parameters import Parameters
from candlecloud.registry import Registry, one_per_module
from candlecloud.spec import SizingSpec


@dataclass(frozen=True, kw_only=True)
class SizingModel(SizingSpec):
    """A rule for the fraction of equity behind a position; before its warm-up every size is 0.

    Attributes
    ----------
    size : callable
        Bars, targets (what the run's direction allows) and parameters to fractions in [0, 1], one per bar or one for
        all; finite. Entry t depends on bars 0..t and targets 0..t only.
    reads_target : bool
        Whether it looks at targets. All others give every parameter set of a sweep the same sizes.
    """

    size: Callable[[Bars, FloatArray, Parameters], FloatArray | float]
    reads_target: bool = False


SIZING: Registry[SizingModel] = Registry("sizing model", one_per_module(__name__, SizingModel), field="sizing.model")
