"""Rules as they are once read: conditions over named series. Needs no NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from candlecloud.catalogue import FEATURES
from candlecloud.parameters import Number, Parameter
from candlecloud.spec import FeatureUse

PRICES = ("open", "high", "low", "close", "volume")
"""What a closed bar says without any feature."""
GROUPS = ("all", "any")
COMPARISONS = ("gt", "ge", "lt", "le", "eq")
CROSSINGS = ("crosses_above", "crosses_below")
ARITHMETIC = ("add", "sub", "mul", "div")


@dataclass(frozen=True)
class Placeholder:
    """A number that the rules' parameters give."""

    name: str


@dataclass(frozen=True)
class SeriesOperand:
    """A price of the bar, or an output of a named feature, `shift` bars back.

    The bars are the run's; those of a feature on a timeframe of its own are that timeframe's.
    """

    name: str
    output: str | None
    shift: int


@dataclass(frozen=True)
class ArithmeticOperand:
    operator: str
    left: Operand
    right: Operand


Operand: TypeAlias = "float | Placeholder | SeriesOperand | ArithmeticOperand"


@dataclass(frozen=True)
class Comparison:
    """Of two operands at one close, or, where it crosses, at this close and the one before."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True)
class Group:
    """All of its conditions, or any of them."""

    operator: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Negation:
    condition: Condition


Condition: TypeAlias = "Comparison | Group | Negation"


@dataclass(frozen=True)
class NamedFeature:
    """A feature under the name that conditions use; all its parameters."""

    feature: str
    parameters: Mapping[str, Number | Placeholder]
    timeframe: str | None

    def values(self, parameters: Mapping[str, Number]) -> dict[str, Number]:
        """Its parameters as numbers."""
        return {name: resolve(value, parameters) for name, value in self.parameters.items()}

    def use(self, series: SeriesOperand, parameters: Mapping[str, Number]) -> FeatureUse:
        """What is computed for an operand; the feature is the catalogue's."""
        return FeatureUse(FEATURES[self.feature], self.values(parameters), self.timeframe, series.output, series.shift)


@dataclass(frozen=True)
class Side:
    """When to enter and leave long or short; without an exit the position lasts as long as the entry's condition."""

    entry: Condition
    exit: Condition | None


@dataclass(frozen=True)
class Rules:
    parameters: tuple[Parameter, ...]
    features: Mapping[str, NamedFeature]
    long: Side | None
    short: Side | None

    def conditions(self) -> Iterator[Condition]:
        """Every condition of both sides."""
        for side in (self.long, self.short):
            if side is not None:
                yield side.entry
                if side.exit is not None:
                    yield side.exit


def resolve(value: Number | Placeholder, parameters: Mapping[str, Number]) -> Number:
    """The number behind a placeholder."""
    return parameters[value.name] if isinstance(value, Placeholder) else value


def series_of(operand: Operand) -> Iterator[SeriesOperand]:
    """Series that an operand reads."""
    if isinstance(operand, SeriesOperand):
        yield operand
    elif isinstance(operand, ArithmeticOperand):
        yield from series_of(operand.left)
        yield from series_of(operand.right)


def placeholders_of(operand: Operand) -> Iterator[Placeholder]:
    """Placeholders that an operand reads."""
    if isinstance(operand, Placeholder):
        yield operand
    elif isinstance(operand, ArithmeticOperand):
        yield from placeholders_of(operand.left)
        yield from placeholders_of(operand.right)


def comparisons_of(condition: Condition) -> Iterator[Comparison]:
    """Comparisons and crossings inside a condition."""
    if isinstance(condition, Comparison):
        yield condition
    elif isinstance(condition, Negation):
        yield from comparisons_of(condition.condition)
    else:
        for inner in condition.conditions:
            yield from comparisons_of(inner)
