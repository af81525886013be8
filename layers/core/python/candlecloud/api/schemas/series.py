"""What is stored, on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from candlecloud.api.cursors import Cursor
from candlecloud.contract.fields import Strict

MAX_LIMIT = 500


class SeriesQuery(Strict):
    """A page of the list of series."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 100
    cursor: Cursor = None


class SeriesItem(Strict):
    """A stored series and its extent."""

    exchange: str
    symbol: str = Field(description="Canonical key, such as `BTC-USDT`")
    symbol_ccxt: str = Field(description="ccxt's unified form, such as `BTC/USDT`")
    timeframe: str
    rows: int = Field(description="Stored candles, revisions not counted")
    first_open_time: str
    first_open_time_ms: int
    last_open_time: str
    last_open_time_ms: int
    updated_at: str
    updated_at_ms: int


class SeriesPage(Strict):
    """A page of the list of series."""

    series: list[SeriesItem]
    next_cursor: str | None
