"""Moments on the wire: ISO-8601 or unix ms in, both out."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_MS = 4_102_444_800_000  # 2100-01-01
_LOOKS_LIKE_SECONDS = 100_000_000_000
_INTEGER = re.compile(r"[+-]?\d{1,20}\Z")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?\s?(Z|z|[+-]\d{2}:?\d{2})?)?\Z")
_HINT = "Write it as ISO-8601 in UTC, such as 2024-01-31T00:00:00Z, or as unix milliseconds, such as 1706659200000."


def parse_instant(value: Any) -> int:
    """Read a moment as ms UTC.

    Accepts unix milliseconds (number or digits), ISO-8601 with ``Z`` or an offset, and dates or times without an
    offset, which are taken as UTC. Milliseconds are kept, anything finer is cut off.

    Raises
    ------
    PydanticCustomError
        With type ``invalid_range``, if it is none of these, lies outside 1970 to 2100, or looks like unix seconds.
    """
    if isinstance(value, str):
        value = value.strip()
        if _INTEGER.match(value):
            value = int(value)
        elif _ISO.match(value):
            return _bounded(_from_iso(value))
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("invalid_range", "This is not a moment.", {"hint": _HINT})
    if 0 < value < _LOOKS_LIKE_SECONDS:
        raise PydanticCustomError(
            "invalid_range", "{value} looks like unix seconds; milliseconds are wanted.",
            {"value": value, "hint": f"Send {value * 1000}."},
        )  # fmt: skip
    return _bounded(value)


def iso(time_ms: int) -> str:
    """ms UTC as ISO-8601 with ``Z``; milliseconds only where there are some."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{time_ms % 1000:03d}Z" if time_ms % 1000 else f"{moment}Z"


def _from_iso(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "T", 1).replace(" ", "").replace("z", "Z"))
    except ValueError as error:
        raise PydanticCustomError("invalid_range", "This is not a moment of the calendar.", {"hint": _HINT}) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError as error:
        raise PydanticCustomError("invalid_range", "This moment is out of bounds.", {"hint": _HINT}) from error
    return delta.days * 86_400_000 + delta.seconds * 1000 + delta.microseconds // 1000


def _bounded(time_ms: int) -> int:
    if not 0 <= time_ms <= MAX_MS:
        raise PydanticCustomError("invalid_range", "Moments lie between 1970 and 2100.", {"hint": _HINT})
    return time_ms


Instant = Annotated[
    int,
    BeforeValidator(parse_instant),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "maxLength": 40}, {"type": "integer", "minimum": 0, "maximum": MAX_MS}],
            "description": "ISO-8601 (UTC where no offset is given) or unix milliseconds",
        }
    ),
]
"""A moment in a request: ms UTC once read."""
