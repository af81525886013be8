"""What was asked: counts for ever, details of the newest requests."""

import threading
from collections import Counter, deque
from typing import Any, NamedTuple

KEPT = 5_000


class Entry(NamedTuple):
    """One request: its number, the replay clock, what was asked, what was answered, and the faults that struck."""

    number: int
    clock_ms: int
    venue: str
    path: str
    query: dict[str, str]
    status: int
    faults: list[str]


class RequestLog:
    """Safe for many request threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._recent: deque[Entry] = deque(maxlen=KEPT)
            self._counts: Counter[tuple[str, str, int]] = Counter()
            self._number = 0

    def add(self, clock_ms: int, venue: str, path: str, query: dict[str, str], status: int, faults: list[str]) -> None:
        """Record an answered request; status 0 means no answer was sent."""
        with self._lock:
            self._number += 1
            self._counts[venue, path, status] += 1
            self._recent.append(Entry(self._number, clock_ms, venue, path, query, status, faults))

    @property
    def total(self) -> int:
        return self._number

    def entries(self, venue: str | None = None, path: str | None = None, limit: int = KEPT) -> list[Entry]:
        """Return the newest matching entries, oldest first; ``path`` is contained in theirs."""
        with self._lock:
            found = [e for e in self._recent if venue in (None, e.venue) and (path is None or path in e.path)]
        return found[-limit:]

    def summary(self) -> dict[str, Any]:
        with self._lock:
            counts = [
                {"venue": venue, "path": path, "status": status, "count": count}
                for (venue, path, status), count in sorted(self._counts.items())
            ]
            return {"total": self._number, "counts": counts}
