"""Parameters with bounds, how they are ordered and what warm-up they ask for: all of it data. Needs no NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from candlecloud.errors import InvalidParameterError

Number: TypeAlias = int | float
Parameters: TypeAlias = Mapping[str, Number]
SIGNS = {"<": "must be below", "<=": "must not be above"}
"""What an order of parameters may say between two of them, and in words."""


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


@dataclass(frozen=True)
class Ordered:
    """Values that must ascend, as data: it can be held against one set, against columns of sets, and read aloud.

    Attributes
    ----------
    terms : tuple
        Names of parameters, or constants, with ``<`` or ``<=`` between them: ``("fast", "<", "slow")``.
    prefix : str
        What messages begin with, such as whose parameters they are.

    Raises
    ------
    ValueError
        If there is nothing to compare, or no sign between two.
    """

    terms: tuple[str | Number, ...]
    prefix: str = ""

    def __post_init__(self) -> None:
        if len(self.terms) < 3 or len(self.terms) % 2 == 0 or not set(self.terms[1::2]) <= set(SIGNS):
            raise ValueError(f"An order is names with < or <= between them, not {self.terms}.")

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names that it reads."""
        return tuple(dict.fromkeys(item for item in self.terms[::2] if isinstance(item, str)))

    @property
    def text(self) -> str:
        """The rule in words: ``fast must be below slow``."""
        return self.prefix + ", ".join(f"{low} {words} {high}" for low, words, high in self._pairs())

    def holds(self, values: Mapping[str, Any]) -> Any:
        """Whether values ascend: a bool of numbers, one bool per entry of NumPy arrays."""
        held: Any = True
        for low, words, high in self._pairs():
            held = held & _ascend(_value(low, values), words, _value(high, values))
        return held

    def reason(self, parameters: Parameters) -> str | None:
        """Why values do not go together, of the first pair that does not: ``fast (50) must be below slow (20)``."""
        for low, words, high in self._pairs():
            if not _ascend(_value(low, parameters), words, _value(high, parameters)):
                below, above = (
                    f"{item} ({parameters[item]})" if isinstance(item, str) else item for item in (low, high)
                )
                return f"{self.prefix}{below} {words} {above}"
        return None

    def _pairs(self) -> Iterator[tuple[str | Number, str, str | Number]]:
        return zip(self.terms[:-1:2], (SIGNS[str(sign)] for sign in self.terms[1::2]), self.terms[2::2], strict=True)


@dataclass(frozen=True)
class Warmup:
    """Bars until the first value, linear in the parameters: ``bars`` and, per parameter, so many times its value.

    Attributes
    ----------
    per : mapping
        Parameter to coefficient. None is negative, so a larger parameter never has a shorter warm-up.

    Raises
    ------
    ValueError
        For a negative coefficient.
    """

    bars: int = 1
    per: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(coefficient < 0 for coefficient in self.per.values()):
            raise ValueError("A warm-up grows with its parameters: no coefficient may be negative.")

    def of(self, parameters: Parameters) -> int:
        """Bars for a complete parameter set."""
        return self.bars + sum(coefficient * int(parameters[name]) for name, coefficient in self.per.items())


def _value(item: str | Number, values: Mapping[str, Any]) -> Any:
    return values[item] if isinstance(item, str) else item


def _ascend(low: Any, words: str, high: Any) -> Any:
    return low < high if words == SIGNS["<"] else low <= high


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
