"""Many backtests on the same candles: one run spec, and a grid of what differs between them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from itertools import product, takewhile
from typing import Annotated, Any, ClassVar, NamedTuple, NoReturn, Self, cast

from pydantic import Field, model_validator

from candlecloud.contract.execution_settings import ATR_SETTINGS, ATR_WINDOW, ExecutionSettings, Stops
from candlecloud.contract.fields import Name, Number
from candlecloud.contract.grid_axes import Axis, Steps, Value, read_parameter_axis, read_setting_axis
from candlecloud.contract.grid_settings import ALIASES, Setting, aliases_of, combine, leave_to_grid, settings_of
from candlecloud.contract.refusals import as_field_error
from candlecloud.contract.run import RunConfig
from candlecloud.contract.run_spec import RunSpec
from candlecloud.contract.strategy_choice import check_direction
from candlecloud.contract.variants import Variants, find_variants
from candlecloud.errors import CandlecloudError, InvalidParameterError
from candlecloud.parameters import Number as PlainNumber

MAX_SETS = 100_000
_OF_PARAMETER = "parameters."
_OF_ONE_GRID = ("size", "variants", "setting_axes", "warmup_bars")


class GridSize(NamedTuple):
    """How many combinations of a grid go together, and how many don't; the first of those, and why."""

    valid: int
    excluded: int
    first_excluded: Mapping[str, Any] | None


class SweepConfig(RunSpec):
    """Many backtests that differ in the strategy's parameters, or in how they trade.

    ``grid`` is a list of values per parameter, ascending, once it is read: the order they are sent in does not matter.
    A key with a dot, or the name of a plain field, varies a setting of execution: ``stops.stop_loss``, ``fee_bps``.
    """

    kind: ClassVar[str] = "sweep"

    grid: Annotated[
        dict[Name, Axis],
        Field(
            min_length=1,
            max_length=20,
            description="Parameter or setting to its values; all combinations are computed. Settings go by their path: "
            "`direction`, `fee_bps`, `maker_fee_bps`, `rebalance_band`, `stops.*`, `drawdown_limit.*`, "
            "`market_rules.*`, `entry.*`, and the parameters of the chosen models, `slippage.*` and `sizing.*`. "
            "null is off, where the field can be off",
        ),
    ]
    parameters: Annotated[dict[Name, Number], Field(max_length=50, description="Parameters that all sets share")] = (
        Field(default_factory=dict)
    )
    batch_size: Annotated[
        int | None, Field(strict=True, ge=1, le=MAX_SETS, description="Sets per batch; moves no result")
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _leave_to_grid(cls, document: Any) -> Any:
        return leave_to_grid(document)

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
    def setting_axes(self) -> dict[str, Setting]:
        """The settings of execution that sets differ in, the first one slowest; all run slower than parameters."""
        own = {parameter.name for parameter in self.strategy_rule.parameters}
        return {path: setting for path, setting in settings_of(self).items() if path in self.grid and path not in own}

    @cached_property
    def variants(self) -> Variants:
        """The combinations of the settings; one, without settings, where the grid has none."""
        one = self.model_copy(update={"grid": {}})  # settled anew for each combination: a copy takes far longer
        settings = tuple(self.setting_axes.values())
        return find_variants(self, settings, self._setting_values, lambda fields: self._settled(one, fields))

    def spec_with(self, fields: Mapping[str, Any]) -> Self:
        """The sweep over the strategy's parameters alone, with these fields: what the sets of a variant share."""
        if not self.setting_axes and not fields:
            return self
        plain = {name: values for name, values in self.grid.items() if name not in self.setting_axes}
        spec = self.model_copy(update={"grid": plain})
        for name in _OF_ONE_GRID:
            spec.__dict__.pop(name, None)
        return self._settled(spec, fields)

    def _settled(self, spec: Self, fields: Mapping[str, Any]) -> Self:
        """Put a variant's fields into a spec, and fill in what follows from them."""
        shared = {name: self.__dict__[name] for name in ExecutionSettings.model_fields}
        spec._set(**shared | dict(fields), finer_timeframe=self.finer_timeframe)
        if not spec.can_collide:
            spec._set(finer_timeframe="none")
        spec._settle_execution()
        return spec

    def varies(self, *settings: str) -> bool:
        """Whether sets differ in one of these settings."""
        own = {parameter.name for parameter in self.strategy_rule.parameters}
        return any(ALIASES.get(name, name) in settings for name in self.grid if name not in own)

    @property
    def can_collide(self) -> bool:
        """Whether one bar can hold a stop and a target in any set."""
        sent = {path.removeprefix("stops."): axis for path, axis in self.grid.items() if path.startswith("stops.")}
        given = {part: axis for part, axis in sent.items() if isinstance(axis, Steps) or any(axis)}
        return (self.stops.model_copy(update=given) if given else self.stops).can_collide

    @cached_property
    def size(self) -> GridSize:
        """Count the combinations. It looks at each once, so ask when a sweep is submitted, and keep the answer."""
        conflict, variants = self.strategy_rule.conflict, self.variants
        fitting = sets = 0
        first: Mapping[str, Any] | None = None
        for parameters in self.combinations():
            reason, sets = conflict(parameters), sets + 1
            fitting += reason is None
            if reason is not None and first is None:
                first = {"parameters": parameters, "reason": reason}
        if self.setting_axes:
            first = self._first_excluded(first)
        valid = fitting * len(variants)
        return GridSize(valid, sets * variants.total - valid, first)

    def combinations(self) -> Iterator[dict[str, PlainNumber]]:
        """Every combination of the strategy's parameters in the grid's order, those that don't go together too."""
        names = list(self.values)
        return (dict(zip(names, values, strict=True)) for values in product(*self.values.values()))

    @cached_property
    def warmup_bars(self) -> int:
        """What the longest values of the grid need: warm-ups grow with each parameter."""
        axes = {path: values for path, values in self._setting_values.items() if path.startswith("sizing.")}
        sizes: dict[str, Any] = {path.removeprefix("sizing."): values[-1] for path, values in axes.items()}
        longest = self.sizing.model_copy(update=sizes) if sizes else self.sizing
        spec = self.model_copy(update={"sizing": longest, "stops": self._longest_stops()})
        return spec.warmup_bars_of({name: values[-1] for name, values in self.values.items()})

    def _longest_stops(self) -> Stops:
        """With the longest window of the average true range that a set may have."""
        if not self.varies(*ATR_SETTINGS, "stops.atr_window"):
            return self.stops
        windows: list[Any] = [window for window in self.grid.get("stops.atr_window", ()) if window is not None]
        return self.stops.model_copy(update={"atr_window": max(*windows, self.stops.atr_window or ATR_WINDOW, 0)})

    def run_config(self, values: Mapping[str, Value]) -> RunConfig:
        """The run of one set: alone it gives the same result, bit for bit.

        Parameters
        ----------
        values : mapping
            The strategy's parameters by name, and each setting that the grid varies by its path.
        """
        fields: dict[str, dict[str, Value]] = {}
        for path, setting in self.setting_axes.items():
            fields.setdefault(setting.field, {})[setting.part] = values[path]
        spec = self.spec_with({field: combine(self, field, parts) for field, parts in fields.items()})
        shared = {name: value for name, value in spec.to_dict().items() if name in RunSpec.model_fields}
        parameters = {name: value for name, value in values.items() if name not in self.setting_axes}
        return RunConfig.from_dict(shared | {"parameters": self.parameters | parameters})

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, and what `from_dict` reads back equal: every field, but those that stand in the grid."""
        document = super().to_dict()
        for setting in self.setting_axes.values():
            if setting.part:
                document[setting.field].pop(setting.part, None)
            else:
                del document[setting.field]
        return document

    def identity_dict(self) -> dict[str, Any]:
        """What decides the result, given the candles."""
        return {name: value for name, value in super().identity_dict().items() if name != "batch_size"}

    @property
    def _setting_values(self) -> dict[str, list[Value]]:
        return {path: cast(list[Value], self.grid[path]) for path in self.setting_axes}

    def _axes(self) -> dict[str, Any]:
        """The axes as they vary, the slowest first: settings in their order, then parameters in the strategy's."""
        settings = settings_of(self)
        known = {parameter.name: parameter for parameter in self.strategy_rule.parameters}
        sent: dict[str, str] = {}
        aliases = aliases_of(self)
        for name in self.grid:
            path = name if name in known else aliases.get(name, name.removeprefix(_OF_PARAMETER))
            if path not in known and (path not in settings or name.startswith(_OF_PARAMETER)):
                self._refuse_unknown(name, [*known, *settings])
            if path in sent:
                self._refuse(f"grid.{name}", f"{sent[path]} and {name} are the same axis.", "Leave one out.")
            sent[path] = name
        read: dict[str, Any] = {}
        for path in [*(path for path in settings if path not in known), *known]:
            if path in sent:
                place, given = f"grid.{sent[path]}", self.grid[sent[path]]
                read[path] = (
                    read_parameter_axis(given, known[path], place)
                    if path in known
                    else self._read_setting(given, settings[path], place)
                )
        return read

    def _read_setting(self, given: Any, setting: Setting, place: str) -> list[Value]:
        def check(value: Any, where: str) -> Value:
            read: Any = setting.check(value, where)
            if setting.path == "direction":
                try:
                    check_direction(self.strategy_rule, read)
                except InvalidParameterError as error:
                    details = error.details | {"field": where}
                    raise InvalidParameterError(error.message, hint=error.hint, **details) from error
            checked: Value = read
            return checked

        return read_setting_axis(given, check, place)

    def _refuse_unknown(self, name: str, known: list[str]) -> NoReturn:
        last = name.rpartition(".")[2]
        near = [last] if last in known else get_close_matches(name[:80], known, n=1)
        near = near or get_close_matches(last[:80], known, n=1)
        field, _, part = name.partition(".")
        chosen = getattr(self, field).model if part and field in ("slippage", "sizing") else None
        hint = f"The chosen model is {chosen}; a grid varies its parameters only. " if chosen else ""
        hint += f"Did you mean {near[0]}? " if near else ""
        raise InvalidParameterError(
            f"There is no field {f'grid.{name}'!r}.",
            hint=f"{hint}Fields: {', '.join(known)}.",
            field=f"grid.{name}",
            allowed=known,
        )

    def _first_excluded(self, first: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """The first combination that does not go together, its settings named too."""
        other = self.variants.first_excluded
        if first is not None and not (other and other[0] == 0):
            place = self.variants[0].settings
            return {"parameters": first["parameters"], "settings": place, "reason": first["reason"]}
        if other is None:
            return None
        return {"parameters": next(self.combinations()), "settings": other[1], "reason": other[2]}

    def _check_size(self) -> None:
        combinations = math.prod(map(len, self.values.values()))
        sets = combinations * math.prod(map(len, self._setting_values.values()))
        if sets > MAX_SETS:
            raise InvalidParameterError(
                f"The grid has {sets:,} combinations; a sweep takes at most {MAX_SETS:,}.",
                hint="Take fewer values or split the sweep.",
                field="grid",
                allowed=MAX_SETS,
            )
        reasons = map(self.strategy_rule.conflict, self.combinations())
        refused = list(takewhile(lambda reason: reason is not None, reasons))
        if len(refused) == combinations:
            raise InvalidParameterError("No combination of the grid is valid.", hint=refused[0], field="grid")
        first = self.variants.first_excluded
        if first is not None and not len(self.variants):
            raise InvalidParameterError("No combination of the grid is valid.", hint=first[2], field="grid")
