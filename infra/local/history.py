"""Bring recorded history into the lake through the platform's own ingest events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from infra.local.platform import LocalPlatform

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


@dataclass(frozen=True)
class History:
    """A series and the range of it to ingest, ms UTC; the range is cut into events of `slice_ms`."""

    symbol: str
    timeframe: str
    start: int
    end: int
    slice_ms: int
    exchange: str = "binance"

    @property
    def series(self) -> str:
        """Series id."""
        return f"{self.exchange}/{self.symbol}/{self.timeframe}"

    @property
    def event(self) -> dict[str, Any]:
        """The part that events of every job share."""
        return {"exchange": self.exchange, "symbol": self.symbol, "timeframe": self.timeframe}

    @property
    def candles(self) -> int:
        """Candles that the range has room for."""
        return (self.end - self.start) // {"1m": 60_000, "1h": HOUR_MS}[self.timeframe]

    def events(self) -> Iterator[dict[str, Any]]:
        """Ingest events, oldest first."""
        for start in range(self.start, self.end, self.slice_ms):
            yield {**self.event, "start": start, "end": min(start + self.slice_ms, self.end)}


class IncompleteIngestionError(RuntimeError):
    """An ingest event left something undone and its continuation made no progress."""


def recorded_histories(platform: LocalPlatform) -> list[History]:
    """Everything recorded of BTC and ETH on Binance up to the clock: about three years of hours, 90 days of minutes."""
    recorded, now = platform.exchange.recorded_series(), platform.exchange.now()
    histories = []
    for timeframe, step, slice_ms in (("1h", HOUR_MS, 365 * DAY_MS), ("1m", 60_000, 15 * DAY_MS)):
        for symbol in ("BTC-USDT", "ETH-USDT"):
            first, end = recorded[f"binance/{symbol}/{timeframe}"]
            histories.append(History(symbol, timeframe, first, min(end, now) // step * step, slice_ms))
    return histories


def ingest(platform: LocalPlatform, history: History, on_candles: Callable[[int], None]) -> dict[str, int]:
    """Ingest a history event by event and return the sums of the reports' counts.

    A run that stopped at its deadline left a cursor; the same event again goes on from there.

    Raises
    ------
    IncompleteIngestionError
        When a continuation brings nothing.
    """
    sums = {"added": 0, "requests": 0, "quarantined": 0}
    for event in history.events():
        while True:
            report = platform.invoke("ingest_candles", event)
            for name in sums:
                sums[name] += report[name]
            on_candles(report["added"])
            if report["cursor"] is None:
                break
            if not report["added"]:
                raise IncompleteIngestionError(f"{report['series']} stays at {report['cursor']}")
    return sums
