"""Pace of requests: never faster than the profile says, slower when the venue's own counter runs high."""

from __future__ import annotations

from dataclasses import dataclass, replace

_SOFT_SHARE = 0.8
_MINUTE_MS = 60_000


@dataclass(frozen=True)
class Pace:
    """When the next request may go out; a value, moved on by `started` and `answered`. Times are ms of one clock."""

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
