"""How a run trades: sizes, costs, stops, market rules, funding. Read with checks, written canonically."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from candlecloud.backtest.execution import Execution
from candlecloud.backtest.slippage import SLIPPAGE
from candlecloud.catalogue import SIZING
from candlecloud.errors import InvalidParameterError
from candlecloud.parameters import Number
from candlecloud.runs.fields import check_names, read_choice, read_flag, read_integer, read_number, read_optional
from candlecloud.runs.funding import Funding

DIRECTIONS = ("long", "short", "both")
TRADING_FIELDS = (
    "direction", "fee_bps", "maker_fee_bps", "slippage", "slippage_bps", "sizing", "stops", "drawdown_limit",
    "rebalance_band", "market_rules", "funding", "flatten_at_end",
)  # fmt: skip
_SMALLEST = 1e-12


@dataclass(frozen=True)
class Choice:
    """A model by name, and all its parameters."""

    model: str
    parameters: Mapping[str, Number]

    def to_dict(self) -> dict[str, Any]:
        return {"model": self.model, **self.parameters}


@dataclass(frozen=True)
class Stops:
    """Fractions of the mean entry price (trailing: of the best price since); None is off."""

    stop_loss: float | None = None
    take_profit: float | None = None
    trailing_stop: float | None = None

    @property
    def can_collide(self) -> bool:
        """Whether one bar can hold a stop and a target, so that finer candles matter."""
        return self.take_profit is not None and (self.stop_loss is not None or self.trailing_stop is not None)


@dataclass(frozen=True)
class DrawdownLimit:
    """Flat at the next open once equity closes this fraction below its peak, for a number of bars."""

    max_drawdown: float
    cooldown_bars: int


@dataclass(frozen=True)
class MarketRules:
    """Of the exchange: price step, quantity step, smallest order value in quote currency; None is off."""

    tick_size: float | None = None
    lot_step: float | None = None
    min_notional: float | None = None


@dataclass(frozen=True)
class Trading:
    """Every switch of order handling, as the user sets it.

    Attributes
    ----------
    fee_bps, maker_fee_bps : float
        Basis points of the notional: market orders and stops; take-profit orders.
    rebalance_band : float or None
        Order again when the position's weight drifts further than this from the wanted one.
    funding : Funding or None
        What perpetuals pay; None for spot.
    """

    direction: str
    fee_bps: float
    maker_fee_bps: float
    slippage: Choice
    sizing: Choice
    stops: Stops
    drawdown_limit: DrawdownLimit | None
    rebalance_band: float | None
    market_rules: MarketRules
    funding: Funding | None
    flatten_at_end: bool

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], *, is_perpetual: bool) -> Trading:
        """Read the fields of `TRADING_FIELDS`; what is left out has the default of the documentation.

        Raises
        ------
        InvalidParameterError
            The first wrong field, by name.
        """
        fee_bps = read_number(document, "fee_bps", 10.0, 0.0, 1_000.0)
        return cls(
            direction=read_choice(document, "direction", "long", DIRECTIONS),
            fee_bps=fee_bps,
            maker_fee_bps=read_number(document, "maker_fee_bps", fee_bps, 0.0, 1_000.0),
            slippage=_read_slippage(document),
            sizing=_read_choice(document, "sizing", "fixed_fraction", SIZING.find),
            stops=_read_stops(document.get("stops")),
            drawdown_limit=_read_drawdown_limit(document.get("drawdown_limit")),
            rebalance_band=read_optional(document, "rebalance_band", 1e-6, 1.0),
            market_rules=_read_market_rules(document.get("market_rules")),
            funding=Funding.from_dict(document.get("funding"), is_perpetual=is_perpetual),
            flatten_at_end=read_flag(document, "flatten_at_end", False),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, and what `from_dict` reads back equal."""
        limit = self.drawdown_limit
        return {
            "direction": self.direction,
            "fee_bps": self.fee_bps,
            "maker_fee_bps": self.maker_fee_bps,
            "slippage": self.slippage.to_dict(),
            "sizing": self.sizing.to_dict(),
            "stops": vars(self.stops).copy(),
            "drawdown_limit": None if limit is None else vars(limit).copy(),
            "rebalance_band": self.rebalance_band,
            "market_rules": vars(self.market_rules).copy(),
            "funding": None if self.funding is None else self.funding.to_dict(),
            "flatten_at_end": self.flatten_at_end,
        }

    def execution(self) -> Execution:
        """The same as the engine's plain numbers."""
        limit = self.drawdown_limit
        return Execution(
            taker_fee_bps=self.fee_bps,
            maker_fee_bps=self.maker_fee_bps,
            **SLIPPAGE.find(self.slippage.model).execution(self.slippage.parameters),
            **{name: value or 0.0 for name, value in vars(self.stops).items()},
            drawdown_limit=0.0 if limit is None else limit.max_drawdown,
            cooldown_bars=0 if limit is None else limit.cooldown_bars,
            rebalance_band=self.rebalance_band or 0.0,
            **{name: value or 0.0 for name, value in vars(self.market_rules).items()},
            flatten_at_end=self.flatten_at_end,
        )


def _read_choice(document: Mapping[str, Any], field: str, default: str, find: Any) -> Choice:
    """``{"model": name, ...parameters}``."""
    given = document.get(field, {"model": default})
    if not isinstance(given, Mapping) or not isinstance(given.get("model"), str):
        raise InvalidParameterError(
            f"{field} must be an object with a model and its parameters.",
            field=field,
            allowed=f'{{"model": "{default}", ...}}',
            got=repr(given)[:80],
        )
    model = find(given["model"], f"{field}.model")
    parameters = {name: value for name, value in given.items() if name != "model"}
    return Choice(model.name, model.check_parameters(parameters, field))


def _read_slippage(document: Mapping[str, Any]) -> Choice:
    """``slippage_bps: 2`` is short for ``slippage: {"model": "fixed_bps", "bps": 2}``."""
    if document.get("slippage_bps") is not None:
        if document.get("slippage") is not None:
            raise InvalidParameterError(
                "slippage and slippage_bps say the same thing twice.", hint="Leave one out.", field="slippage_bps"
            )
        return Choice("fixed_bps", {"bps": read_number(document, "slippage_bps", 2.0, 0.0, 1_000.0)})
    return _read_choice(document, "slippage", "fixed_bps", SLIPPAGE.find)


def _read_stops(given: Any) -> Stops:
    stops = check_names({} if given is None else given, [f.name for f in fields(Stops)], "stops")
    return Stops(
        stop_loss=read_optional(stops, "stop_loss", 1e-6, 0.999999, "stops"),
        take_profit=read_optional(stops, "take_profit", 1e-6, 1_000.0, "stops"),
        trailing_stop=read_optional(stops, "trailing_stop", 1e-6, 0.999999, "stops"),
    )


def _read_drawdown_limit(given: Any) -> DrawdownLimit | None:
    if given is None:
        return None
    limit = check_names(given, [f.name for f in fields(DrawdownLimit)], "drawdown_limit")
    depth = read_optional(limit, "max_drawdown", 1e-6, 0.999999, "drawdown_limit")
    if depth is None:
        raise InvalidParameterError(
            "drawdown_limit needs max_drawdown.", field="drawdown_limit.max_drawdown", allowed="a fraction such as 0.2"
        )
    return DrawdownLimit(depth, _cooldown(limit))


def _cooldown(limit: Mapping[str, Any]) -> int:
    name = "drawdown_limit.cooldown_bars"
    return read_integer({name: limit.get("cooldown_bars", 24)}, name, 24, 1, 1_000_000)


def _read_market_rules(given: Any) -> MarketRules:
    rules = check_names({} if given is None else given, [f.name for f in fields(MarketRules)], "market_rules")
    return MarketRules(
        **{f.name: read_optional(rules, f.name, _SMALLEST, 1e12, "market_rules") for f in fields(MarketRules)}
    )
