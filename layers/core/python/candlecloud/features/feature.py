"""What a feature is: a name, parameters with bounds, a warm-up and a causal function of bars.

This module and the registry need no NumPy: the API and the planner check parameters without carrying it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from candlecloud.errors import InvalidParameterError
from candlecloud.parameters import Number, Parameter, Parameters, check_bounds, parameters_schema

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray
    from candlecloud.features.bars import Bars

Compute: TypeAlias = "Callable[[Bars, Parameters], Mapping[str, FloatArray]]"
"""Bars and checked parameters to one array of the bars' length per output; entry t is made of bars 0..t only."""


@dataclass(frozen=True)
class Feature:
    """A causal function of bars.

    Entries before the warm-up are NaN, and so are entries whose inputs are unknown (a volume that the exchange does not
    say) or whose formula is 0/0; no others.

    Attributes
    ----------
    formula, source : str
        What is computed, and the book, paper or function that defines it.
    kind : {"indicator", "label"}
        A label's values are small whole numbers, named by `labels`.
    outputs : tuple of str
        Names of the arrays that `compute` returns; a feature with one output calls it by its own name.
    warmup_bars : callable
        Parameters to the number of bars that the first value needs.
    conflict : callable
        Parameters (each in its bounds) to a sentence why they do not go together, or None.
    recursive : bool
        Whether values remember every bar since the first one given (seeded as TA-Lib does). All others depend on a
        window alone: the same window of bars gives the same bits wherever the bars begin.
    labels : mapping
        Value of a label to its name.
    """

    name: str
    description: str
    formula: str
    source: str
    parameters: tuple[Parameter, ...]
    warmup_bars: Callable[[Parameters], int]
    compute: Compute
    outputs: tuple[str, ...] = ()
    kind: Literal["indicator", "label"] = "indicator"
    conflict: Callable[[Parameters], str | None] = lambda _: None
    recursive: bool = False
    labels: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.outputs:
            object.__setattr__(self, "outputs", (self.name,))

    def check_parameters(self, values: Mapping[str, Any], field: str = "parameters") -> dict[str, Number]:
        """Complete values by defaults and check them, each by itself and together.

        Raises
        ------
        InvalidParameterError
            For an unknown name, a value out of bounds, or values that conflict; `field` names the place in the request.
        """
        checked = check_bounds(self.name, self.parameters, values, field)
        reason = self.conflict(checked)
        if reason is not None:
            raise InvalidParameterError(f"{field}: {reason}.", field=field, got=checked)
        return checked

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the parameters."""
        return parameters_schema(self.parameters)


@dataclass(frozen=True)
class FeatureUse:
    """One feature as a strategy reads it.

    Attributes
    ----------
    parameters : mapping
        Those that differ from the defaults, or all.
    timeframe : str, optional
        Name of a higher timeframe that it is computed on; the bars' own when left out.
    output : str, optional
        Which of the feature's outputs; the first when left out.
    shift : int
        How many bars back, in bars of the timeframe that it is computed on: 1 on ``1d`` is the daily value before the
        last one known.

    Raises
    ------
    InvalidParameterError
        If the shift points into the future.
    """

    feature: str
    parameters: Parameters = field(default_factory=dict)
    timeframe: str | None = None
    output: str | None = None
    shift: int = 0

    def __post_init__(self) -> None:
        if self.shift < 0:
            raise InvalidParameterError(
                f"shift of {self.feature} must not be below 0.", hint="1 is the bar before.", field="shift"
            )


def deferred(module: str, function: str) -> Compute:
    """A compute function that is imported when it is first called, so that definitions need no NumPy.

    Parameters
    ----------
    module : str
        Module of `candlecloud.features`.
    function : str
        Its name there.
    """

    def compute(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
        implementation: Compute = getattr(import_module(f"candlecloud.features.{module}"), function)
        return implementation(bars, parameters)

    return compute
