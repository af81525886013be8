"""Timeframes: ccxt's case-sensitive names (``1m`` is a minute, ``1M`` would be a month) and their grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from candlecloud.errors import InvalidTimeframeError

MINUTE_MS = 60_000
_LENGTH_MS = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "1d": 1440 * MINUTE_MS,
}
_ALIASES = {
    "1min": "1m", "5min": "5m", "15min": "15m", "60m": "1h", "60min": "1h", "1hour": "1h", "24h": "1d", "1day": "1d",
}  # fmt: skip
TIMEFRAMES = tuple(_LENGTH_MS)


@dataclass(frozen=True)
class Timeframe:
    """Length of a candle on the UTC grid that starts at the epoch."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in _LENGTH_MS:
            raise InvalidTimeframeError(
                f"{self.name!r} is not a timeframe.", allowed=list(TIMEFRAMES), timeframe=self.name
            )

    @classmethod
    def parse(cls, text: str) -> Timeframe:
        """Read a name or an alias such as ``60m``, ``24h`` or ``1hour``.

        Raises
        ------
        InvalidTimeframeError
            If the name is unknown; nothing is guessed from its case.
        """
        return cls(_ALIASES.get(text, text))

    @property
    def ms(self) -> int:
        """Length in milliseconds."""
        return _LENGTH_MS[self.name]

    @property
    def seconds(self) -> int:
        return self.ms // 1000

    @property
    def period(self) -> Literal["month", "year"]:
        """How much of a series one stored object holds: a month below 1h, a year from 1h up."""
        return "month" if self.ms < _LENGTH_MS["1h"] else "year"

    def floor(self, time_ms: int) -> int:
        """Open time of the candle that holds `time_ms`."""
        return time_ms - time_ms % self.ms

    def ceil(self, time_ms: int) -> int:
        """First open time at or after `time_ms`."""
        return -self.floor(-time_ms)

    def is_aligned(self, time_ms: int) -> bool:
        return time_ms % self.ms == 0

    def close_time(self, open_time: int) -> int:
        """End of the candle's half-open interval."""
        return open_time + self.ms

    def __str__(self) -> str:
        return self.name

    def __lt__(self, other: Timeframe) -> bool:
        return self.ms < other.ms
