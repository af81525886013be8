"""Candles to write in tests: plain numbers from a seed, no market behind them."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pyarrow as pa

from candlecloud.market.candle import Candle
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.rows import rows_table
from candlecloud.market.series import Series

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
JAN_2024 = 1_704_067_200_000
BTC_1M = Series.of("binance", "BTC-USDT", "1m")
BTC_1H = Series.of("binance", "BTC-USDT", "1h")


def make_candles(open_times: Iterable[int], seed: int = 1) -> list[Candle]:
    """One candle per open time; which one depends on its time and the seed only. Some volumes are unknown."""
    return [_candle(open_time, random.Random(f"{seed} {open_time}")) for open_time in open_times]


def make_table(series: Series, open_times: Iterable[int], seed: int = 1, now: int = JAN_2024) -> pa.Table:
    return rows_table(CANDLES, make_candles(open_times, seed), series, now, "native")


def grid(series: Series, start: int, count: int) -> range:
    """Open times of `count` candles from `start`."""
    return range(start, start + count * series.timeframe.ms, series.timeframe.ms)


def _candle(open_time: int, rng: random.Random) -> Candle:
    first, last = rng.randrange(4_000_000, 4_100_000), rng.randrange(4_000_000, 4_100_000)
    top, bottom = max(first, last) + rng.randrange(500), min(first, last) - rng.randrange(500)
    open_, high, low, close = (cents / 100 for cents in (first, top, bottom, last))
    base = rng.randrange(10**9) / 1e5
    quote = None if rng.random() < 0.1 else base * close
    return Candle(open_time, open_, high, low, close, base, quote, None if rng.random() < 0.1 else rng.randrange(9999))
