"""Backtests on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, StrictBool, WithJsonSchema
from pydantic_core import PydanticCustomError

from candlecloud.api.instants import Instant
from candlecloud.api.schemas.market import RangeFields, SeriesFields, Strict
from candlecloud.api.schemas.metrics import Benchmark, DataCoverage, Failure, Metrics
from candlecloud.market.moment import iso

Direction = Literal["long", "short", "both"]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Amount = Annotated[float, Field(strict=True)]


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PydanticCustomError("invalid_parameter", "This is not a number.", {"hint": "Send a JSON number."})
    return value


Number = Annotated[int | float, PlainValidator(_number), WithJsonSchema({"type": "number"})]
"""A number that stays whole where it is sent whole."""


class SettingFields(SeriesFields, RangeFields):
    """All of a backtest but the strategy's parameters."""

    strategy: Annotated[Name, Field(description="`dual_sma` or `buy_and_hold`")]
    initial_equity: Annotated[Amount, Field(ge=1e-6, le=1e15, description="Quote currency")] = 10_000.0
    direction: Annotated[Direction, Field(description="Which positions are allowed")] = "long"
    fee_bps: Annotated[Amount, Field(ge=0, le=1_000, description="Basis points of the notional, per fill")] = 10.0
    slippage_bps: Annotated[Amount, Field(ge=0, le=1_000, description="Basis points of the price, per fill")] = 2.0
    flatten_at_end: Annotated[StrictBool, Field(description="Close an open position at the last bar")] = False
    as_of: Annotated[
        Instant | None, Field(description="Compute on the candles as they were known then; default now")
    ] = None
    seed: Annotated[
        int, Field(strict=True, ge=0, le=2**53 - 1, description="For strategies that draw lots; none does yet")
    ] = 0

    def document(self) -> dict[str, Any]:
        """What `jobs.submit` reads: one name per field, times in ISO-8601."""
        found = self.model_dump(exclude_none=True, exclude={"coin"}) | {"symbol": self.symbol_key}
        return found | {n: iso(found[n]) for n in ("start", "end", "as_of") if n in found}


class RunRequest(SettingFields):
    """A backtest. Without start or end it takes all that is stored, less the warm-up."""

    parameters: Annotated[
        dict[Name, Number], Field(max_length=50, description="Of the strategy; `dual_sma` takes `fast` and `slow`")
    ] = Field(default_factory=dict)


class RunConfigEcho(Strict):
    """The configuration as it was understood: range and data view are fixed, defaults filled in."""

    exchange: str
    symbol: str
    timeframe: str
    start: str
    end: str
    strategy: str
    initial_equity: float
    direction: Direction
    fee_bps: float
    slippage_bps: float
    flatten_at_end: bool
    as_of: str
    seed: int
    parameters: dict[str, Number]


class RunAnswer(Strict):
    """A run: what was asked, and how it ended."""

    run_id: str = Field(description="Hash of the configuration, the candles and the code")
    state: Literal["running", "succeeded", "failed"]
    created_at: str
    created_at_ms: int
    updated_at: str
    updated_at_ms: int
    config: RunConfigEcho
    data_revision: str = Field(description="Checksum of the candles that it runs on")
    code_version: str
    metrics: Metrics | None = Field(description="Null until the run has succeeded")
    benchmark: Benchmark | None
    data: DataCoverage | None
    assumptions: dict[str, Any] | None = Field(description="Every switch of the semantics, by name")
    error: Failure | None = Field(description="Why it failed, in state `failed`")
    links: dict[str, str] = Field(description="`self`, and once it has succeeded `result`: trades and curves")
