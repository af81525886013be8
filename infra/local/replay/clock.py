"""The replay exchange's clock: set, moved by hand, or running at a rate."""

import threading
import time
from datetime import UTC, datetime


def parse_time(value: int | float | str) -> int:
    """Return ms UTC of a number of ms or of an ISO-8601 text (no offset means UTC).

    Raises
    ------
    ValueError
        When the value is neither.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value)
    text = str(value).strip()
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{value!r} is not a time: give ms UTC or ISO-8601 such as 2025-08-18T18:20:00Z") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def format_time(ms: int) -> str:
    """Return ms UTC as ISO-8601 with ``Z`` and milliseconds."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ReplayClock:
    """Recorded time in ms UTC; ``rate`` recorded ms pass per real ms (0 = frozen)."""

    def __init__(self, now_ms: int, rate: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._base_ms = now_ms
        self._rate = rate
        self._mark = time.monotonic()

    def now(self) -> int:
        with self._lock:
            return self._read()

    @property
    def rate(self) -> float:
        return self._rate

    def set(self, now_ms: int | None = None, rate: float | None = None) -> None:
        """Set the time, the rate, or both; what is left out goes on as it is."""
        if rate is not None and rate < 0:
            raise ValueError("rate must be 0 (frozen) or more recorded ms per real ms")
        with self._lock:
            self._base_ms = self._read() if now_ms is None else now_ms
            self._mark = time.monotonic()
            self._rate = self._rate if rate is None else rate

    def advance(self, by_ms: int) -> int:
        """Move the time by ``by_ms`` (may be negative) and return the new time."""
        with self._lock:
            self._base_ms += by_ms
            return self._read()

    def _read(self) -> int:
        return self._base_ms + int((time.monotonic() - self._mark) * 1000 * self._rate)
