"""Instants: ms UTC inside, ISO-8601 or unix milliseconds at the edges."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from candlecloud.errors import InvalidRangeError

LATEST_MS = 4_102_444_800_000  # 2100-01-01
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOOKS_LIKE_SECONDS = 100_000_000_000
_INTEGER = re.compile(r"[+-]?\d{1,20}\Z", re.ASCII)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?\s?(Z|z|[+-]\d{2}:?\d{2})?)?\Z", re.ASCII)
_HINT = "Write it as ISO-8601 in UTC, such as 2024-01-31T00:00:00Z, or as unix milliseconds, such as 1706659200000."


def read_instant(value: object) -> int:
    """Read an instant as ms UTC.

    Accepts unix milliseconds (a whole number, or its digits) and ISO-8601 with ``Z`` or an offset; a date, or a time
    without an offset, is taken as UTC. Milliseconds are kept, anything finer is cut off.

    Raises
    ------
    InvalidRangeError
        If it is none of these, lies outside 1970 to 2100, or looks like unix seconds.
    """
    if isinstance(value, str):
        text = value.strip()
        if _ISO.match(text):
            return _bounded(_from_iso(text))
        if _INTEGER.match(text):
            value = int(text)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidRangeError("This is not a time.", hint=_HINT)
    if 0 < value < _LOOKS_LIKE_SECONDS:
        raise InvalidRangeError(f"{value} looks like unix seconds; send milliseconds.", hint=f"Send {value * 1000}.")
    return _bounded(value)


def iso(time_ms: int) -> str:
    """ms UTC as ISO-8601 with ``Z``; milliseconds only where there are some."""
    whole = datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{time_ms % 1000:03d}Z" if time_ms % 1000 else f"{whole}Z"


def _from_iso(text: str) -> int:
    try:
        read = datetime.fromisoformat(text.replace(" ", "T", 1).replace(" ", "").replace("z", "Z"))
        since = (read if read.tzinfo else read.replace(tzinfo=UTC)) - _EPOCH
    except (ValueError, OverflowError) as error:
        raise InvalidRangeError("There is no such date or time.", hint=_HINT) from error
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _bounded(time_ms: int) -> int:
    if not 0 <= time_ms <= LATEST_MS:
        raise InvalidRangeError("Times must lie between 1970 and 2100.", hint=_HINT)
    return time_ms
