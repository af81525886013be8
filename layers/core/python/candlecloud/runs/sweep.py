"""A sweep: one setting, a grid of parameter sets in a fixed order, and their cut into batches."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from candlecloud.errors import InvalidParameterError
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.parameters import Number, Parameter
from candlecloud.runs.config import RunConfig, read_parameters
from candlecloud.runs.fields import check_names, read_integer
from candlecloud.runs.setting import SETTING_FIELDS, Setting

MAX_SETS = 100_000
MAX_VALUES = 10_000
MAX_BATCHES = 500
# Bars times sets of one batch: a second or more, so that starting it costs less than its work, and within its limit.
_FAST_WORK = 1_000_000_000  # half a nanosecond each where the engine makes the signals itself
_WORK = 100_000_000  # up to a hundred where features are computed per set
_MOST_SETS = 10_000  # a row takes a third of a millisecond and 700 bytes to describe
_STEPS = ("start", "stop", "step")


@dataclass(frozen=True)
class ParameterSets:
    """The grid spelled out.

    Attributes
    ----------
    valid : list
        Complete parameter sets; a set's number is its place in this list.
    excluded : list of dict
        ``parameters`` and ``reason`` of combinations that do not go together.
    """

    valid: list[dict[str, Number]]
    excluded: list[dict[str, Any]]


@dataclass(frozen=True)
class SweepConfig:
    """Many backtests that differ in the strategy's parameters only.

    Attributes
    ----------
    fixed : mapping
        Parameters that all sets share.
    grid : mapping
        Parameter to its values, ascending, in the order of the strategy's parameters.
    batch_size : int or None
        Sets per batch; None leaves it to the planner. It moves no result, so it is no part of the identity.
    """

    setting: Setting
    fixed: Mapping[str, Number]
    grid: Mapping[str, tuple[Number, ...]]
    batch_size: int | None = None

    @classmethod
    def from_dict(cls, document: Any) -> SweepConfig:
        """Read a sweep from a request: a run's fields, and ``grid``.

        ``grid`` gives each parameter a list of values or ``{"start", "stop", "step"}``, stop included when a step
        lands on it. Values are sorted and taken once, so the order they are sent in does not matter.

        Raises
        ------
        InvalidParameterError
            The first wrong field, or a grid of more than 100,000 sets or without a valid one.
        """
        check_names(document, (*SETTING_FIELDS, "parameters", "grid", "batch_size"))
        setting = Setting.from_dict(document)
        grid = _read_grid(document.get("grid"), setting)
        given = read_parameters(document)
        both = [name for name in given if name in grid]
        if both:
            raise InvalidParameterError(
                f"{both[0]} stands in both parameters and grid.", hint="Leave it in one.", field=f"grid.{both[0]}"
            )
        checked = setting.strategy_rule.check_bounds(given)
        batch_size = (
            None if document.get("batch_size") is None else read_integer(document, "batch_size", 1, 1, MAX_SETS)
        )
        fixed = {name: value for name, value in checked.items() if name not in grid}
        sweep = cls(setting, fixed, grid, batch_size)
        if not sweep.sets.valid:
            raise InvalidParameterError(
                "No combination of the grid is valid.",
                hint=sweep.sets.excluded[0]["reason"],
                field="grid",
                excluded=sweep.sets.excluded[:3],
            )
        return sweep

    @property
    def series(self) -> Series:
        return self.setting.series

    @property
    def range(self) -> TimeRange:
        """The pinned range of open times."""
        return self.setting.range

    @cached_property
    def sets(self) -> ParameterSets:
        """All combinations, the last parameter of the strategy running fastest; the same wherever it is asked."""
        strategy = self.setting.strategy_rule
        names = [parameter.name for parameter in strategy.parameters]
        axes = [self.grid.get(name) or (self.fixed[name],) for name in names]
        sets = ParameterSets([], [])
        for values in itertools.product(*axes):
            parameters = dict(zip(names, values, strict=True))
            reason = strategy.conflict(parameters)
            if reason is None:
                sets.valid.append(parameters)
            else:
                sets.excluded.append({"parameters": parameters, "reason": reason})
        return sets

    @cached_property
    def warmup_bars(self) -> int:
        """The longest warm-up of any set."""
        return max(self.run_config(number).warmup_bars for number in range(len(self.sets.valid)))

    def run_config(self, number: int) -> RunConfig:
        """The run of one parameter set: alone it gives the same result, bit for bit."""
        return RunConfig(self.setting, self.sets.valid[number])

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, and what `from_dict` reads back equal."""
        return self.setting.to_dict() | {
            "parameters": dict(self.fixed),
            "grid": {name: list(values) for name, values in self.grid.items()},
            "batch_size": self.batch_size,
        }

    def identity_dict(self) -> dict[str, Any]:
        """What decides the result, given the candles."""
        return {name: value for name, value in self.to_dict().items() if name not in ("as_of", "batch_size")}

    def pinned(self, span: TimeRange, as_of: int, finer_timeframe: str = "none") -> SweepConfig:
        """The same with range, data view and finer candles fixed."""
        return replace(self, setting=self.setting.pinned(span, as_of, finer_timeframe))

    def slices(self) -> list[tuple[int, int]]:
        """Batches as half-open ranges of set numbers; at most 500, so a small batch size grows where it must."""
        total = len(self.sets.valid)
        bars = self.range.duration // self.series.timeframe.ms + self.warmup_bars
        work = _WORK if self.setting.strategy_rule.crossing is None else _FAST_WORK
        size = self.batch_size or min(max(1, work // bars), _MOST_SETS)
        size = max(size, math.ceil(total / MAX_BATCHES))
        return [(start, min(start + size, total)) for start in range(0, total, size)]


def _read_grid(document: Any, setting: Setting) -> dict[str, tuple[Number, ...]]:
    parameters = setting.strategy_rule.parameters
    given = check_names(document, [parameter.name for parameter in parameters], "grid")
    if not given:
        raise InvalidParameterError(
            "A sweep needs a grid with at least one parameter.",
            hint='For dual_sma: {"fast": [10, 20], "slow": {"start": 50, "stop": 200, "step": 10}}.',
            field="grid",
            allowed=[parameter.name for parameter in parameters],
        )
    grid = {p.name: _read_axis(given[p.name], p, f"grid.{p.name}") for p in parameters if p.name in given}
    sets = math.prod(map(len, grid.values()))
    if sets > MAX_SETS:
        raise InvalidParameterError(
            f"The grid has {sets:,} combinations; a sweep takes at most {MAX_SETS:,}.",
            hint="Take fewer values or split the sweep.",
            field="grid",
            allowed=MAX_SETS,
        )
    return grid


def _read_axis(given: Any, parameter: Parameter, field: str) -> tuple[Number, ...]:
    values = _steps(given, parameter, field) if isinstance(given, Mapping) else given
    if not isinstance(values, list) or not 1 <= len(values) <= MAX_VALUES:
        raise InvalidParameterError(
            f"{field} must be a list of 1 to {MAX_VALUES:,} values, or start, stop and step that make as many.",
            field=field,
            allowed='[5, 10, 20] or {"start": 5, "stop": 20, "step": 5}',
        )
    return tuple(sorted({parameter.check(value, field) for value in values}))


def _steps(given: Mapping[str, Any], parameter: Parameter, field: str) -> list[Number]:
    """Values from start to stop, in decimal arithmetic: 0.1 plus 0.1 plus 0.1 is 0.3 here."""
    check_names(given, _STEPS, field)
    for name in _STEPS:
        if name not in given:
            raise InvalidParameterError(f"{field} needs {', '.join(_STEPS)}.", field=f"{field}.{name}")
    start, stop = (Decimal(str(parameter.check(given[name], f"{field}.{name}"))) for name in ("start", "stop"))
    step = given["step"]
    is_number = isinstance(step, (int, float)) and not isinstance(step, bool)
    if not is_number or not 0 < step <= parameter.high - parameter.low:
        raise InvalidParameterError(
            f"{field}.step must be a number above 0 and at most {parameter.high - parameter.low}.",
            field=f"{field}.step",
            got=repr(step)[:80],
        )
    if stop < start:
        raise InvalidParameterError(f"{field}.stop lies below start.", field=f"{field}.stop")
    wide = Decimal(str(step))
    count = int((stop - start) / wide) + 1
    exact = (start + k * wide for k in range(min(count, MAX_VALUES + 1)))
    return [int(value) if value == int(value) else float(value) for value in exact]
