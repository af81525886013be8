"""Real candles for the benchmarks: the repository's own recordings, or bigger files with the same columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import price_scale
from candlecloud.market.timeframe import Timeframe

RECORDED = Path(__file__).resolve().parent.parent / "tests" / "data" / "recorded"
FILES = {"1h": "binance_spot_BTCUSDT_1h.parquet", "1m": "binance_spot_BTCUSDT_1m.parquet"}

_PRICES = ("open", "high", "low", "close")

Series = dict[str, Any]


def read_series(timeframe: str, folder: Path = RECORDED) -> Series:
    """Candles of BTC-USDT as arrays: ``open_time, close_time, open, high, low, close, volume``, ``step_ms``, ``scale``.

    Parameters
    ----------
    folder : Path
        Holds the two files of `FILES`; columns as in ``tests/data/recorded/README.md``.
    """
    table = pq.read_table(folder / FILES[timeframe])
    step = Timeframe(timeframe).ms
    series: Series = {name: _floats(table, name) for name in _PRICES}
    series["volume"] = _floats(table, "volume_base")
    opened = "open_time" if "open_time" in table.column_names else "ts_open"
    series["open_time"] = np.asarray(table.column(opened).cast(pa.int64()).to_numpy(), np.int64)
    series["close_time"] = series["open_time"] + step
    series["step_ms"] = np.int64(step)
    series["scale"] = np.int64(price_scale([series[name] for name in _PRICES]))
    return series


def describe(series: Series, timeframe: str) -> str:
    """One line: what the data is."""
    first, last = (np.datetime64(int(series["open_time"][k]), "ms").astype("datetime64[m]") for k in (0, -1))
    idle = int((series["volume"] == 0).sum())
    return f"BTC-USDT {timeframe}: {len(series['open']):,} bars, {first} to {last} UTC, {idle} of them without volume"


def _floats(table: pa.Table, name: str) -> FloatArray:
    """A column as the float64 nearest to each decimal."""
    column = table.column(name)
    values = np.ascontiguousarray(column.cast(pa.float64()).to_numpy(), np.float64)
    if not pa.types.is_decimal(column.type):
        return values
    unit = 10.0**column.type.scale
    return np.asarray(np.rint(values * unit) / unit, np.float64)
