"""Moments in requests: the market's reading of them as a field type."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from candlecloud.errors import InvalidRangeError
from candlecloud.market.moment import LATEST_MS, parse_moment


def parse_instant(value: Any) -> int:
    """Read a moment as ms UTC, with pydantic's kind of error.

    Raises
    ------
    PydanticCustomError
        With type ``invalid_range``, where `parse_moment` refuses.
    """
    try:
        return parse_moment(value)
    except InvalidRangeError as error:
        sentence = error.message.replace("{", "(").replace("}", ")")
        raise PydanticCustomError("invalid_range", sentence, {"hint": error.hint}) from error


Instant = Annotated[
    int,
    BeforeValidator(parse_instant),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "maxLength": 40}, {"type": "integer", "minimum": 0, "maximum": LATEST_MS}],
            "description": "ISO-8601 (UTC where no offset is given) or unix milliseconds",
        }
    ),
]
"""A moment in a request: ms UTC once read."""
