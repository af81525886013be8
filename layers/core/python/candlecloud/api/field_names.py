"""Names of the fields that a request could have had, for a hint to one that it should not."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, get_args

from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo


def suggest_fields(route: Any, place: str, path: Sequence[Any]) -> str | None:
    """What could stand in place of a field that is not there.

    Parameters
    ----------
    route : APIRoute or None
        The route that was asked.
    place : {"query", "body", ...}
    path : sequence
        From the top to the unknown field, as pydantic writes it.

    Returns
    -------
    str or None
        None where the fields are not known.
    """
    model = _model_of(route, place) if isinstance(route, APIRoute) else None
    for part in path[:-1]:
        if not str(part).startswith("<"):
            model = _model_in(model, part)
    if model is None:
        return None
    near = get_close_matches(str(path[-1])[:80], model.model_fields, n=1)
    return (f"Did you mean {near[0]}? " if near else "Remove it. ") + f"Fields: {', '.join(model.model_fields)}."


def _model_of(route: APIRoute, place: str) -> type[BaseModel] | None:
    if place == "body":
        return None if route.body_field is None else _first_model(route.body_field.field_info.annotation)
    found = [_first_model(field.field_info.annotation) for field in route.dependant.query_params]
    return found[0] if place == "query" and found else None


def _model_in(model: type[BaseModel] | None, name: Any) -> type[BaseModel] | None:
    field: FieldInfo | None = None if model is None else model.model_fields.get(name)
    return None if field is None else _first_model(field.annotation)


def _first_model(annotation: Any) -> type[BaseModel] | None:
    """The model itself, or the only one of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _first_model(part))), None)
