"""The account of the second reference: what a fill costs and does. Numbers in comments are those of the rules."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.orders import Fill

DUST = 1e-12  # 19: a share that is only rounding
WHOLE = 1e-9  # 13, 19: so near to a whole tick or lot is on it


@dataclass
class Order:
    """What waits for a bar that trades, or the rest of it."""

    target: float
    weight: float
    reason: str
    base: float = 0.0  # 37: the last close before the bar that took it up
    worked: int = 0  # 38: bars in which an entry order has worked


@dataclass
class Life:
    """Money, position and orders of one run; `run` lives it."""

    backtest: Backtest
    execution: Execution
    cash: float
    quantity: float = 0.0
    entry: float = 0.0
    best: float = 0.0
    largest: float = 0.0
    atr: float = 0.0  # 34: at the close before the first fill
    closes_held: int = 0
    cash_before_trade: float = 0.0
    order: Order | None = None
    last_target: float = 0.0
    wish: tuple[float, float, bool] = (0.0, 1.0, False)  # of the last close: target, size, drawdown limit in force
    time_due: bool = False
    over: bool = False  # ruined: no more trades
    traded: float = 0.0  # in this bar
    fills: list[Fill] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)
    profits: list[float] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    capped: list[int] = field(default_factory=list)
    ambiguous: int = 0
    waiting_target: float | None = None


def fill(
    life: Life, t: int, phase: Any, quantity: float, prices: tuple[float, float], fee_bps: float, reason: Any
) -> None:
    """A fill, at the second of the prices; the first is the one before slippage."""
    before_slippage, price = prices
    held = life.quantity + quantity
    if abs(held) < DUST * life.largest:  # 19
        quantity, held = -life.quantity, 0.0
    fee = abs(quantity) * price * fee_bps / 1e4  # 14
    if life.quantity == 0.0:
        life.entry = life.best = price  # 20
        life.closes_held, life.cash_before_trade = 0, life.cash
        ranges = life.backtest.average_true_range
        life.atr = 0.0 if ranges is None else float(ranges[t - 1])  # 34
    elif quantity * life.quantity > 0.0:
        life.entry = (life.entry * life.quantity + price * quantity) / held
    life.cash -= quantity * price + fee
    life.quantity, life.traded = held, life.traded + abs(quantity)
    life.largest = max(life.largest, abs(held)) if held else 0.0
    slippage = abs(quantity) * abs(price - before_slippage)
    life.fills.append(Fill(t, phase, quantity, held, price, fee, slippage, reason))
    if held == 0.0:
        if reason == "ruin":
            life.cash = min(life.cash, 0.0)  # 24
        life.profits.append(life.cash - life.cash_before_trade)  # 31
        if life.cash <= 0.0:  # 27
            life.over = True


def room(life: Life, t: int) -> float:
    """18: what the cap leaves for the next fill of the bar."""
    share = life.execution.max_participation
    return max(share * float(life.backtest.bars.volume[t]) - life.traded, 0.0) if share else math.inf


def market_price(life: Life, t: int, side: float, price: float, quantity: float | None) -> float:
    """12 and 13; without a quantity the price without impact."""
    rules, volume = life.execution, float(life.backtest.bars.volume[t])
    slippage = rules.slippage_bps
    if rules.impact_bps and quantity is not None:
        share = (life.traded + quantity) / volume if volume else math.inf
        slippage += rules.impact_bps * min(share, rules.max_participation)
    return to_tick(life, side, price * (1.0 + side * slippage / 1e4))


def to_tick(life: Life, side: float, price: float) -> float:
    """13: up for a buy, down for a sell."""
    step = life.execution.tick_size
    if step:
        price = (math.ceil(price / step - WHOLE) if side > 0.0 else math.floor(price / step + WHOLE)) * step
    return price


def whole_lots(life: Life, quantity: float) -> float:
    """19: down to whole lots."""
    step = life.execution.lot_step
    return math.floor(quantity / step + WHOLE) * step if step else quantity
