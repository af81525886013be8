"""The values of one axis of a grid, as they are sent: a list, or start, stop and step."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from candlecloud.contract.fields import Number, Strict
from candlecloud.errors import InvalidParameterError
from candlecloud.parameters import Number as PlainNumber
from candlecloud.parameters import Parameter

MAX_VALUES = 10_000
Value: TypeAlias = int | float | str | None
"""What a set may have on an axis: a number, a word such as a direction, or null for what is off."""
Check: TypeAlias = Callable[[Any, str], Value]
"""A value and its place in the request to the value in its type; raises `InvalidInputError`."""


def _sent_value(value: Any) -> Value:
    if isinstance(value, bool) or not (value is None or isinstance(value, (int, float, str))):
        raise PydanticCustomError(
            "invalid_parameter",
            "This is no number.",
            {"hint": "Send a number; or a word or null, if the field can be."},
        )
    return value[:80] if isinstance(value, str) else value


SentValue = Annotated[Any, PlainValidator(_sent_value), WithJsonSchema({"type": ["number", "string", "null"]})]


class Steps(Strict):
    """Values from `start` to `stop`, which is included when a step lands on it."""

    start: Number
    stop: Number
    step: Number


# Tags in angle brackets are left out of the names of wrong fields: `grid.fast.step`, `grid.slow.1`.
Axis = Annotated[
    Annotated[list[SentValue], Field(min_length=1, max_length=MAX_VALUES), Tag("<list>")]
    | Annotated[Steps, Tag("<steps>")],
    Discriminator(lambda given: "<steps>" if isinstance(given, (dict, Steps)) else "<list>"),
]


def read_parameter_axis(given: Any, parameter: Parameter, field: str) -> list[PlainNumber]:
    """Values of a strategy's parameter, ascending, each once.

    Raises
    ------
    InvalidParameterError
        For a value that the parameter cannot have; `field` names the place in the request.
    """
    if isinstance(given, Steps):
        widest = parameter.high - parameter.low
        given = spell_out(given, parameter.check, field, widest)
    for number, value in enumerate(given):
        if not isinstance(value, (int, float)):
            hint = "Send a JSON number."
            raise InvalidParameterError("This is not a number.", hint=hint, field=f"{field}.{number}")
    return sorted({parameter.check(value, field) for value in given})


def read_setting_axis(given: Any, check: Check, field: str) -> list[Value]:
    """Values of a setting, each once: null first, then ascending.

    Raises
    ------
    InvalidInputError
        As a run with that value would be refused; the place is that of the value.
    """
    if isinstance(given, Steps):
        given = spell_out(given, check, field, math.inf)
    read = {check(value, f"{field}.{number}") for number, value in enumerate(given)}
    return sorted(read, key=lambda value: (value is not None, value if value is not None else 0))


def spell_out(given: Steps, check: Check, field: str, widest: PlainNumber) -> list[PlainNumber]:
    """Values from start to stop, in decimal arithmetic: 0.1 plus 0.1 plus 0.1 is 0.3 here.

    Raises
    ------
    InvalidInputError
        If they are too many, or start, stop or step is wrong.
    """
    start, stop = (Decimal(str(check(getattr(given, name), f"{field}.{name}"))) for name in ("start", "stop"))
    if not (0 < given.step <= widest and math.isfinite(given.step)):
        bound = f" and at most {widest}" if math.isfinite(widest) else ""
        raise InvalidParameterError(
            f"{field}.step must be a number above 0{bound}.", field=f"{field}.step", got=repr(given.step)[:80]
        )
    if stop < start:
        raise InvalidParameterError(f"{field}.stop must not be below start.", field=f"{field}.stop")
    wide = Decimal(str(given.step))
    count = int((stop - start) / wide) + 1
    if count > MAX_VALUES:
        raise InvalidParameterError(
            f"{field} must be a list of 1 to {MAX_VALUES:,} values, or start, stop and step that make as many.",
            field=field,
            allowed='[5, 10, 20] or {"start": 5, "stop": 20, "step": 5}',
        )
    exact = (start + k * wide for k in range(count))
    return [int(value) if value == int(value) else float(value) for value in exact]
