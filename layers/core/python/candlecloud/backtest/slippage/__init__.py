"""Slippage models, one module each: what a market order pays beyond the price it met. Needs no NumPy.

To add one: write its module; nothing lists it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from candlecloud.parameters import Parameters
from candlecloud.registry import Registry, one_per_module
from candlecloud.spec import Spec


@dataclass(frozen=True, kw_only=True)
class SlippageModel(Spec):
    """A model of what trading moves the price by, as switches of the execution.

    Attributes
    ----------
    execution : callable
        Checked parameters to fields of `candlecloud.backtest.execution.Execution`: `slippage_bps`, and where they are
        not 0 `impact_bps` and `max_participation`.
    """

    execution: Callable[[Parameters], Mapping[str, float]]


SLIPPAGE: Registry[SlippageModel] = Registry(
    "slippage model", one_per_module(__name__, SlippageModel), field="slippage.model"
)
