"""An API with something behind it: real stores on the embedded AWS, recorded candles, a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from starlette.testclient import TestClient

from candlecloud.api.app import create_app
from candlecloud.api.app_context import ApiOptions, AppContext
from candlecloud.fan_out.plan import BATCHES_AT_ONCE
from candlecloud.market.candle import Candle
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.gap import Gap
from candlecloud.market.instant import read_instant
from candlecloud.market.ranges import TimeRange
from candlecloud.market.rows import rows_table
from candlecloud.market.series import Series
from candlecloud.store.stores import Stores
from tests.support.cloud import embedded_stores
from tests.support.inline_dispatcher import InlineDispatcher

RECORDED = Path(__file__).parents[1] / "data" / "recorded"
NOW = read_instant("2023-06-01T00:05:00Z")
LEARNED = read_instant("2023-06-01T00:00:10Z")
RESTATED = read_instant("2023-06-01T00:01:00Z")
BTC = Series.of("binance", "BTC-USDT", "1h")
ETH = Series.of("binance", "ETH-USDT", "1h")
SPAN = TimeRange(read_instant("2023-03-01"), read_instant("2023-06-01"))
OUTAGE = TimeRange(read_instant("2023-03-24T13:00Z"), read_instant("2023-03-24T14:00Z"))
"""Binance halted spot trading in this hour; the recording has no candle there."""


@dataclass(frozen=True)
class ApiWorld:
    """A running API: its client, its stores, its dispatcher, and one token per scope."""

    client: TestClient
    stores: Stores
    dispatcher: InlineDispatcher
    tokens: dict[str, str]

    def headers(self, scope: str = "admin") -> dict[str, str]:
        """What a caller with this scope sends."""
        return {"Authorization": f"Bearer {self.tokens[scope]}"}


@contextmanager
def api_world(
    *, max_wait_s: float = 5.0, max_inline_bytes: int = 1_000_000, batches_at_once: int = BATCHES_AT_ONCE
) -> Iterator[ApiWorld]:
    """Three months of hourly BTC with a real outage and a restated candle, a month of ETH, a job on time, one late."""
    with embedded_stores() as stores:
        seed(stores)
        dispatcher = InlineDispatcher(stores, clock)
        allowed = {"ingest_candles": 7200, "detect_gaps": 93600}
        options = ApiOptions(max_wait_s, 0.01, allowed, max_inline_bytes, batches_at_once=batches_at_once)
        app = create_app(AppContext(stores, dispatcher, clock, options))
        tokens = {scope: stores.tokens.mint(scope, [scope], NOW) for scope in ("read", "run", "data:write", "admin")}
        with TestClient(app, raise_server_exceptions=False) as client:
            yield ApiWorld(client, stores, dispatcher, tokens)


def clock() -> int:
    """The moment at which the world stands still."""
    return NOW


def seed(stores: Stores) -> None:
    """Fill the stores."""
    store_recorded(stores, BTC, "binance_spot_BTCUSDT_1h", SPAN)
    store_recorded(stores, ETH, "binance_spot_ETHUSDT_1h", TimeRange(read_instant("2023-05-01"), SPAN.end))
    restate_last_candle(stores)
    stores.gaps.put(
        Gap(BTC, OUTAGE, "explained", "absent_at_exchange", LEARNED, RESTATED, {"asked": 2, "received_candles": 0})
    )
    stores.ingestion.record_success("ingest_candles", LEARNED, {"added": 2207})
    stores.ingestion.record_success("detect_gaps", NOW - 100_000_000, {})
    stores.ingestion.record_failure("detect_gaps", LEARNED, "TransientStoreError: no answer from host 10.0.0.1")


def store_recorded(stores: Stores, series: Series, name: str, span: TimeRange) -> None:
    """Put the recorded candles of a range into the lake."""
    filters = [("open_time", ">=", span.start), ("open_time", "<", span.end)]
    recorded = pq.read_table(RECORDED / f"{name}.parquet", filters=filters)
    columns = [recorded.column(field).to_pylist() for field in Candle._fields]
    rows = [
        Candle(opened, *(float(v) for v in prices), float(base), float(quote), trades)
        for opened, *prices, base, quote, trades in zip(*columns, strict=True)
    ]
    stores.candles.merge(series, rows_table(CANDLES, rows, series, LEARNED, "native"), LEARNED)


def restate_last_candle(stores: Stores) -> None:
    """Let the exchange correct the volumes of the last BTC candle a minute later."""
    last = stores.candles.read(BTC, TimeRange(SPAN.end - BTC.timeframe.ms, SPAN.end)).to_pylist()[0]
    candle = Candle(
        SPAN.end - BTC.timeframe.ms,
        *(last[name] for name in ("open", "high", "low", "close")),
        round(last["volume_base"] + 1, 6),
        round(last["volume_quote"] + last["close"], 6),
        last["trades"] + 1,
    )
    stores.candles.merge(BTC, rows_table(CANDLES, [candle], BTC, RESTATED, "native"), RESTATED)
