"""What a strategy is: a name, parameters with bounds, a warm-up and a target function.

This module and the registry need no NumPy: the API and the planner check parameters without carrying it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from candlecloud.errors import InvalidParameterError

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray
    from candlecloud.features.bars import Bars

Number: TypeAlias = int | float
Parameters: TypeAlias = Mapping[str, Number]


@dataclass(frozen=True)
class Parameter:
    """One number that a strategy takes, bounds included in the allowed values."""

    name: str
    kind: Literal["integer", "number"]
    low: Number
    high: Number
    default: Number
    description: str

    def check(self, value: Any, field: str) -> Number:
        """Return the value in the parameter's type.

        Raises
        ------
        InvalidParameterError
            If it is no such number or out of bounds; `field` names the place in the request.
        """
        wanted = "a whole number" if self.kind == "integer" else "a number"
        allowed = f"{wanted} from {self.low} to {self.high}"
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        in_bounds = is_number and self.low <= value <= self.high  # False for NaN
        if not in_bounds or (self.kind == "integer" and value != int(value)):
            raise InvalidParameterError(
                f"{field} must be {allowed}.", hint=self.description, field=field, allowed=allowed, got=repr(value)[:80]
            )
        return int(value) if self.kind == "integer" else float(value)


@dataclass(frozen=True)
class Strategy:
    """A rule that turns bars into a target position.

    Attributes
    ----------
    warmup_bars : callable
        Parameters to the number of closed bars that the first decision needs.
    target : callable
        Bars and parameters to the wanted position after the close of each bar, a FloatArray in [-1, 1] of the bars'
        length; 0 before the warm-up. Entry t may depend on bars 0..t only.
    conflict : callable
        Parameters (each in its bounds) to a sentence why they do not go together, or None.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    warmup_bars: Callable[[Parameters], int]
    target: Callable[[Bars, Parameters], FloatArray]
    conflict: Callable[[Parameters], str | None] = lambda _: None

    def check_bounds(self, values: Mapping[str, Any], field: str = "parameters") -> dict[str, Number]:
        """Complete values by defaults and check each by itself.

        Returns
        -------
        dict
            Every parameter of the strategy, in its order.

        Raises
        ------
        InvalidParameterError
            For an unknown name or a value out of bounds.
        """
        known = [parameter.name for parameter in self.parameters]
        for name in values:
            if name not in known:
                takes = ", ".join(known) or "none"
                raise InvalidParameterError(
                    f"{self.name} has no parameter {name!r}.",
                    hint=f"Parameters of {self.name}: {takes}.",
                    field=f"{field}.{name}",
                    allowed=known,
                )
        return {p.name: p.check(values.get(p.name, p.default), f"{field}.{p.name}") for p in self.parameters}

    def check_parameters(self, values: Mapping[str, Any], field: str = "parameters") -> dict[str, Number]:
        """Like `check_bounds`, and check that the values go together.

        Raises
        ------
        InvalidParameterError
            For an unknown name, a value out of bounds, or values that conflict.
        """
        checked = self.check_bounds(values, field)
        reason = self.conflict(checked)
        if reason is not None:
            raise InvalidParameterError(f"{field}: {reason}.", field=field, got=checked)
        return checked

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the parameters."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                p.name: {
                    "type": p.kind,
                    "minimum": p.low,
                    "maximum": p.high,
                    "default": p.default,
                    "description": p.description,
                }
                for p in self.parameters
            },
        }
