"""Candles: the schema at rest, validation row by row, and the periods that objects hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa

from candlecloud.errors import InvalidRangeError
from candlecloud.market.ranges import TimeRange
from candlecloud.market.timeframe import Timeframe

_TIME = pa.timestamp("ms", tz="UTC")

CANDLE_SCHEMA = pa.schema(
    [
        pa.field("open_time", _TIME, nullable=False),
        pa.field("close_time", _TIME, nullable=False),
        pa.field("open", pa.float64(), nullable=False),
        pa.field("high", pa.float64(), nullable=False),
        pa.field("low", pa.float64(), nullable=False),
        pa.field("close", pa.float64(), nullable=False),
        pa.field("volume_base", pa.float64()),
        pa.field("volume_quote", pa.float64()),
        pa.field("trades", pa.int64()),
        pa.field("ingested_at", _TIME, nullable=False),
        pa.field("superseded_at", _TIME),
        pa.field("source", pa.string(), nullable=False),
    ]
)
SCHEMA_ID = "candle/1"
PRICE_COLUMNS = ("open", "high", "low", "close")
MARKET_COLUMNS = (*PRICE_COLUMNS, "volume_base", "volume_quote", "trades")

QUARANTINE_REASONS = (
    "malformed",
    "wrong_symbol",
    "off_grid",
    "out_of_range",
    "in_future",
    "not_closed",
    "not_finite",
    "not_positive",
    "high_low_bounds",
    "negative_volume",
)
_MAX_PRICE_SCALE = 12


class Candle(NamedTuple):
    """One closed candle; None means that the exchange does not say."""

    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume_base: float | None
    volume_quote: float | None
    trades: int | None


def validate_candle(
    candle: Candle, timeframe: Timeframe, *, wanted: TimeRange | None, closed_before: int, now: int | None = None
) -> str | None:
    """Say why a candle must not be stored.

    Parameters
    ----------
    wanted : TimeRange, optional
        Open times that were asked for; None accepts any.
    closed_before : int
        The exchange's time less the settle lag, ms UTC: a candle that closes later is not final.
    now : int, optional
        The exchange's time, ms UTC: a candle that opens later than it is in the future. Default `closed_before`.

    Returns
    -------
    str or None
        One of `QUARANTINE_REASONS`, or None for a good candle.
    """
    if not timeframe.is_aligned(candle.open_time):
        return "off_grid"
    if candle.open_time > (closed_before if now is None else now):
        return "in_future"
    if timeframe.close_time(candle.open_time) > closed_before:
        return "not_closed"
    if wanted is not None and not wanted.contains(candle.open_time):
        return "out_of_range"
    return _value_fault(candle)


def _value_fault(candle: Candle) -> str | None:
    _, open_, high, low, close, base, quote, trades = candle
    volumes = [v for v in (base, quote, trades) if v is not None]
    if not all(map(math.isfinite, (open_, high, low, close, *volumes))):
        return "not_finite"
    if min(open_, high, low, close) <= 0:
        return "not_positive"
    if high < max(open_, close, low) or low > min(open_, close, high):
        return "high_low_bounds"
    if any(v < 0 for v in volumes):
        return "negative_volume"
    return None


def candles_table(rows: Sequence[Candle], timeframe: Timeframe, ingested_at: int, source: str) -> pa.Table:
    """Make current rows of validated candles.

    Parameters
    ----------
    rows : sequence of Candle, length n
    ingested_at : int
        When we learned them, ms UTC.
    source : str
        ``native`` page, ``derived``, or another venue by name.

    Returns
    -------
    pyarrow.Table
        n rows of `CANDLE_SCHEMA`, in the order given.
    """
    n = len(rows)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(Candle._fields)
    open_times = list(columns[0])
    arrays = [
        pa.array(open_times, pa.int64()).cast(_TIME),
        pa.array([timeframe.close_time(t) for t in open_times], pa.int64()).cast(_TIME),
        *(pa.array(list(column), pa.float64()) for column in columns[1:7]),
        pa.array(list(columns[7]), pa.int64()),
        pa.array([ingested_at] * n, pa.int64()).cast(_TIME),
        pa.nulls(n, _TIME),
        pa.array([source] * n, pa.string()),
    ]
    return pa.Table.from_arrays(arrays, schema=CANDLE_SCHEMA)


def empty_candles() -> pa.Table:
    """A table of `CANDLE_SCHEMA` without rows."""
    return CANDLE_SCHEMA.empty_table()


def times_ms(table: pa.Table, column: str = "open_time") -> list[int]:
    """A time column as ms UTC integers."""
    values: list[int] = table.column(column).cast(pa.int64()).to_pylist()
    return values


def period_of(timeframe: Timeframe, time_ms: int) -> str:
    """Name of the period (``2024-01`` or ``2024``) whose object holds the candle that opens at `time_ms`."""
    time = datetime.fromtimestamp(time_ms / 1000, UTC)
    return time.strftime("%Y-%m" if timeframe.period == "month" else "%Y")


def period_range(timeframe: Timeframe, period: str) -> TimeRange:
    """Open times that an object of this period holds.

    Raises
    ------
    InvalidRangeError
        If the name is not a period of this timeframe.
    """
    monthly = timeframe.period == "month"
    try:
        start = datetime.strptime(period, "%Y-%m" if monthly else "%Y").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidRangeError(f"{period!r} is not a period of a {timeframe} series.", period=period) from error
    if monthly:
        end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    else:
        end = start.replace(year=start.year + 1)
    return TimeRange(int(start.timestamp()) * 1000, int(end.timestamp()) * 1000)


def periods_between(timeframe: Timeframe, wanted: TimeRange) -> list[str]:
    """Names of all periods that `wanted` touches, in order."""
    names: list[str] = []
    time_ms = wanted.start
    while time_ms < wanted.end:
        names.append(period_of(timeframe, time_ms))
        time_ms = period_range(timeframe, names[-1]).end
    return names


def detect_price_scale(table: pa.Table) -> int:
    """Smallest number of decimals that writes every price of the table exactly, at most 12."""
    prices: set[float] = set()
    for name in PRICE_COLUMNS:
        prices.update(table.column(name).unique().to_pylist())
    return max((_decimals(price) for price in prices), default=0)


def _decimals(price: float) -> int:
    text = repr(price)
    if "e" in text:
        text = f"{price:.{_MAX_PRICE_SCALE}f}".rstrip("0")
    fraction = text.partition(".")[2]
    return 0 if fraction == "0" else min(len(fraction), _MAX_PRICE_SCALE)
