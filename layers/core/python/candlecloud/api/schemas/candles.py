"""Candles on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from candlecloud.api.cursors import Cursor
from candlecloud.contract.fields import Instant, RangeFields, SeriesFields, Strict

DEFAULT_LIMIT = 500
MAX_JSON_LIMIT = 3_000
MAX_LIMIT = 10_000


class CandleQuery(SeriesFields, RangeFields):
    """Which candles."""

    limit: Annotated[
        int,
        Field(
            ge=1, le=MAX_LIMIT, description=f"Rows of a page; at most {MAX_JSON_LIMIT} as JSON, {MAX_LIMIT} otherwise"
        ),
    ] = DEFAULT_LIMIT
    cursor: Cursor = None
    as_of: Annotated[
        Instant | None,
        Field(description="The candles as they were known then, whatever was restated later; the answer never changes"),
    ] = None


class CandleRow(Strict):
    """OHLCV of the half-open interval `[open_time, close_time)`. A null volume means that the exchange does not say."""

    open_time: str = Field(description="ISO-8601, UTC")
    open_time_ms: int
    close_time: str = Field(description="ISO-8601, UTC")
    close_time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume_base: float | None
    volume_quote: float | None
    trades: int | None


class CandlePage(Strict):
    """One page of a series, oldest candle first."""

    exchange: str
    symbol: str = Field(description="Canonical key, such as `BTC-USDT`")
    timeframe: str
    as_of: str | None = Field(description="As in the request; null is the current view")
    count: int
    candles: list[CandleRow]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last page")
