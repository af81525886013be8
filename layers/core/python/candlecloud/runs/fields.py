"""Reading one field of a request: the value, or an error that names the field and says what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from candlecloud.errors import InvalidParameterError, InvalidRangeError
from candlecloud.market.moment import parse_moment


def check_names(document: Any, allowed: Sequence[str], field: str = "") -> Mapping[str, Any]:
    """Return the document if it is an object that holds nothing but allowed names.

    Raises
    ------
    InvalidParameterError
        If not.
    """
    if not isinstance(document, Mapping):
        _refuse(field or "the request", "a JSON object", document)
    for name in document:
        if name not in allowed:
            where = f"{field}.{name}" if field else str(name)
            raise InvalidParameterError(
                f"There is no field {where[:80]!r}.",
                hint=f"Fields: {', '.join(allowed)}.",
                field=where[:80],
                allowed=list(allowed),
            )
    return document


def read_text(document: Mapping[str, Any], field: str) -> str:
    """A text that must be there."""
    value = document.get(field)
    if not isinstance(value, str) or not 1 <= len(value) <= 100:
        _refuse(field, "a text of 1 to 100 characters", value)
    return value


def read_number(document: Mapping[str, Any], field: str, default: float, low: float, high: float) -> float:
    """A finite number within bounds, bounds included."""
    value = document.get(field, default)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        _refuse(field, f"a number from {low} to {high}", value)
    return float(value) + 0.0  # -0.0 is 0.0: two spellings of one number are one run


def read_optional(
    document: Mapping[str, Any], field: str, low: float, high: float, parent: str | None = None
) -> float | None:
    """A number within bounds, or None where it is null or left out; errors name it below its parent."""
    if document.get(field) is None:
        return None
    name = field if parent is None else f"{parent}.{field}"
    return read_number({name: document[field]}, name, low, low, high)


def read_integer(document: Mapping[str, Any], field: str, default: int, low: int, high: int) -> int:
    """A whole number within bounds, bounds included."""
    value = document.get(field, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        _refuse(field, f"a whole number from {low} to {high}", value)
    return value


def read_flag(document: Mapping[str, Any], field: str, default: bool) -> bool:
    """true or false."""
    value = document.get(field, default)
    if not isinstance(value, bool):
        _refuse(field, "true or false", value)
    return value


def read_choice(document: Mapping[str, Any], field: str, default: str, choices: Sequence[str]) -> str:
    """One of a few words."""
    value = document.get(field, default)
    if value not in choices:
        _refuse(field, " or ".join(choices), value, allowed=list(choices))
    return str(value)


def read_moment(document: Mapping[str, Any], field: str) -> int | None:
    """Unix ms, or ISO-8601 with ``Z`` or an offset (a date alone is its midnight UTC); None where it is left out."""
    value = document.get(field)
    if value is None:
        return None
    try:
        return parse_moment(value)
    except InvalidRangeError:
        _refuse(field, "unix milliseconds or ISO-8601 in UTC such as 2024-01-31T00:00:00Z, from 1970 to 2100", value)


def _refuse(field: str, wanted: str, value: Any, allowed: Any = None) -> NoReturn:
    raise InvalidParameterError(
        f"{field} must be {wanted}.", field=field, allowed=wanted if allowed is None else allowed, got=repr(value)[:80]
    )
