"""What routes share of their answers: the errors that they document, and plain JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from candlecloud.api.errors import PROBLEM_JSON, STATUS
from candlecloud.api.schemas.problem import Problem
from candlecloud.market.instant import iso

_SCHEMA = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """A route's ``responses`` for these statuses, and for the ones that any route may give.

    Each names the codes that the table gives this status.
    """
    return {
        status: {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(c for c, s in STATUS.items() if s == status)}",
            "content": {PROBLEM_JSON: _SCHEMA},
        }
        for status in sorted({*statuses, 500, 503})
    }


def both_forms(**times_ms: int | None) -> dict[str, Any]:
    """Each time under its name as ISO-8601, and under ``<name>_ms``."""
    return {
        key: value
        for name, time_ms in times_ms.items()
        for key, value in ((name, None if time_ms is None else iso(time_ms)), (f"{name}_ms", time_ms))
    }


def as_json(answer: Mapping[str, Any]) -> bytes:
    """An answer that is made of stored values, none of them NaN."""
    return json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()


SEE_OTHER: dict[int | str, dict[str, Any]] = {
    303: {
        "description": "The answer is above 1 MB: follow Location, without the token, within 15 minutes",
        "headers": {"Location": {"schema": {"type": "string"}}},
    }
}
LOCATION = {"Location": {"description": "Where the outcome shows", "schema": {"type": "string"}}}
