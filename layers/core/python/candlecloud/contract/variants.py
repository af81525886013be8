"""Variants: all combinations of the settings of execution that a grid varies, numbered, the last setting fastest."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, product
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from candlecloud.contract.execution_settings import ExecutionSettings
from candlecloud.contract.grid_axes import Value
from candlecloud.contract.grid_settings import Setting, combine
from candlecloud.errors import CandlecloudError


class Variant(NamedTuple):
    """One combination: the values of the grid by path, and the run's fields that they make."""

    settings: Mapping[str, Value]
    fields: Mapping[str, Any]


class _Choice(NamedTuple):
    """One value of a field: its parts, what they make, the first choice that makes the same; or why there is none."""

    parts: Mapping[str, Value]
    made: Any
    same: int
    reason: str | None

    @property
    def is_plain(self) -> bool:
        """Whether the field is a number or a word: what it settles to may follow from other fields."""
        return not any("." in path for path in self.parts)


@dataclass(frozen=True)
class Variants:
    """Combinations that go together, each another run; and how many there are in all.

    Attributes
    ----------
    first_excluded : tuple or None
        Place, settings and reason of the first that is none of them.
    """

    total: int
    first_excluded: tuple[int, Mapping[str, Value], str] | None
    _fields: tuple[tuple[str, list[_Choice]], ...]
    _places: Sequence[int]

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Variant]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> Variant:
        place, chosen = self._places[number], []
        for _, choices in reversed(self._fields):
            place, which = divmod(place, len(choices))
            chosen.append(choices[which])
        return _variant(self._fields, chosen[::-1])


def find_variants(
    spec: ExecutionSettings,
    settings: Sequence[Setting],
    axes: Mapping[str, Sequence[Value]],
    settle: Callable[[Mapping[str, Any]], ExecutionSettings],
) -> Variants:
    """Go through all combinations.

    Parameters
    ----------
    spec : ExecutionSettings
        What all share.
    settings : sequence of Setting
        The axes, in their order; those of one field lie together.
    settle : callable
        Fields of a combination to the settings of its run; it may refuse them.
    """
    fields = tuple(
        (field, _choices(spec, field, list(group), axes))
        for field, group in groupby(settings, key=lambda setting: setting.field)
    )
    places: list[int] = []
    first: tuple[int, Mapping[str, Value], str] | None = None
    seen = _Seen(settle)
    for place, chosen in enumerate(product(*(choices for _, choices in fields))):
        variant = _variant(fields, chosen)
        reason = seen.refusal(variant, chosen)
        if reason is None:
            places.append(place)
        elif first is None:
            first = place, variant.settings, reason
    total = math.prod(len(choices) for _, choices in fields)
    return Variants(total, first, fields, range(total) if len(places) == total else places)


def _choices(
    spec: ExecutionSettings, field: str, group: Sequence[Setting], axes: Mapping[str, Sequence[Value]]
) -> list[_Choice]:
    found: list[_Choice] = []
    first: dict[Any, int] = {}
    for values in product(*(axes[setting.path] for setting in group)):
        parts = {setting.path: value for setting, value in zip(group, values, strict=True)}
        try:
            made, reason = combine(spec, field, dict(zip((s.part for s in group), values, strict=True))), None
        except ValidationError as error:
            made, reason = None, error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        key = made.model_dump_json() if isinstance(made, BaseModel) else made
        same = len(found) if reason else first.setdefault(key, len(found))
        found.append(_Choice(parts, made, same, reason))
    return found


def _variant(fields: Sequence[tuple[str, Any]], chosen: Sequence[_Choice]) -> Variant:
    settings = {path: value for choice in chosen for path, value in choice.parts.items()}
    made = {field: choice.made for (field, _), choice in zip(fields, chosen, strict=True)}
    return Variant(settings, made)


def _shown(value: Value) -> str:
    return "null" if value is None else str(value)


class _Seen:
    """The combinations that are a run of their own so far."""

    def __init__(self, settle: Callable[[Mapping[str, Any]], ExecutionSettings]) -> None:
        self._settle = settle
        self._first: dict[Any, Mapping[str, Value]] = {}

    def refusal(self, variant: Variant, chosen: Sequence[_Choice]) -> str | None:
        """Why a combination is left out: its run would be refused, or an earlier combination is the same run."""
        reason = next((choice.reason for choice in chosen if choice.reason is not None), None)
        if reason is not None:
            return reason
        try:
            settled = self._settle(variant.fields)
        except (CandlecloudError, PydanticCustomError) as error:
            return str(error)
        plain = (settled.__dict__[name] for name in _FIELDS)
        objects = (choice.same for choice in chosen if not choice.is_plain)
        key = (*objects, *(value for value in plain if not isinstance(value, BaseModel)))
        earlier = self._first.setdefault(key, variant.settings)
        if earlier is variant.settings:
            return None
        differing = (path for path, value in earlier.items() if value != variant.settings[path])
        return f"the same run as with {', '.join(f'{path} {_shown(earlier[path])}' for path in differing)}"


_FIELDS = tuple(ExecutionSettings.model_fields)
