"""Opaque cursors: a place in one list, good only for the query that it was issued for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from typing import Annotated, Any

from pydantic import Field

from candlecloud.api.errors import InvalidCursorError

Cursor = Annotated[
    Annotated[str, Field(min_length=1, max_length=2000)] | None, Field(description="`next_cursor` of the previous page")
]
_DIGEST_BYTES = 9
_ALPHABET = re.compile(r"[A-Za-z0-9_-]{12,2000}\Z")


def issue(query: dict[str, Any], place: str | int) -> str:
    """Make a cursor.

    Parameters
    ----------
    query : dict
        Everything that selects and orders the list, JSON-able; the cursor answers to no other.
    place : str or int
        Where the next page starts.
    """
    payload = json.dumps(place).encode()
    return base64.urlsafe_b64encode(_digest(query, payload) + payload).decode().rstrip("=")


def read(query: dict[str, Any], cursor: str | None) -> Any:
    """The place that a cursor stands for, or None without a cursor.

    Raises
    ------
    InvalidCursorError
        If it was not issued by `issue` for an equal query.
    """
    if cursor is None:
        return None
    if not _ALPHABET.match(cursor):
        raise InvalidCursorError("This is not a cursor of this API.", field="cursor")
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError) as error:
        raise InvalidCursorError("This is not a cursor of this API.", field="cursor") from error
    payload = raw[_DIGEST_BYTES:]
    if raw[:_DIGEST_BYTES] != _digest(query, payload):
        raise InvalidCursorError("This cursor was issued for another query, or was changed.", field="cursor")
    return json.loads(payload)


def _digest(query: dict[str, Any], payload: bytes) -> bytes:
    canonical = json.dumps(query, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(canonical + b"\x00" + payload).digest()[:_DIGEST_BYTES]
