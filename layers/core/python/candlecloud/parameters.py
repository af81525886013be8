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
    """One number, bounds included in the allowed values.

    Attributes
    ----------
    default : number, optional
        Its value where none is given; without a default there is none then.
    aliases : tuple of str
        Other names that a request may use for it.
    """

    name: str
    kind: Literal["integer", "number"]
    low: Number
    high: Number
    default: Number | None
    description: str
    aliases: tuple[str, ...] = ()

    @property
    def meaning(self) -> str:
        """The description, with the aliases."""
        return f"{self.description} Also `{'`, `'.join(self.aliases)}`." if self.aliases else self.description

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
class Instead:
    """Parameters that come together or not at all, and those that they make superfluous.

    Attributes
    ----------
    given : tuple of str
        Without defaults. All of them, or none.
    replaced : tuple of str
        Not taken beside them.
    """

    given: tuple[str, ...]
    replaced: tuple[str, ...]

    def absent(self, owner: str, values: Mapping[str, Any], field: str) -> tuple[str, ...]:
        """Names that these values leave out of a complete set.

        Raises
        ------
        InvalidParameterError
            If some of `given` are there and others are not, or a replaced one stands beside them.
        """
        there = [name for name in self.given if name in values]
        if not there:
            return self.given
        missing = next((name for name in self.given if name not in values), None)
        together = " and ".join(self.given)
        if missing is not None:
            raise InvalidParameterError(
                f"{owner} has {there[0]} without {missing}.",
                hint=f"Give {together} together, or none of them.",
                field=f"{field}.{missing}",
            )
        beside = next((name for name in self.replaced if name in values), None)
        if beside is not None:
            raise InvalidParameterError(
                f"{owner} has no use for {beside} beside {together}.",
                hint=f"Leave {beside} out, or {together}.",
                field=f"{field}.{beside}",
            )
        return self.replaced


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
        """Bars for a complete parameter set; what it lacks adds none."""
        return self.bars + sum(coefficient * int(parameters.get(name, 0)) for name, coefficient in self.per.items())


def _value(item: str | Number, values: Mapping[str, Any]) -> Any:
    return values[item] if isinstance(item, str) else item


def _ascend(low: Any, words: str, high: Any) -> Any:
    return low < high if words == SIGNS["<"] else low <= high


def by_own_names(
    parameters: Sequence[Parameter], values: Mapping[str, Any], field: str = "parameters"
) -> Mapping[str, Any]:
    """The values with each alias replaced by the name that it stands for.

    Raises
    ------
    InvalidParameterError
        If a parameter is given by two of its names.
    """
    names = {alias: parameter.name for parameter in parameters for alias in parameter.aliases if alias in values}
    for alias, name in names.items():
        twice = name if name in values else next((a for a, n in names.items() if n == name and a != alias), None)
        if twice is not None:
            raise InvalidParameterError(
                f"{field}.{alias} and {field}.{twice} say the same thing twice.",
                hint=f"Leave {alias} out.",
                field=f"{field}.{alias}",
            )
    return {names.get(name, name): value for name, value in values.items()} if names else values


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
        Every parameter, in the order of `parameters`; one without a default only where it is given.

    Raises
    ------
    InvalidParameterError
        For an unknown name, one said twice, or a value out of bounds.
    """
    values = by_own_names(parameters, values, field)
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
    return {
        p.name: p.check(values.get(p.name, p.default), f"{field}.{p.name}")
        for p in parameters
        if p.name in values or p.default is not None
    }


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
                **({} if p.default is None else {"default": p.default}),
                "description": p.meaning,
            }
            for p in parameters
        },
    }
