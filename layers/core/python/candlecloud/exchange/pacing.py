"""When the next request to a venue may go out: its pace, and a circuit breaker (closed → open → half open → closed).

The pace is never faster than the profile says, and slower when the venue's own counter runs high. Both are values:
every method returns the next one. Times are ms of one clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

FAILURES_TO_OPEN = 8
COOL_DOWN_MS = 60_000
LONGEST_COOL_DOWN_MS = 30 * 60_000
_SOFT_SHARE = 0.8
_MINUTE_MS = 60_000


@dataclass(frozen=True)
class Pace:
    """Pause between requests; moved on by `started` and `answered`."""

    min_interval_ms: float
    weight_limit: int | None = None
    not_before: float = 0.0

    def wait_ms(self, now: float) -> float:
        """How long to wait before the next request."""
        return max(0.0, self.not_before - now)

    def started(self, now: float) -> Pace:
        """After a request went out at `now`."""
        return replace(self, not_before=max(self.not_before, now + self.min_interval_ms))

    def answered(self, now: float, used_weight: int | None) -> Pace:
        """After an answer that says how much of the minute's weight this address has used.

        Above four fifths of the limit the rest of a minute is waited out: other processes behind the same address are
        seen only here.
        """
        if used_weight is None or self.weight_limit is None or used_weight < _SOFT_SHARE * self.weight_limit:
            return self
        return replace(self, not_before=max(self.not_before, now + _MINUTE_MS))


@dataclass(frozen=True)
class Breaker:
    """Whether a venue that failed is asked at all.

    Attributes
    ----------
    failures : int
        Failures one after another.
    open_until : float, optional
        None while closed. Past this moment the breaker is half open: one request may try.
    cool_down_ms : float
        How long it opens next time; doubles with every try that fails, up to half an hour.
    """

    failures: int = 0
    open_until: float | None = None
    cool_down_ms: float = COOL_DOWN_MS

    def state(self, now: float) -> Literal["closed", "open", "half_open"]:
        if self.open_until is None:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    def allows(self, now: float) -> bool:
        """Whether a request may go out."""
        return self.state(now) != "open"

    def succeeded(self) -> Breaker:
        """After an answer."""
        return Breaker()

    def failed(self, now: float, *, banned: bool = False, retry_after_ms: float | None = None) -> Breaker:
        """After a failure of the venue.

        Parameters
        ----------
        banned : bool
            The venue has banned this address (418): open at once, whatever the count.
        retry_after_ms : float, optional
            The venue's own wish; a ban lasts at least that long.
        """
        failures = self.failures + 1
        tried_in_vain = self.state(now) == "half_open"
        if not (banned or tried_in_vain or failures >= FAILURES_TO_OPEN):
            return replace(self, failures=failures)
        pause = max(self.cool_down_ms, retry_after_ms or 0.0)
        return Breaker(failures, now + pause, min(2 * self.cool_down_ms, LONGEST_COOL_DOWN_MS))
