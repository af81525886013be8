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
from candlecloud.contract.refusals import read_error
from candlecloud.errors import CandlecloudError


def from_validation(error: RequestValidationError, route: Any = None) -> CandlecloudError:
    """One error for all fields that are wrong; the first one gives the code, the message and the hint.

    Parameters
    ----------
    route : APIRoute, optional
        The route that was asked: it knows the names of the fields.
    """
    return read_error(error.errors(), lambda place, path: suggest_fields(route, place, path))


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
