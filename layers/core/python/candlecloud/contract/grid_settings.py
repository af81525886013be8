"""Settings of execution that a grid may vary: which there are, and how a value is checked: as in a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from candlecloud.catalogue import SIZING, SLIPPAGE
from candlecloud.contract.execution_settings import ExecutionSettings, ModelChoice
from candlecloud.contract.grid_axes import Check, Value
from candlecloud.contract.refusals import as_field_error, read_error
from candlecloud.errors import InvalidParameterError
from candlecloud.parameters import Parameter
from candlecloud.registry import Registry
from candlecloud.spec import Spec

ALIASES = {"slippage_bps": "slippage.bps"}
_MODELS: Mapping[str, Registry[Spec]] = {"slippage": SLIPPAGE, "sizing": SIZING}
_Kind = Literal["integer", "number", "text"]


@dataclass(frozen=True)
class Setting:
    """One field of a run that a grid may vary.

    Attributes
    ----------
    path : str
        ``fee_bps``, or with the object that it stands in: ``stops.stop_loss``.
    """

    path: str
    kind: _Kind
    check: Check

    @property
    def field(self) -> str:
        """The run's field: the path, or what it begins with."""
        return self.path.partition(".")[0]

    @property
    def part(self) -> str:
        """The place within the field; empty if the path is the whole field."""
        return self.path.partition(".")[2]


def settings_of(spec: ExecutionSettings) -> dict[str, Setting]:
    """What may be varied beside the models that were chosen, by path, in the order of the fields."""
    found: dict[str, Setting] = {}
    for field in _fields():
        models = _MODELS.get(field)
        if models is None:
            found |= _plain_settings(field)
            continue
        for parameter in models.find(getattr(spec, field).model).parameters:
            path = f"{field}.{parameter.name}"
            found[path] = Setting(path, parameter.kind, _of_parameter(parameter))
    return found


def aliases_of(spec: ExecutionSettings) -> Mapping[str, str]:
    """Other spellings of paths to the one that a grid is kept in."""
    chosen = {field: models.find(getattr(spec, field).model) for field, models in _MODELS.items()}
    found = {
        f"{field}.{alias}": f"{field}.{p.name}"
        for field, m in chosen.items()
        for p in m.parameters
        for alias in p.aliases
    }
    return ALIASES | found


def combine(spec: ExecutionSettings, field: str, values: Mapping[str, Value]) -> Any:
    """A field of a run, with these parts of it in place of those of `spec`, checked as in a run.

    Parameters
    ----------
    values : mapping
        Part to value; the empty name is the whole field.

    Raises
    ------
    ValidationError
        If the parts do not go together.
    """
    if "" in values:
        return values[""]
    if any(values.get(part, 0) is None for part in _required_parts(field)):
        return None
    given = getattr(spec, field)
    return _adapter(field).validate_python((given.model_dump() if given else {}) | dict(values))


def leave_to_grid(document: Any) -> Any:
    """A request before it is read: what its grid varies may not stand beside it, and need not.

    Raises
    ------
    PydanticCustomError
        For a setting that is in both.
    """
    grid = document.get("grid") if isinstance(document, dict) else None
    if not isinstance(grid, dict):
        return document
    body, own = dict(document), _names_of_rules(document)
    for sent in (name for name in grid if isinstance(name, str) and name not in own):
        path = ALIASES.get(sent, sent)
        field, _, part = path.partition(".")
        if field not in _fields() or (not part and _object_in(_fields()[field]) is not None):
            continue  # a parameter may have an object's name
        given = body.get(field)
        parameter = _parameter(field, given, part)
        names = (part,) if parameter is None else (parameter.name, *parameter.aliases)
        stated = (given[name] for name in names if given.get(name) is not None) if isinstance(given, dict) else ()
        inside = next(iter(stated), None) if part else given
        if path == ALIASES["slippage_bps"] and inside is None:
            inside = body.get("slippage_bps")
        if inside is not None:
            error = InvalidParameterError(f"{path} is in both the request and grid.", hint="Leave it out of one.")
            raise as_field_error(error, f"grid.{sent}")
        if part and _required_parts(field) and (given is None or isinstance(given, dict)):
            left_out = {part: _until_the_grid(field, part)} if part in _required_parts(field) else {}
            body[field] = {**(given or {}), **left_out}
        if parameter is not None and parameter.default is None:
            body[field] = {**(given or {}), parameter.name: parameter.low}  # others may ask for it; no set has this one
    return body


def _until_the_grid(field: str, part: str) -> Value:
    """A value that goes in the place of those that a grid gives."""
    inner = _object_in(_fields()[field])
    words = get_args(inner.model_fields[part].annotation) if inner else ()
    return words[0] if words and isinstance(words[0], str) else 0.5


def _parameter(field: str, given: Any, part: str) -> Parameter | None:
    """The parameter of a model that a request chooses, by its name or an alias."""
    model = given.get("model") if isinstance(given, dict) else None
    chosen = _MODELS[field].get(model) if field in _MODELS and isinstance(model, str) else None
    return next((p for p in chosen.parameters if part in (p.name, *p.aliases)), None) if chosen else None


def _names_of_rules(document: Mapping[str, Any]) -> set[Any]:
    """Names that rules declare; in a grid they mean the rules' parameter, whatever else has that name."""
    rules = document.get("rules")
    declared = rules.get("parameters") if isinstance(rules, dict) else None
    return set(declared) if isinstance(declared, dict) else set()


@cache
def _fields() -> Mapping[str, FieldInfo]:
    return {name: info for name, info in ExecutionSettings.model_fields.items() if name not in ALIASES}


@cache
def _plain_settings(field: str) -> Mapping[str, Setting]:
    """Of a field that is a number, a word or an object of those; of others, none."""
    inner = _object_in(_fields()[field])
    parts = {field: _fields()[field]} if inner is None else inner.model_fields
    found = {}
    for name, info in parts.items():
        kind = _kind(info.annotation)
        if kind is not None:
            path = name if inner is None else f"{field}.{name}"
            found[path] = Setting(path, kind, _by_type(info, can_be_off=name in _required_parts(field)))
    return found


@cache
def _required_parts(field: str) -> frozenset[str]:
    """Parts without a default of an object that can be left out: null for one of them leaves the object out."""
    info = _fields()[field]
    inner = _object_in(info)
    if inner is None or issubclass(inner, ModelChoice) or NoneType not in get_args(info.annotation):
        return frozenset()
    return frozenset(name for name, part in inner.model_fields.items() if part.is_required())


@cache
def _adapter(field: str) -> TypeAdapter[Any]:
    return _adapter_of(_fields()[field])


def _adapter_of(info: FieldInfo) -> TypeAdapter[Any]:
    annotated: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    return TypeAdapter(annotated)


def _object_in(info: FieldInfo) -> type[BaseModel] | None:
    return next((leaf for leaf in _leaves(info.annotation) if issubclass(leaf, BaseModel)), None)


def _kind(annotation: Any) -> _Kind | None:
    leaves = set(_leaves(annotation)) - {NoneType}
    kinds: dict[frozenset[type], _Kind] = {
        frozenset({int}): "integer",
        frozenset({float}): "number",
        frozenset({int, float}): "number",
        frozenset({str}): "text",
    }
    return kinds.get(frozenset(leaves))


def _leaves(annotation: Any) -> Iterator[type]:
    """The classes that a value may be of."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        yield annotation
    elif get_origin(annotation) is Literal:
        yield from map(type, get_args(annotation))
    else:
        parts = get_args(annotation)
        for part in parts[:1] if get_origin(annotation) is Annotated else parts:
            yield from _leaves(part)


def _of_parameter(parameter: Parameter) -> Check:
    return lambda value, place: parameter.check(value, place)


def _by_type(info: FieldInfo, *, can_be_off: bool) -> Check:
    validate: Callable[[Any], Any] = _adapter_of(info).validate_python

    def check(value: Any, place: str) -> Value:
        if value is None and can_be_off:
            return None
        try:
            read: Value = validate(value)
        except ValidationError as error:
            wrong = [{**item, "loc": (*place.split("."), *item["loc"])} for item in error.errors(include_url=False)]
            found = read_error(wrong, place="document")
            raise type(found)(found.message, hint=found.hint, field=place) from error
        return read

    return check
