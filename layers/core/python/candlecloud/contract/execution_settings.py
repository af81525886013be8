"""How a run trades: models by name, stops, limits, the market's own rules. Each value stands in the identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from candlecloud.catalogue import SIZING, SLIPPAGE
from candlecloud.contract.fields import AddedField, Amount, Fraction, Name, Number, Strict
from candlecloud.contract.refusals import as_field_error
from candlecloud.errors import CandlecloudError
from candlecloud.parameters import Number as PlainNumber
from candlecloud.registry import Registry
from candlecloud.spec import Spec

Direction = Literal["long", "short", "both"]
DIRECTIONS: tuple[Direction, ...] = ("long", "short", "both")
SMALLEST = 1e-12
_Step = Annotated[Amount, Field(ge=SMALLEST, le=1e12)]


class ModelChoice(Strict):
    """A model by name, with its parameters beside the name."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Number]

    model: Name

    @property
    def parameters(self) -> Mapping[str, PlainNumber]:
        """What stands beside the name."""
        return self.__pydantic_extra__


def _completed(models: Registry[Spec], field: str) -> AfterValidator:
    """All parameters of the model, checked: what is left out has its default."""

    def complete(choice: ModelChoice) -> ModelChoice:
        try:
            model = models.find(choice.model, f"{field}.model")
            values: dict[str, Any] = {**model.check_parameters(choice.parameters, field), "model": model.name}
            return ModelChoice.model_construct(None, **values)
        except CandlecloudError as error:
            raise as_field_error(error) from error

    return AfterValidator(complete)


def _unless_null(default: Callable[[], Any]) -> BeforeValidator:
    """Null is what is left out."""
    return BeforeValidator(lambda value: default() if value is None else value)


def fixed_bps(bps: float = 2.0) -> ModelChoice:
    """The default slippage."""
    return ModelChoice.model_construct(model="fixed_bps", bps=bps)


def fixed_fraction(fraction: float = 1.0) -> ModelChoice:
    """The default sizing: all of equity behind each position."""
    return ModelChoice.model_construct(model="fixed_fraction", fraction=fraction)


SlippageChoice = Annotated[ModelChoice, _completed(SLIPPAGE, "slippage"), _unless_null(fixed_bps)]
SizingChoice = Annotated[ModelChoice, _completed(SIZING, "sizing"), _unless_null(fixed_fraction)]


class Stops(Strict):
    """Exits beside the strategy's own. Fractions of the mean entry price; the trailing stop of the best price since the
    entry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stop_loss: Fraction | None = None
    take_profit: Annotated[Amount, Field(ge=1e-6, le=1_000)] | None = None
    trailing_stop: Fraction | None = None
    max_bars: Annotated[
        Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None,
        Field(description="Closes that a position is held over at most; then it is closed at the next open"),
        AddedField(None),
    ] = None

    @property
    def can_collide(self) -> bool:
        """Whether one bar can hold a stop and a target, so that finer candles matter."""
        return self.take_profit is not None and (self.stop_loss is not None or self.trailing_stop is not None)


class DrawdownLimit(Strict):
    """Flat at the next open once equity closes this far below its peak."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_drawdown: Fraction
    cooldown_bars: Annotated[int, Field(strict=True, ge=1, le=1_000_000, description="Bars without a position")] = 24


class MarketRules(Strict):
    """Of the exchange; an order that breaks them is refused, and the result says why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tick_size: Annotated[_Step | None, Field(description="Price step")] = None
    lot_step: Annotated[_Step | None, Field(description="Quantity step")] = None
    min_notional: Annotated[_Step | None, Field(description="Quote currency")] = None


StopsOrNone = Annotated[Stops, _unless_null(Stops)]
MarketRulesOrNone = Annotated[MarketRules, _unless_null(MarketRules)]


class ExecutionSettings(Strict):
    """Sizes, costs, stops, market rules."""

    direction: Annotated[Direction, Field(description="Which positions are allowed")] = "long"
    fee_bps: Annotated[
        Amount, Field(ge=0, le=1_000, description="Of market orders, in basis points of the notional")
    ] = 10.0
    maker_fee_bps: Annotated[
        Annotated[Amount, Field(ge=0, le=1_000)] | None,
        Field(description="Of take-profit orders; default `fee_bps`"),
    ] = None
    slippage: Annotated[
        SlippageChoice, Field(description="`fixed_bps`, `spread` or `participation_rate` with its parameters")
    ] = Field(default_factory=fixed_bps)
    slippage_bps: Annotated[
        Annotated[Amount, Field(ge=0, le=1_000)] | None,
        Field(description='Short for `{"model": "fixed_bps"}`; default 2', exclude=True),
    ] = None
    sizing: Annotated[
        SizingChoice, Field(description="`fixed_fraction` (default, 1.0), `volatility_target` or `kelly_fraction`")
    ] = Field(default_factory=fixed_fraction)
    stops: StopsOrNone = Field(default_factory=Stops)
    drawdown_limit: DrawdownLimit | None = None
    rebalance_band: Annotated[
        Annotated[Amount, Field(ge=0, le=1)] | None,
        Field(
            description="Order again on a drift of weight beyond it; 0 is off. Left out or null it is 0.05 with sizing "
            "`volatility_target`, and off otherwise"
        ),
    ] = None
    market_rules: MarketRulesOrNone = Field(default_factory=MarketRules)

    def varies(self, *_settings: str) -> bool:
        """Whether the sets of a sweep differ in one of these settings."""
        return False

    @property
    def can_collide(self) -> bool:
        """Whether one bar can hold a stop and a target, so that finer candles matter."""
        return self.stops.can_collide
