"""Recorded candles of a real exchange as rows of the lake's schema."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from candlecloud.market.candle import Candle
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.rows import rows_table
from candlecloud.market.series import Series

RECORDED = Path(__file__).parents[1] / "data" / "recorded"
BTC_1H = Series.of("binance", "BTC-USDT", "1h")
BTC_1M = Series.of("binance", "BTC-USDT", "1m")
LEARNED = 1_755_648_060_000
"""When the tests' lake learned them: after the last one closed."""


@cache
def btc_hours() -> pa.Table:
    """Binance spot BTC-USDT, 2022-08-01 to 2025-08-19, one hour (2023-03-24 13:00) absent, one without volume."""
    recorded = pq.read_table(RECORDED / "binance_spot_BTCUSDT_1h.parquet")
    columns = [recorded.column(field).to_pylist() for field in Candle._fields]
    rows = [
        Candle(opened, *(float(value) for value in prices), float(base), float(quote), trades)
        for opened, *prices, base, quote, trades in zip(*columns, strict=True)
    ]
    return rows_table(CANDLES, rows, BTC_1H, LEARNED, "native")


@cache
def btc_minutes() -> pa.Table:
    """Binance spot BTC-USDT, 90 days up to 2025-08-18, one minute; no quote volume, no trades."""
    recorded = pq.read_table(RECORDED / "binance_spot_BTCUSDT_1m.parquet").drop_columns(["close_time"])
    columns = [column.to_pylist() for column in recorded.columns]
    rows = [
        Candle(opened, *(float(value) for value in prices), float(base), None, None)
        for opened, *prices, base in zip(*columns, strict=True)
    ]
    return rows_table(CANDLES, rows, BTC_1M, LEARNED, "native")
