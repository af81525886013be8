"""Between the errors of the domain and those of pydantic: a wrong field is said in the same words everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from candlecloud.errors import CandlecloudError, InvalidInputError, InvalidParameterError

MAX_SHOWN = 20
"""Wrong fields that one error names."""
_HINTS = {
    "missing": "Add this field.",
    "extra_forbidden": "Remove this field, or correct its spelling.",
    "string_too_long": "Send a shorter text.",
    "string_pattern_mismatch": "Send the id as it was given to you.",
}
_MESSAGES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "unexpected_keyword_argument": "There is no such field.",
}
_INPUT_ERRORS: tuple[type[InvalidInputError], ...] = (InvalidInputError, *InvalidInputError.__subclasses__())
_KINDS = {kind.code: kind for kind in _INPUT_ERRORS}


def as_field_error(error: CandlecloudError, field: str | None = None) -> PydanticCustomError:
    """An error of the domain as one of a field, so that pydantic adds the field's name and goes on to the next.

    Parameters
    ----------
    field : str, optional
        The name to show in place of the field's own: where the rule is about several, or about a part of one.
    """
    shown = field or error.details.get("field")
    context = {"sentence": error.message, "hint": error.hint, "field": shown, "details": error.details}
    return PydanticCustomError(error.code, "{sentence}", context)


def read_error(
    found: Sequence[Mapping[str, Any]],
    suggest: Callable[[str, Sequence[Any]], str | None] = lambda _place, _path: None,
    place: str | None = None,
) -> CandlecloudError:
    """One error for all fields that are wrong; the first one gives the code, the message, the hint and the details.

    Parameters
    ----------
    found : sequence of mapping
        What pydantic complains of.
    suggest : callable
        Place and path of a field that is not there, to a hint at those that are.
    place : str, optional
        Where the document came in; without it the first part of each path says it, as FastAPI has it.
    """
    errors = [_field_error(item, suggest, place) for item in found[:MAX_SHOWN]]
    first, context = errors[0], found[0].get("ctx", {})
    kind = _KINDS.get(first["code"], InvalidInputError)
    details = {name: value for name, value in context.get("details", {}).items() if name != "field"}
    said = first["message"]
    message = said if said.startswith(first["field"]) else f"{first['field']}: {said}"
    return kind(message, hint=first["hint"], field=first["field"], errors=errors, **details)


def refuse(error: ValidationError, place: str = "document", known: Iterable[str] = ()) -> CandlecloudError:
    """The error of what FastAPI did not read: a record, an event, what a query comes to, a caller in this process.

    Parameters
    ----------
    known : iterable of str
        The fields that there are, for the hint to one that is not.
    """
    fields = ", ".join(known)
    hint = f"Fields: {fields}." if fields else None
    found = read_error(error.errors(include_url=False), lambda _place, path: None if path[1:] else hint, place)
    return found if type(found) is not InvalidInputError else _as_parameter(found)


def _as_parameter(error: CandlecloudError) -> InvalidParameterError:
    return InvalidParameterError(error.message, hint=error.hint, **error.details)


def _field_error(
    item: Mapping[str, Any], suggest: Callable[[str, Sequence[Any]], str | None], place: str | None
) -> dict[str, Any]:
    where, *path = item["loc"] if place is None else (place, *item["loc"])
    kind = item["type"]
    context = item.get("ctx", {})
    field = context.get("field") or ".".join(str(part) for part in path if not str(part).startswith("<")) or str(where)
    names = suggest(str(where), path) if kind == "extra_forbidden" else None
    hint = context.get("hint") or names or _HINTS.get(kind) or f"Correct {field} and send the request again."
    return {
        "field": field,
        "in": str(where),
        "code": kind if kind in _KINDS else "invalid_input",
        "message": _MESSAGES.get(kind) or _sentence(item["msg"]),
        "hint": hint,
    }


def _sentence(text: str) -> str:
    text = text.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return text if text.endswith((".", "?", "!")) else text + "."
