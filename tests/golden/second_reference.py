"""A second reference of the backtest, written from `docs/backtest_semantics.md` alone, before its author saw
`tests.golden.reference` or a kernel: so a mistake that they share shows. Numbers in comments are those of rules."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.orders import SIDES, Fill

TOUCH = 1e-15  # 21: a relative difference that still is a touch
DUST = 1e-12  # 19: a share that is only rounding
WHOLE = 1e-9  # 13, 19: so near to a whole tick or lot is on it


@dataclass
class Order:
    """What waits for a bar that trades, or the rest of it."""

    target: float
    weight: float
    reason: str


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


def run(backtest: Backtest, target: Any, execution: Execution, size: Any = 1.0) -> Life:
    """Live every bar from `start_bar` on, in the order of the rules."""
    life, bars, n = Life(backtest, execution, backtest.initial_equity), backtest.bars, len(backtest.bars)
    sizes = [size] * n if isinstance(size, float) else size.tolist()
    lowest, highest = SIDES[backtest.direction]
    targets = [min(max(x, lowest), highest) for x in target.tolist()]  # 5
    funding = [0.0] * n if backtest.funding is None else backtest.funding.tolist()
    peak, resume = life.cash, -1  # 26: the initial equity is a peak too
    if backtest.start_bar > 0:  # 2: the first decision
        life.wish = (targets[backtest.start_bar - 1], sizes[backtest.start_bar - 1], False)
    for t in range(backtest.start_bar, n):
        life.traded, trades = 0.0, bars.volume[t] != 0.0  # 10: NaN counts as traded
        if trades and not life.over:  # 9
            _choose_order(life, t)
            _at_open(life, t)
            _inside(life, t)
            extreme, better = (bars.high, max) if life.quantity > 0.0 else (bars.low, min)
            life.best = better(life.best, float(extreme[t]))  # 20: goes on in every bar that trades
        close = float(bars.close[t])
        life.cash -= life.quantity * close * funding[t]  # 25
        equity = life.cash + life.quantity * close  # 26
        at_end = t == n - 1 and execution.flatten_at_end and trades
        if life.quantity and (equity <= 0.0 or at_end):  # 27, 29
            _close_all(life, t, "close", close, "ruin" if equity <= 0.0 else "end")
            equity = life.cash
        life.equity.append(equity)
        if t == resume:  # 28: the peak restarts
            peak = equity
        if t >= resume:
            peak = max(peak, equity)
            if execution.drawdown_limit and equity < peak * (1.0 - execution.drawdown_limit):
                resume = t + int(execution.cooldown_bars)
        limited = t < resume
        life.wish = (0.0 if limited else targets[t], sizes[t], limited)  # 4, 6, 28
        life.closes_held = life.closes_held + 1 if life.quantity else 0
        life.time_due = 0 < execution.max_bars <= life.closes_held and not _leaving(life)  # 33
    if not life.over and life.wish[0] != life.last_target:  # 30
        life.waiting_target = life.wish[0]
    elif not life.over and life.order is not None and (life.order.weight or life.quantity):
        life.waiting_target = life.order.target if life.order.weight else 0.0
    return life


def _leaving(life: Life) -> bool:
    """20: whether the rest of an exit or of a reversal waits."""
    return life.order is not None and life.quantity != 0.0 and life.order.weight * life.quantity <= 0.0


def _choose_order(life: Life, t: int) -> None:
    target, size, limited = life.wish
    order, band = None, life.execution.rebalance_band
    if target != life.last_target:  # 7, 11
        life.last_target = target
        order = Order(target, target * size, "drawdown_limit" if limited else "target")
    elif life.time_due:  # 33: before a rebalance, and in place of the rest of an entry
        life.order = Order(0.0, 0.0, "time")
    elif life.order is not None:  # 18: the rest keeps its weight, 8: but for a size of 0
        if life.order.weight != 0.0 and size == 0.0:
            order = Order(life.order.target, 0.0, life.order.reason)
    elif band and life.quantity:  # 7
        weight = life.quantity * float(life.backtest.bars.close[t - 1]) / life.equity[-1]
        if abs(weight - target * size) > band:
            order = Order(target, target * size, "rebalance")
    if order is not None:
        life.order = order
        if target != 0.0 and size == 0.0:  # 8
            life.refused.append((t, "size_zero"))


def _at_open(life: Life, t: int) -> None:
    order, price = life.order, float(life.backtest.bars.open[t])
    if order is None:
        return
    if life.quantity * order.weight > 0.0 and life.cash + life.quantity * price <= 0.0:  # 27
        _close_all(life, t, "open", price, "ruin")
        return
    if _leaving(life):  # 17
        _exit(life, t, "open", price, "reversal" if order.weight else order.reason)
        if life.quantity or life.over:
            return
    life.order = _resize(life, t, order, price) if order.weight else None


def _resize(life: Life, t: int, order: Order, open_: float) -> Order | None:
    """15, 16, 18, 19: trade towards the weight on one side; returns the rest that waits."""
    rules, held, weight = life.execution, life.quantity, order.weight
    difference = weight * (life.cash + held * open_) / open_ - held
    if abs(difference) <= DUST * abs(held):  # 19
        return None
    side = math.copysign(1.0, difference)  # 16: the open decides
    fee = side * rules.taker_fee_bps / 1e4
    room = _room(life, t)

    def solved_at(price: float) -> float:
        """15: q * p = weight * (cash + held * p - fee * |q - held| * p), never across to the other side."""
        solved = weight * (life.cash + held * price * (1.0 + fee)) / (price * (1.0 + weight * fee))
        return solved if solved * weight > 0.0 else 0.0

    before_impact = side * (solved_at(_to_tick(life, side, open_ * (1.0 + side * rules.slippage_bps / 1e4))) - held)
    price = _market_price(life, t, side, open_, max(min(before_impact, room), 0.0))  # 12
    after = solved_at(price)
    wanted, dust = side * (after - held), DUST * max(life.largest, abs(after))
    if wanted <= dust:
        life.refused.append((t, "costs_reverse"))
        return None
    wanted = _whole_lots(life, wanted)
    if wanted == 0.0 or wanted * price < rules.min_notional:  # 19
        life.refused.append((t, "below_min_notional" if wanted else "below_lot_step"))
        return None
    if wanted - room < DUST * wanted:  # 19: within the cap, or over it by rounding only
        _fill(life, t, "open", side * wanted, price, open_, order.reason)
        return None
    life.capped.append(t)  # 18
    piece = _whole_lots(life, room)
    if piece > dust and piece * price >= rules.min_notional:
        _fill(life, t, "open", side * piece, price, open_, order.reason)
        if life.quantity == 0.0:
            return None
    return order


def _exit(life: Life, t: int, phase: Any, price: float, reason: Any) -> None:
    """A market order to be flat, as far as the cap lets it (18, 19)."""
    wanted, side, room = abs(life.quantity), -math.copysign(1.0, life.quantity), _room(life, t)
    piece = wanted
    if wanted - room >= DUST * life.largest:
        life.capped.append(t)
        piece = _whole_lots(life, room)
    filled_at = _market_price(life, t, side, price, piece)
    if piece > DUST * life.largest:
        _fill(life, t, phase, side * piece, filled_at, price, reason)


def _close_all(life: Life, t: int, phase: Any, price: float, reason: Any) -> None:
    """A complete exit, whatever the cap is (18): end, ruin, and take-profit, which is a limit order (21)."""
    side, limit = -math.copysign(1.0, life.quantity), reason == "take_profit"
    filled_at = _to_tick(life, side, price) if limit else _market_price(life, t, side, price, abs(life.quantity))
    _fill(life, t, phase, -life.quantity, filled_at, price, reason)


def _fill(life: Life, t: int, phase: Any, quantity: float, price: float, before_slippage: float, reason: Any) -> None:
    held = life.quantity + quantity
    if abs(held) < DUST * life.largest:  # 19
        quantity, held = -life.quantity, 0.0
    rules = life.execution
    fee = abs(quantity) * price * (rules.maker_fee_bps if reason == "take_profit" else rules.taker_fee_bps) / 1e4  # 14
    if life.quantity == 0.0:
        life.entry = life.best = price  # 20
        life.closes_held, life.cash_before_trade = 0, life.cash
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


def _room(life: Life, t: int) -> float:
    """18: what the cap leaves for the next fill of the bar."""
    share = life.execution.max_participation
    return max(share * float(life.backtest.bars.volume[t]) - life.traded, 0.0) if share else math.inf


def _market_price(life: Life, t: int, side: float, price: float, quantity: float) -> float:
    """12 and 13."""
    rules, volume = life.execution, float(life.backtest.bars.volume[t])
    slippage = rules.slippage_bps
    if rules.impact_bps:
        share = (life.traded + quantity) / volume if volume else math.inf
        slippage += rules.impact_bps * min(share, rules.max_participation)
    return _to_tick(life, side, price * (1.0 + side * slippage / 1e4))


def _to_tick(life: Life, side: float, price: float) -> float:
    """13: up for a buy, down for a sell."""
    step = life.execution.tick_size
    if step:
        price = (math.ceil(price / step - WHOLE) if side > 0.0 else math.floor(price / step + WHOLE)) * step
    return price


def _whole_lots(life: Life, quantity: float) -> float:
    """19: down to whole lots."""
    step = life.execution.lot_step
    return math.floor(quantity / step + WHOLE) * step if step else quantity


def _inside(life: Life, t: int) -> None:  # noqa: C901
    """20 to 24: at most one of the levels acts, and ruin after a stop that the cap cut."""
    if life.quantity == 0.0:
        return
    bars, side = life.backtest.bars, math.copysign(1.0, life.quantity)
    open_, high, low = float(bars.open[t]), float(bars.high[t]), float(bars.low[t])
    stop, reason, profit = _levels(life, side)

    def met(top: float, bottom: float) -> tuple[bool, bool]:
        """21: whether prices between two reach the stop, and the take-profit."""
        worst, best = (bottom, top) if side > 0.0 else (top, bottom)
        return side * (worst - stop) <= TOUCH * abs(stop), side * (best - profit) >= -TOUCH * abs(profit)

    phase, (stopped, won) = "open", met(open_, open_)
    if not stopped and not won:
        phase, (stopped, won) = "within", met(high, low)
        if stopped and won:  # 22
            finer = life.backtest.intrabar
            candles = [] if finer is None else range(finer.start[t], finer.start[t + 1])
            inside = [met(float(finer.high[i]), float(finer.low[i])) for i in candles]  # type: ignore[union-attr]
            stopped, won = next((hits for hits in inside if any(hits)), (True, True))
            if stopped and won:
                life.ambiguous += 1
                stopped = not life.backtest.optimistic
    if stopped and reason == "ruin":
        _close_all(life, t, phase, open_ if phase == "open" else stop, reason)
    elif stopped:
        price = open_ if phase == "open" else stop
        _exit(life, t, phase, price, reason)
        life.order = Order(0.0, 0.0, reason) if life.quantity else None  # 20
        if life.quantity:  # 24
            ruin = -life.cash / life.quantity
            if side * ((low if side > 0.0 else high) - ruin) <= TOUCH * abs(ruin):
                worse = side * min(side * price, side * ruin)
                _close_all(life, t, phase if worse == price else "within", worse, "ruin")
    elif won:
        _close_all(life, t, phase, open_ if phase == "open" else profit, "take_profit")
        life.order = None


def _levels(life: Life, side: float) -> tuple[float, str, float]:
    """20, 24: the nearest stop and its reason, and the take-profit; a level that is not set is out of reach."""
    rules, stops, profit = life.execution, [(-life.cash / life.quantity, "ruin")], side * 1e300
    if not _leaving(life):
        if rules.trailing_stop:
            stops.insert(0, (life.best * (1.0 - side * rules.trailing_stop), "trailing_stop"))
        if rules.stop_loss:
            stops.insert(0, (life.entry * (1.0 - side * rules.stop_loss), "stop_loss"))
        if rules.take_profit:
            profit = life.entry * (1.0 + side * rules.take_profit)
    return *max(stops, key=lambda level: side * level[0]), profit  # at the same price the first of them
