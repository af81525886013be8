"""Gaps on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from candlecloud.api.cursors import Cursor
from candlecloud.contract.fields import Exchange, Strict, SymbolFields, TimeframeText
from candlecloud.market.series import Series

MAX_LIMIT = 500


class GapQuery(SymbolFields):
    """Which gaps: all of them, or those of one series; in any state, or in one."""

    exchange: Annotated[Exchange | None, Field(description="With symbol and timeframe: the gaps of one series")] = None
    timeframe: Annotated[TimeframeText | None, Field(description="1m, 5m, 15m, 1h or 1d")] = None
    state: Annotated[Literal["open", "repaired", "explained"] | None, Field(description="Only gaps in this state")] = (
        None
    )
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 100
    cursor: Cursor = None

    @model_validator(mode="after")
    def _whole_series_or_none(self) -> GapQuery:
        symbol = self.symbol or self.coin
        given = [part is not None for part in (self.exchange, symbol, self.timeframe)]
        if (any(given) and not all(given)) or (self.symbol and self.coin):
            raise PydanticCustomError(
                "invalid_input",
                "A series is named by exchange, symbol (or coin, not both) and timeframe together.",
                {"hint": "Send all three, or none of them for the gaps of every series."},
            )
        return self

    @property
    def series(self) -> Series | None:
        """The series asked for, or None for all."""
        if self.exchange is None or self.timeframe is None:
            return None
        return Series.of(self.exchange, self.symbol_key, self.timeframe)


class GapItem(Strict):
    """A missing range of a series, and what is known about it."""

    exchange: str
    symbol: str
    timeframe: str
    start: str
    start_ms: int
    end: str = Field(description="Excluded")
    end_ms: int
    missing_candles: int
    state: Literal["open", "repaired", "explained"]
    cause: str | None = Field(description="Why, where it is known: `absent_at_exchange`, `before_listing`, ...")
    detected_at: str
    detected_at_ms: int
    updated_at: str
    updated_at_ms: int
    evidence: dict[str, Any] = Field(description="What was asked, and what the exchange answered")


class GapPage(Strict):
    """A page of gaps."""

    gaps: list[GapItem]
    next_cursor: str | None
