"""Backtests on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool

from candlecloud.api.instants import Instant
from candlecloud.api.schemas.market import RangeFields, SeriesFields, Strict
from candlecloud.api.schemas.metrics import DataCoverage, Failure, Relative, RunBenchmark, RunMetrics
from candlecloud.api.schemas.trading import Amount, Direction, Name, Number, TradingFields
from candlecloud.market.moment import iso


class SettingFields(SeriesFields, RangeFields, TradingFields):
    """All of a backtest but the strategy's parameters."""

    strategy: Annotated[Name, Field(description="A name from `GET /strategies`, or `rules` with your own rules")]
    rules: Annotated[
        dict[str, Any] | None, Field(description="Of strategy `rules`; their JSON Schema stands in `GET /strategies`")
    ] = None
    initial_equity: Annotated[Amount, Field(ge=1e-6, le=1e15, description="Quote currency")] = 10_000.0
    finer_timeframe: Annotated[
        Name,
        Field(description="Candles that say whether stop or target came first in a bar; `auto`: the finest stored"),
    ] = "auto"
    tripwire: Annotated[StrictBool, Field(description="Prove that no decision saw the future")] = True
    as_of: Annotated[
        Instant | None, Field(description="Compute on the candles as they were known then; default now")
    ] = None
    seed: Annotated[int, Field(strict=True, ge=0, le=2**53 - 1, description="Draws the cuts of the tripwire")] = 0

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
    rules: dict[str, Any] | None
    initial_equity: float
    direction: Direction
    fee_bps: float
    maker_fee_bps: float
    slippage: dict[str, Any]
    sizing: dict[str, Any]
    stops: dict[str, float | None]
    drawdown_limit: dict[str, Any] | None
    rebalance_band: float | None
    market_rules: dict[str, float | None]
    funding: dict[str, Any] | None
    flatten_at_end: bool
    finer_timeframe: str
    tripwire: bool
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
    metrics: RunMetrics | None = Field(description="Null until the run has succeeded")
    benchmark: RunBenchmark | None
    relative: Relative | None
    data: DataCoverage | None
    assumptions: dict[str, Any] | None = Field(description="Every switch of the semantics, by name")
    error: Failure | None = Field(description="Why it failed, in state `failed`")
    links: dict[str, str] = Field(
        description="`self`, and once it has succeeded `result` (trades and curves) and `report` (the tear sheet)"
    )
