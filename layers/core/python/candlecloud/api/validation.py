"""From pydantic's complaints, and from HTTP errors of the framework, to our errors."""

from __future__ import annotations

from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from candlecloud.api.errors import (
    InternalError,
    InvalidRequestError,
    MethodNotAllowedError,
    RouteNotFoundError,
)
from candlecloud.api.field_names import suggest_fields
from candlecloud.errors import CandlecloudError, InvalidInputError

_MAX_ERRORS = 20
_HINTS = {
    "missing": "Add this field.",
    "extra_forbidden": "Remove this field, or correct its spelling.",
    "string_too_long": "Send a shorter text.",
    "string_pattern_mismatch": "Send the id as it was given to you.",
}
_MESSAGES = {"missing": "This field is required.", "extra_forbidden": "There is no such field."}


# What a field's own rule may say; each class of the domain's input errors under its code.
_INPUT_ERRORS: tuple[type[InvalidInputError], ...] = (InvalidInputError, *InvalidInputError.__subclasses__())
_KINDS = {kind.code: kind for kind in _INPUT_ERRORS}


def from_validation(error: RequestValidationError, route: Any = None) -> CandlecloudError:
    """One error for all fields that are wrong; the first one gives the code, the message and the hint.

    Parameters
    ----------
    route : APIRoute, optional
        The route that was asked: it knows the names of the fields.
    """
    found = [_field_error(item, route) for item in error.errors()[:_MAX_ERRORS]]
    first = found[0]
    return _KINDS[first["code"]](
        f"{first['field']}: {first['message']}",
        hint=first["hint"],
        field=first["field"],
        errors=found,
    )


def from_http(error: HTTPException) -> CandlecloudError:
    """What the router says (404, 405) in our words."""
    if error.status_code == 404:
        return RouteNotFoundError("There is no such route.")
    if error.status_code == 405:
        listed = [m.strip() for m in (error.headers or {}).get("Allow", "").split(",") if m.strip()]
        return MethodNotAllowedError("This route does not take this method.", allowed=listed)
    if error.status_code < 500:
        return InvalidRequestError(str(error.detail))
    return InternalError("Something went wrong on our side.")


def _field_error(item: dict[str, Any], route: Any) -> dict[str, Any]:
    place, *path = item["loc"]
    kind = item["type"]
    context = item.get("ctx", {})
    field = context.get("field") or ".".join(str(part) for part in path if not str(part).startswith("<")) or str(place)
    names = suggest_fields(route, str(place), path) if kind == "extra_forbidden" else None
    hint = context.get("hint") or names or _HINTS.get(kind) or f"Correct {field} and send the request again."
    return {
        "field": field,
        "in": str(place),
        "code": kind if kind in _KINDS else "invalid_input",
        "message": _MESSAGES.get(kind) or _sentence(item["msg"]),
        "hint": hint,
    }


def _sentence(text: str) -> str:
    text = text.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return text if text.endswith((".", "?", "!")) else text + "."
