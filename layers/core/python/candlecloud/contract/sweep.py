"""Many backtests that differ in the strategy's parameters: one run spec and a grid."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from itertools import product, takewhile
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import Discriminator, Field, Tag, model_validator

from candlecloud.contract.fields import Name, Number, Strict
from candlecloud.contract.refusals import as_field_error
from candlecloud.contract.run import RunConfig
from candlecloud.contract.run_spec import RunSpec
from candlecloud.errors import CandlecloudError, InvalidParameterError
from candlecloud.parameters import Number as PlainNumber
from candlecloud.parameters import Parameter

MAX_SETS = 100_000
MAX_VALUES = 10_000


class Steps(Strict):
    """Values from `start` to `stop`, which is included when a step lands on it."""

    start: Number
    stop: Number
    step: Number


# Tags in angle brackets are left out of the names of wrong fields: `grid.fast.step`, `grid.slow.1`.
Axis = Annotated[
    Annotated[list[Number], Field(min_length=1, max_length=MAX_VALUES), Tag("<list>")]
    | Annotated[Steps, Tag("<steps>")],
    Discriminator(lambda given: "<steps>" if isinstance(given, (dict, Steps)) else "<list>"),
]


class GridSize(NamedTuple):
    """How many combinations of a grid go together, and how many don't; the first of those, and why."""

    valid: int
    excluded: int
    first_excluded: Mapping[str, Any] | None


class SweepConfig(RunSpec):
    """Many backtests that differ in the strategy's parameters.

    ``grid`` is a list of values per parameter, ascending, once it is read: the order they are sent in does not matter.
    """

    kind: ClassVar[str] = "sweep"

    grid: Annotated[
        dict[Name, Axis],
        Field(min_length=1, max_length=20, description="Parameter to its values; all combinations are computed"),
    ]
    parameters: Annotated[dict[Name, Number], Field(max_length=50, description="Parameters that all sets share")] = (
        Field(default_factory=dict)
    )
    batch_size: Annotated[
        int | None, Field(strict=True, ge=1, le=MAX_SETS, description="Sets per batch; moves no result")
    ] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        try:
            self._set(grid=self._axes())
            both = [name for name in self.parameters if name in self.grid]
            if both:
                self._refuse(f"grid.{both[0]}", f"{both[0]} is in both parameters and grid.", "Leave it out of one.")
            checked = self.strategy_rule.check_bounds(self.parameters)
            self._set(parameters={name: value for name, value in checked.items() if name not in self.grid})
            self._check_size()
        except CandlecloudError as error:
            raise as_field_error(error) from error
        return self

    @property
    def values(self) -> dict[str, tuple[PlainNumber, ...]]:
        """Every parameter of the strategy, in its order, to the values that it takes; the last runs fastest."""
        names = [parameter.name for parameter in self.strategy_rule.parameters]
        return {name: tuple(self.grid.get(name) or (self.parameters[name],)) for name in names}  # type: ignore[arg-type]

    @cached_property
    def size(self) -> GridSize:
        """Count the combinations. It looks at each once, so ask when a sweep is submitted, and keep the answer."""
        conflict = self.strategy_rule.conflict
        valid = excluded = 0
        first: Mapping[str, Any] | None = None
        for parameters in self.combinations():
            reason = conflict(parameters)
            if reason is None:
                valid += 1
                continue
            excluded += 1
            first = first or {"parameters": parameters, "reason": reason}
        return GridSize(valid, excluded, first)

    def combinations(self) -> Iterator[dict[str, PlainNumber]]:
        """Every combination in the grid's order, those that don't go together too."""
        names = list(self.values)
        return (dict(zip(names, values, strict=True)) for values in product(*self.values.values()))

    @cached_property
    def warmup_bars(self) -> int:
        """What the longest values of the grid need: warm-ups grow with each parameter."""
        return self.warmup_bars_of({name: values[-1] for name, values in self.values.items()})

    def run_config(self, parameters: Mapping[str, PlainNumber]) -> RunConfig:
        """The run of one parameter set: alone it gives the same result, bit for bit."""
        shared = {name: value for name, value in self.to_dict().items() if name in RunSpec.model_fields}
        return RunConfig.from_dict(shared | {"parameters": dict(parameters)})

    def identity_dict(self) -> dict[str, Any]:
        """What decides the result, given the candles."""
        return {name: value for name, value in super().identity_dict().items() if name != "batch_size"}

    def _axes(self) -> dict[str, Any]:
        known = {parameter.name: parameter for parameter in self.strategy_rule.parameters}
        for name in self.grid:
            if name not in known:
                raise InvalidParameterError(
                    f"There is no field {f'grid.{name}'!r}.",
                    hint=f"Fields: {', '.join(known)}.",
                    field=f"grid.{name}",
                    allowed=list(known),
                )
        return {name: _read_axis(self.grid[name], known[name], f"grid.{name}") for name in known if name in self.grid}

    def _check_size(self) -> None:
        sets = math.prod(map(len, self.values.values()))
        if sets > MAX_SETS:
            raise InvalidParameterError(
                f"The grid has {sets:,} combinations; a sweep takes at most {MAX_SETS:,}.",
                hint="Take fewer values or split the sweep.",
                field="grid",
                allowed=MAX_SETS,
            )
        reasons = map(self.strategy_rule.conflict, self.combinations())
        refused = list(takewhile(lambda reason: reason is not None, reasons))
        if len(refused) == sets:
            raise InvalidParameterError("No combination of the grid is valid.", hint=refused[0], field="grid")


def _read_axis(given: Any, parameter: Parameter, field: str) -> list[PlainNumber]:
    values = _steps(given, parameter, field) if isinstance(given, Steps) else given
    if len(values) > MAX_VALUES:
        raise InvalidParameterError(
            f"{field} must be a list of 1 to {MAX_VALUES:,} values, or start, stop and step that make as many.",
            field=field,
            allowed='[5, 10, 20] or {"start": 5, "stop": 20, "step": 5}',
        )
    return sorted({parameter.check(value, field) for value in values})


def _steps(given: Steps, parameter: Parameter, field: str) -> list[PlainNumber]:
    """Values from start to stop, in decimal arithmetic: 0.1 plus 0.1 plus 0.1 is 0.3 here."""
    start, stop = (Decimal(str(parameter.check(getattr(given, name), f"{field}.{name}"))) for name in ("start", "stop"))
    if not 0 < given.step <= parameter.high - parameter.low:
        raise InvalidParameterError(
            f"{field}.step must be a number above 0 and at most {parameter.high - parameter.low}.",
            field=f"{field}.step",
            got=repr(given.step)[:80],
        )
    if stop < start:
        raise InvalidParameterError(f"{field}.stop must not be below start.", field=f"{field}.stop")
    wide = Decimal(str(given.step))
    count = int((stop - start) / wide) + 1
    exact = (start + k * wide for k in range(min(count, MAX_VALUES + 1)))
    return [int(value) if value == int(value) else float(value) for value in exact]
