"""HTTP words shared by the venues: the parsed call, the response, and decimal text from scaled integers."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class Call(NamedTuple):
    """One HTTP request to a venue: its own path and its query parameters."""

    venue: str
    path: str
    params: Mapping[str, str]


class Response(NamedTuple):
    """Status, body bytes, extra headers."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    content_type: str = "application/json"


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, json.dumps(content, separators=(",", ":")).encode(), headers or {})


def fixed(value: float | None, scale: int, places: int) -> str:
    """Return a scaled integer as decimal text with ``places`` decimals (at least its scale), e.g. ``"28080.00000000"``.

    A float is the NaN that a fault put there.
    """
    if isinstance(value, float):
        return "NaN"
    digits = str(value).rjust(scale + 1, "0")
    whole, part = (digits[:-scale], digits[-scale:]) if scale else (digits, "")
    part = part.ljust(places, "0")
    return f"{whole}.{part}" if part else whole


def plain(value: float | None, scale: int, at_least: int = 0) -> str:
    """Return a scaled integer as decimal text without trailing zeros beyond ``at_least`` decimals."""
    text = fixed(value, scale, scale)
    if "." not in text:
        return text if not at_least or text == "NaN" else f"{text}.{'0' * at_least}"
    whole, part = text.split(".")
    part = part.rstrip("0").ljust(at_least, "0")
    return f"{whole}.{part}" if part else whole


def integer(params: Mapping[str, str], name: str) -> int | None:
    """Return an integer parameter, or None where it is absent.

    Raises
    ------
    ValueError
        When it is not digits; its text is the parameter's name, which the venue's error body needs.
    """
    text = params.get(name)
    if text is None or text == "":
        return None
    if not text.isascii() or not text.isdigit():
        raise ValueError(name)
    return int(text)
