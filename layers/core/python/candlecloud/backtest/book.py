"""The book of one run: cash, position, and the fills that move them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from candlecloud.backtest.costs import Costs

Reason = Literal["target", "reversal", "end", "ruin"]


class Fill(NamedTuple):
    """One execution.

    Quantity is signed (a buy is above 0), in base asset; `held` is the position after it. Price (moved), fee and
    slippage are in quote currency.
    """

    bar: int
    at_close: bool
    quantity: float
    held: float
    price: float
    fee: float
    slippage: float
    reason: Reason


class Book:
    """Cash and one position, in quote currency and base asset.

    Attributes
    ----------
    profits : list of float
        Change of cash from flat to flat: one number per closed trade.
    ruined : bool
        A short has eaten the equity; nothing trades any more.
    """

    def __init__(self, cash: float, costs: Costs) -> None:
        self.cash = cash
        self.quantity = 0.0
        self.fills: list[Fill] = []
        self.profits: list[float] = []
        self.ruined = False
        self._fee = costs.fee_rate
        self._buy = 1.0 + costs.slippage_rate
        self._sell = 1.0 - costs.slippage_rate
        self._flat_cash = cash

    def rebalance(self, target: float, bar: int, price: float) -> None:
        """Fill an order: move the position to `target` times equity, at `price` before slippage.

        A change of side is two fills: out, then in with what is left.
        """
        if self.quantity != 0.0 and (target == 0.0 or (target > 0.0) != (self.quantity > 0.0)):
            self.close(bar, price, "reversal" if target else "target")
        elif self.quantity != 0.0 and self.cash + self.quantity * price <= 0.0:
            self.close(bar, price, "ruin")
        if self.quantity == 0.0 and self.cash <= 0.0:
            self.ruined = True
        elif target:
            self._move_to(target, bar, price)

    def close(self, bar: int, price: float, reason: Reason, *, at_close: bool = False) -> None:
        """Fill the whole position away."""
        self._fill(-self.quantity, bar, price, reason, at_close=at_close)

    def _move_to(self, target: float, bar: int, price: float) -> None:
        """Open or resize on the target's own side.

        The quantity solves ``quantity * p = target * (equity at p - fee)``, p being the moved price, so that after the
        fill the position is the wanted fraction of what is left. It trades only in the direction that the unmoved price
        asks for: where costs would turn the order round, nothing is done.
        """
        value = self.quantity * price
        wanted = target * (self.cash + value)
        if wanted == value:
            return
        buys = wanted > value
        moved = price * (self._buy if buys else self._sell)
        rate = self._fee if buys else -self._fee
        quantity = target * (self.cash + (1.0 + rate) * self.quantity * moved) / (moved * (1.0 + rate * target))
        quantity = max(quantity, 0.0) if target > 0.0 else min(quantity, 0.0)
        if quantity > self.quantity if buys else quantity < self.quantity:
            self._fill(quantity - self.quantity, bar, price, "target", after=quantity)

    def _fill(
        self, change: float, bar: int, price: float, reason: Reason, *, at_close: bool = False, after: float = 0.0
    ) -> None:
        moved = price * (self._buy if change > 0.0 else self._sell)
        notional = abs(change) * moved
        fee = notional * self._fee
        self.cash = self.cash - change * moved - fee
        self.quantity = after
        slippage = abs(change) * abs(moved - price)
        self.fills.append(Fill(bar, at_close, change, after, moved, fee, slippage, reason))
        if after == 0.0:
            self.profits.append(self.cash - self._flat_cash)
            self._flat_cash = self.cash
