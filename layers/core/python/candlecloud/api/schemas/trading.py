"""How a run trades, on the wire. What a model's parameters may be stands in `GET /strategies`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainValidator, StrictBool, WithJsonSchema
from pydantic_core import PydanticCustomError

from candlecloud.api.schemas.market import Strict

Direction = Literal["long", "short", "both"]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Amount = Annotated[float, Field(strict=True)]
Fraction = Annotated[float, Field(strict=True, ge=1e-6, le=0.999999)]


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PydanticCustomError("invalid_parameter", "This is not a number.", {"hint": "Send a JSON number."})
    return value


Number = Annotated[int | float, PlainValidator(_number), WithJsonSchema({"type": "number"})]
"""A number that stays whole where it is sent whole."""


class ModelChoice(Strict):
    """A model by name, with its parameters beside the name."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Number]

    model: Name


class Stops(Strict):
    """Exits inside a bar. Fractions of the mean entry price; the trailing stop of the best price since the entry."""

    stop_loss: Fraction | None = None
    take_profit: Annotated[float, Field(strict=True, ge=1e-6, le=1_000)] | None = None
    trailing_stop: Fraction | None = None


class DrawdownLimit(Strict):
    """Flat at the next open once equity closes this far below its peak."""

    max_drawdown: Fraction
    cooldown_bars: Annotated[int, Field(strict=True, ge=1, le=1_000_000, description="Bars without a position")] = 24


class MarketRules(Strict):
    """Of the exchange; an order that breaks them is refused, and the result says why."""

    tick_size: Annotated[float, Field(strict=True, ge=1e-12, le=1e12, description="Price step")] | None = None
    lot_step: Annotated[float, Field(strict=True, ge=1e-12, le=1e12, description="Quantity step")] | None = None
    min_notional: Annotated[float, Field(strict=True, ge=1e-12, le=1e12, description="Quote currency")] | None = None


class Funding(Strict):
    """What a perpetual pays; it must be said, because missing funding is never 0 in silence."""

    model: Literal["schedule", "fixed_rate", "ignored"]
    rates: Annotated[
        list[tuple[int | str, Amount]] | None,
        Field(max_length=6_000, description="Of `schedule`: settlement time and the fraction that longs pay"),
    ] = None
    rate_per_8h: Annotated[float, Field(strict=True, ge=-0.1, le=0.1, description="Of `fixed_rate`")] | None = None


class TradingFields(Strict):
    """Sizes, costs, stops, market rules, funding."""

    direction: Annotated[Direction, Field(description="Which positions are allowed")] = "long"
    fee_bps: Annotated[
        Amount, Field(ge=0, le=1_000, description="Of market orders, in basis points of the notional")
    ] = 10.0
    maker_fee_bps: Annotated[
        float | None, Field(strict=True, ge=0, le=1_000, description="Of take-profit orders; default `fee_bps`")
    ] = None
    slippage: Annotated[
        ModelChoice | None, Field(description="`fixed_bps`, `spread_pct` or `participation_rate` with its parameters")
    ] = None
    slippage_bps: Annotated[
        float | None, Field(strict=True, ge=0, le=1_000, description='Short for `{"model": "fixed_bps"}`; default 2')
    ] = None
    sizing: Annotated[
        ModelChoice | None,
        Field(description="`fixed_fraction` (default, 1.0), `volatility_target` or `kelly_fraction`"),
    ] = None
    stops: Stops | None = None
    drawdown_limit: DrawdownLimit | None = None
    rebalance_band: Annotated[
        float | None, Field(strict=True, ge=1e-6, le=1, description="Order again on a drift of weight beyond it")
    ] = None
    market_rules: MarketRules | None = None
    funding: Funding | None = None
    flatten_at_end: Annotated[StrictBool, Field(description="Close an open position at the last bar")] = False
