"""Execution: every switch of how orders fill, as plain numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from candlecloud.backtest.orders import ENTRY_TYPES
from candlecloud.errors import InvalidParameterError

_BPS = 10_000.0
_LEAST = {"maker_fee_bps": -10.0}  # a rebate
_BELOW = {
    "taker_fee_bps": _BPS,
    "maker_fee_bps": _BPS,
    "stop_loss": 1.0,
    "trailing_stop": 1.0,
    "drawdown_limit": 1.0,
    "entry_offset_bps": _BPS,
}
_WHOLE = ("max_bars", "entry_expires_bars", "entry_through_ticks")


@dataclass(frozen=True)
class Execution:
    """How orders fill and what they cost; 0 is off. `docs/backtest_semantics.md` says what each one does.

    Attributes
    ----------
    taker_fee_bps, maker_fee_bps : float
        Basis points of the notional: market orders and stops, and limit orders. Below 0, down to -10, the maker's is a
        rebate.
    slippage_bps : float
        How far market orders and stops fill against us, half the spread included.
    impact_bps : float
        Added to that at a participation of 1, linear in quantity over the bar's volume. Needs a cap.
    max_participation : float
        Cap of an order as a fraction of the bar's base volume; what is left of it waits.
    stop_loss, take_profit : float
        Fractions of the mean entry price.
    trailing_stop : float
        Fraction of the best price since the entry.
    stop_loss_atr, take_profit_atr, trailing_stop_atr : float
        The same distances as multiples of the average true range before the entry, each instead of its fraction.
    max_bars : int
        Closes that a position may be held over.
    drawdown_limit : float
        Below this fraction under the highest close the run is flat for `cooldown_bars`.
    rebalance_band : float
        How far the position's share of equity may drift from its target.
    tick_size, lot_step, min_notional : float
        Rules of the market, in quote currency, base asset, quote currency.
    entry_type : int
        How a position is opened, by `orders.ENTRY_TYPES`: 0 at the open, 1 by a limit, 2 by a stop.
    entry_offset_bps : float
        How far from the close of the decision: a limit on the better side of it, a stop on the other.
    entry_expires_bars : int
        Bars that trade in which it works at most; 0 is until the target changes.
    entry_through_ticks : int
        How far the price must trade through a limit. Needs a tick size.
    flatten_at_end : bool
        Close the position at the last close.

    Raises
    ------
    InvalidParameterError
        If a number is not finite, out of its bounds, or lacks the one that it needs.
    """

    taker_fee_bps: float = 0.0
    maker_fee_bps: float = 0.0
    slippage_bps: float = 0.0
    impact_bps: float = 0.0
    max_participation: float = 0.0
    stop_loss: float = 0.0
    take_profit: float = 0.0
    trailing_stop: float = 0.0
    stop_loss_atr: float = 0.0
    take_profit_atr: float = 0.0
    trailing_stop_atr: float = 0.0
    max_bars: int = 0
    drawdown_limit: float = 0.0
    cooldown_bars: int = 0
    rebalance_band: float = 0.0
    tick_size: float = 0.0
    lot_step: float = 0.0
    min_notional: float = 0.0
    entry_type: int = 0
    entry_offset_bps: float = 0.0
    entry_expires_bars: int = 0
    entry_through_ticks: int = 0
    flatten_at_end: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            least = _LEAST.get(field.name, 0.0)
            if not (math.isfinite(value) and value >= least):
                _refuse(field.name, f"must be a finite number, {least:g} or more", "0 switches it off.", value)
        for name, bound in _BELOW.items():
            if getattr(self, name) >= bound:
                _refuse(name, f"must be below {bound:g}", "10 bps are 0.1 %, a fraction of 0.05 is 5 %.", bound)
        if self.slippage_bps + self.impact_bps * self.max_participation >= _BPS:
            _refuse("slippage_bps", "and impact leave no price to sell at", "Keep them below 10,000 bps.", _BPS)
        if self.max_participation > 1.0:
            _refuse("max_participation", "must be at most 1", "It is a fraction of volume.", self.max_participation)
        if self.impact_bps and not self.max_participation:
            _refuse("max_participation", "must be above 0 when impact_bps is", "1 is the widest cap.", 0.0)
        self._check_orders()
        if self.cooldown_bars != int(self.cooldown_bars) or (self.drawdown_limit and self.cooldown_bars < 1):
            _refuse("cooldown_bars", "must be a whole number, 1 or more with a drawdown_limit", "Count bars.", 0)

    def _check_orders(self) -> None:
        for name in ("stop_loss", "take_profit", "trailing_stop"):
            if getattr(self, name) and getattr(self, f"{name}_atr"):
                _refuse(f"{name}_atr", f"and {name} say where one level is", "Leave one out.", 0.0)
        for name in _WHOLE:
            if getattr(self, name) != int(getattr(self, name)):
                _refuse(name, "must be a whole number", "Count bars, or ticks.", getattr(self, name))
        if self.entry_type not in range(len(ENTRY_TYPES)):
            _refuse("entry_type", "must be 0, 1 or 2", "See ENTRY_TYPES.", self.entry_type)
        if self.entry_through_ticks and not self.tick_size:
            _refuse("entry_through_ticks", "needs a tick_size", "Ticks are counted in it.", self.entry_through_ticks)

    @property
    def has_stops(self) -> bool:
        """Whether a position can end inside a bar."""
        return bool(self.stop_loss or self.take_profit or self.trailing_stop) or self.has_atr_stops

    @property
    def has_atr_stops(self) -> bool:
        """Whether a level is a multiple of the average true range."""
        return bool(self.stop_loss_atr or self.take_profit_atr or self.trailing_stop_atr)

    @property
    def needs_volume(self) -> bool:
        """Whether fills depend on a bar's volume beyond its being zero."""
        return self.max_participation > 0.0

    def rules(self, *, optimistic: bool = False) -> tuple[float, ...]:
        """The numbers in the order of the fields, rates as fractions, and the last one."""
        values = {field.name: float(getattr(self, field.name)) for field in fields(self)}
        rules = (value / _BPS if name.endswith("_bps") else value for name, value in values.items())
        return *rules, float(optimistic)


def _refuse(name: str, sentence: str, hint: str, value: float) -> None:
    raise InvalidParameterError(f"{name} {sentence}.", hint=hint, field=name, got=repr(value))
