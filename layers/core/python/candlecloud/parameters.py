"""Parameters with bounds: what features, strategies, sizing and slippage models take. Needs no NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from candlecloud.errors import InvalidParameterError

Number: TypeAlias = int | float
Parameters: TypeAlias = Mapping[str, Number]


@dataclass(frozen=True)
class Parameter:
    """One number, bounds included in the allowed values."""

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
                f"{field} must be {allowed}.",
                hint=self.description or None,
                field=field,
                allowed=allowed,
                got=repr(value)[:80],
            )
        return int(value) if self.kind == "integer" else float(value) + 0.0  # -0.0 is 0.0: one run, one spelling


def check_bounds(
    owner: str, parameters: Sequence[Parameter], values: Mapping[str, Any], field: str = "parameters"
) -> dict[str, Number]:
    """Complete values by defaults and check each by itself.

    Parameters
    ----------
    owner : str
        Whose parameters they are, for the message.

    Returns
    -------
    dict
        Every parameter, in the order of `parameters`.

    Raises
    ------
    InvalidParameterError
        For an unknown name or a value out of bounds.
    """
    known = [parameter.name for parameter in parameters]
    for name in values:
        if name not in known:
            takes = ", ".join(known) or "none"
            raise InvalidParameterError(
                f"{owner} has no parameter {str(name)[:80]!r}.",
                hint=f"Parameters of {owner}: {takes}.",
                field=f"{field}.{str(name)[:80]}",
                allowed=known,
            )
    return {p.name: p.check(values.get(p.name, p.default), f"{field}.{p.name}") for p in parameters}


def parameters_schema(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """JSON Schema of an object that holds them."""
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
            for p in parameters
        },
    }
