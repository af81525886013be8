"""How a run trades: models by name, stops, limits, the market's own rules. Each value stands in the identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from candlecloud.catalogue import FEATURES, SIZING, SLIPPAGE
from candlecloud.contract.fields import AddedField, Amount, Fraction, Name, Number, Strict
from candlecloud.contract.refusals import as_field_error
from candlecloud.errors import CandlecloudError, InvalidParameterError
from candlecloud.parameters import Number as PlainNumber
from candlecloud.registry import Registry
from candlecloud.spec import FeatureUse, Spec

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


_AtrMultiple = Annotated[Amount, Field(ge=1e-6, le=1_000)] | None
ATR_WINDOW = 14
ATR_SETTINGS = ("stops.stop_loss_atr", "stops.take_profit_atr", "stops.trailing_stop_atr")


class Stops(Strict):
    """Exits beside the strategy's own. Fractions of the mean entry price; the trailing stop of the best price since the
    entry. With `_atr`: multiples of the average true range at the close before the entry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stop_loss: Fraction | None = None
    take_profit: Annotated[Amount, Field(ge=1e-6, le=1_000)] | None = None
    trailing_stop: Fraction | None = None
    stop_loss_atr: Annotated[_AtrMultiple, AddedField(None)] = None
    take_profit_atr: Annotated[_AtrMultiple, AddedField(None)] = None
    trailing_stop_atr: Annotated[_AtrMultiple, AddedField(None)] = None
    atr_window: Annotated[
        Annotated[int, Field(strict=True, ge=1, le=100_000)] | None,
        Field(description=f"Bars of the average true range (Wilder); default {ATR_WINDOW} with ATR stops"),
        AddedField(None),
    ] = None
    max_bars: Annotated[
        Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None,
        Field(description="Closes that a position is held over at most; then it is closed at the next open"),
        AddedField(None),
    ] = None

    @property
    def can_collide(self) -> bool:
        """Whether one bar can hold a stop and a target, so that finer candles matter."""
        stops = (self.stop_loss, self.trailing_stop, self.stop_loss_atr, self.trailing_stop_atr)
        has_target = self.take_profit is not None or self.take_profit_atr is not None
        return has_target and any(stop is not None for stop in stops)

    @property
    def has_atr_stops(self) -> bool:
        """Whether a level is a multiple of the average true range."""
        multiples = (self.stop_loss_atr, self.take_profit_atr, self.trailing_stop_atr)
        return any(multiple is not None for multiple in multiples)

    @property
    def average_true_range(self) -> FeatureUse | None:
        """What ATR stops are multiples of; None without them."""
        return None if self.atr_window is None else FeatureUse(FEATURES["atr"], {"window": self.atr_window})

    @property
    def warmup_bars(self) -> int:
        """Closed bars up to the first average true range; 0 without ATR stops."""
        return 0 if self.atr_window is None else FEATURES["atr"].warmup_bars({"window": self.atr_window})

    @model_validator(mode="after")
    def _settle(self) -> Self:
        for name in ("stop_loss", "take_profit", "trailing_stop"):
            if getattr(self, name) is not None and getattr(self, f"{name}_atr") is not None:
                message = f"stops.{name} and stops.{name}_atr say where one level is, in two ways."
                wrong = InvalidParameterError(message, hint="Leave one out.")
                raise as_field_error(wrong, f"stops.{name}_atr")
        if self.has_atr_stops and self.atr_window is None:
            self.__dict__.update(atr_window=ATR_WINDOW)  # frozen for everybody else
        elif self.atr_window is not None and not self.has_atr_stops:
            wrong = InvalidParameterError(
                "stops.atr_window is for stops in multiples of the average true range; there is none.",
                hint="Set stop_loss_atr, take_profit_atr or trailing_stop_atr, or leave atr_window out. In a sweep "
                "whose grid has those, put it into the grid too.",
            )
            raise as_field_error(wrong, "stops.atr_window")
        return self


class EntryOrder(Strict):
    """How a position is opened: by an order at a price relative to the close of the decision."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Annotated[
        Literal["limit", "stop"], Field(description="`limit` on the better side of the close, `stop` on the other")
    ]
    offset_bps: Annotated[Amount, Field(ge=0, le=5_000, description="Distance from the close")] = 0.0
    expires_bars: Annotated[
        Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None,
        Field(description="Bars that trade in which it works; default: until the target changes"),
    ] = None
    must_trade_through_ticks: Annotated[
        int, Field(strict=True, ge=0, le=1_000, description="Of a limit: 0 if a touch fills it; needs `tick_size`")
    ] = 0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.must_trade_through_ticks and self.type != "limit":
            wrong = InvalidParameterError("A stop fills at a touch.", hint="Leave must_trade_through_ticks out.")
            raise as_field_error(wrong, "entry.must_trade_through_ticks")
        return self


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
        Annotated[Amount, Field(ge=-10, le=1_000)] | None,
        Field(description="Of take-profit orders; default `fee_bps`. Below 0 it is a rebate"),
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
    entry: Annotated[EntryOrder | None, AddedField(None)] = None
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

    @property
    def features_read(self) -> set[str]:
        """Features that trading itself reads, in any set."""
        return {"atr"} if self.stops.has_atr_stops or self.varies(*ATR_SETTINGS) else set()

    def check_entry(self) -> None:
        """Refuse an entry order that counts ticks where there is no tick size.

        Raises
        ------
        InvalidParameterError
            With what to set.
        """
        counts_ticks = self.entry is not None and self.entry.must_trade_through_ticks > 0
        if counts_ticks and self.market_rules.tick_size is None and not self.varies("market_rules.tick_size"):
            raise InvalidParameterError(
                "entry.must_trade_through_ticks counts ticks, and no tick size is given.",
                hint="Set market_rules.tick_size, or leave must_trade_through_ticks out.",
                field="entry.must_trade_through_ticks",
            )

    def varies(self, *_settings: str) -> bool:
        """Whether the sets of a sweep differ in one of these settings."""
        return False

    @property
    def can_collide(self) -> bool:
        """Whether one bar can hold a stop and a target, so that finer candles matter."""
        return self.stops.can_collide
