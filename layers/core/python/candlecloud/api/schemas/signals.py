"""Where a strategy stands, on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from candlecloud.contract.execution_settings import Direction
from candlecloud.contract.fields import Name, Number, Strict
from candlecloud.contract.preview import SignalFields


class SignalsQuery(SignalFields):
    """A strategy on candles; every other key is a parameter of the strategy."""

    model_config = ConfigDict(extra="allow")

    strategy: Annotated[Name, Field(description="A name from `GET /strategies`; for `rules` see `POST /signals`")]


class SignalChange(Strict):
    """A close at which the target changed."""

    open_time: str
    open_time_ms: int
    close_time: str = Field(description="The decision")
    close_time_ms: int
    close: float
    before: float
    target: float
    fills_at: str = Field(description="The next open: an order fills there at the earliest")
    fills_at_ms: int


class Signal(Strict):
    """Where a strategy stands after the newest close: 1 is long, -1 short, 0 flat."""

    exchange: str
    symbol: str
    timeframe: str
    strategy: str
    parameters: dict[str, Number] = Field(description="Defaults filled in")
    direction: Direction
    as_of: str | None
    warmup_bars: int = Field(description="Closed bars that the first decision needs")
    bars: int = Field(description="That were decided on")
    computed_from: str = Field(description="Open of the first candle read")
    computed_from_ms: int
    open_time: str = Field(description="Of the newest candle")
    open_time_ms: int
    close_time: str
    close_time_ms: int
    close: float
    target: float | None = Field(description="Null where history is shorter than the warm-up")
    since: str | None = Field(description="The close that brought this target; null: it stood before the first bar")
    since_ms: int | None
    fills_at: str = Field(description="The next open: an order from the newest close fills there at the earliest")
    fills_at_ms: int
    changes_total: int
    changes: list[SignalChange] = Field(description="The newest first")
