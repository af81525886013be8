"""What the tests of ingestion share: a client on the replay exchange, time that skips waits, and the recorded truth."""

from __future__ import annotations

import random
import time
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq

from candlecloud.exchange.client import ExchangeClient
from candlecloud.ingestion.fetch_and_store import read_rows
from candlecloud.market.candle import Candle
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.store.stores import Stores
from infra.local.replay import ReplayExchange
from infra.local.replay.recorded import Recordings

RECORDED = Path(__file__).parents[1] / "data" / "recorded"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
_FILES = {
    f"{entry['venue']}/{entry['unified']}/{entry['timeframe']}": entry["file"]
    for entry in Recordings.open().select("candles")
}


class SkippingTime:
    """Time in which a sleep is over at once: real milliseconds plus what was slept."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []
        self._skipped_ms = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self._skipped_ms += 1000 * seconds

    def clock(self) -> int:
        """Now, ms UTC."""
        return int(time.time() * 1000 + self._skipped_ms)


def client(
    market: ReplayExchange, exchange: str = "binance", waits: SkippingTime | None = None, timeout_ms: int = 10_000
) -> ExchangeClient:
    """Our client, pointed at a replay exchange."""
    waits = waits or SkippingTime()
    return ExchangeClient(
        exchange,
        base_url=market.base_urls()[exchange],
        min_interval_ms=0,
        timeout_ms=timeout_ms,
        sleep=waits.sleep,
        clock_ms=waits.clock,
        rng=random.Random(7),
    )


@cache
def recorded(series_id: str) -> dict[int, Candle]:
    """What the replay exchange was given, by open time: each decimal as the float nearest to it."""
    table = pq.read_table(RECORDED / _FILES[series_id])
    columns = []
    for name in Candle._fields:
        values = table.column(name).to_pylist() if name in table.column_names else [None] * table.num_rows
        whole = name in ("open_time", "trades")
        columns.append([None if v is None else int(v) if whole else float(str(v)) for v in values])
    return {row[0]: Candle(*row) for row in zip(*columns, strict=True)}


def recorded_in(series_id: str, span: TimeRange) -> dict[int, Candle]:
    """The recorded candles of a range."""
    return {time: candle for time, candle in recorded(series_id).items() if span.contains(time)}


def stored_in(stores: Stores, series: Series, span: TimeRange) -> dict[int, Candle]:
    """What the lake holds of a range, by open time; fails if a candle is there twice."""
    rows = read_rows(stores, CANDLES, series, span)
    found = {row.open_time: row for row in rows}
    assert len(found) == len(rows), "a candle is stored twice"
    return found
