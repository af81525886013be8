"""A second reference of the backtest, written from `docs/backtest_semantics.md` alone, before its author saw
`tests.golden.reference` or a kernel: so a mistake that they share shows. Numbers in comments are those of rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.orders import SIDES
from tests.golden.second_account import DUST, Life, Order, fill, market_price, room, to_tick, whole_lots

TOUCH = 1e-15  # 21: a relative difference that still is a touch


def run(backtest: Backtest, target: Any, execution: Execution, size: Any = 1.0) -> Life:  # noqa: C901 - one loop
    """Live every bar from `start_bar` on, in the order of the rules."""
    life, bars, n = Life(backtest, execution, backtest.initial_equity), backtest.bars, len(backtest.bars)
    sizes = [size] * n if isinstance(size, float) else size.tolist()
    lowest, highest = SIDES[backtest.direction]
    targets = [min(max(x, lowest), highest) for x in target.tolist()]  # 5
    funding = [0.0] * n if backtest.funding is None else backtest.funding.tolist()
    peak, resume = life.cash, -1  # 26: the initial equity is a peak too
    if execution.has_atr_stops and backtest.average_true_range is not None:  # 34
        sizes = [0.0 if x != x else y for x, y in zip(backtest.average_true_range.tolist(), sizes, strict=True)]
    if backtest.start_bar > 0:  # 2: the first decision
        life.wish = (targets[backtest.start_bar - 1], sizes[backtest.start_bar - 1], False)
    for t in range(backtest.start_bar, n):
        life.traded, trades = 0.0, bars.volume[t] != 0.0  # 10: NaN counts as traded
        if trades and not life.over:  # 9
            _choose_order(life, t)
            _at_open(life, t)
            entered_at = _work_entry(life, t)
            _inside(life, t, entered_at)
            if entered_at is None:  # 41
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
        base = float(life.backtest.bars.close[t - 1])
        order = Order(target, target * size, "drawdown_limit" if limited else "target", base)
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
    if order.weight and (life.quantity or not life.execution.entry_type):  # 36
        life.order = _resize(life, t, order, price)
    elif not order.weight:
        life.order = None


def _resize(life: Life, t: int, order: Order, open_: float) -> Order | None:
    """15, 16: trade towards the weight on one side, at the open; returns the rest that waits."""
    difference = order.weight * (life.cash + life.quantity * open_) / open_ - life.quantity
    if abs(difference) <= DUST * abs(life.quantity):  # 19
        return None
    side = math.copysign(1.0, difference)  # 16: the open decides
    return _trade(life, t, "open", order, side, open_, lambda quantity: market_price(life, t, side, open_, quantity))


def _trade(
    life: Life,
    t: int,
    phase: str,
    order: Order,
    side: float,
    reference: float,
    price_of: Callable[[float | None], float],
    maker: bool = False,
) -> Order | None:
    """15, 18, 19: as much of the order as lots and cap allow; returns the rest that waits. A price follows from what is
    traded, None is without impact."""
    rules, held, weight = life.execution, life.quantity, order.weight
    fee_bps = rules.maker_fee_bps if maker else rules.taker_fee_bps
    fee, cap = side * fee_bps / 1e4, room(life, t)

    def solved_at(price: float) -> float:
        """15: q * p = weight * (cash + held * p - fee * |q - held| * p), never across to the other side."""
        solved = weight * (life.cash + held * price * (1.0 + fee)) / (price * (1.0 + weight * fee))
        return solved if solved * weight > 0.0 else 0.0

    before_impact = side * (solved_at(price_of(None)) - held)
    price = price_of(max(min(before_impact, cap), 0.0))  # 12
    after = solved_at(price)
    wanted, dust = side * (after - held), DUST * max(life.largest, abs(after))
    if wanted <= dust:
        life.refused.append((t, "costs_reverse"))
        return None
    wanted = whole_lots(life, wanted)
    if wanted == 0.0 or wanted * price < rules.min_notional:  # 19
        life.refused.append((t, "below_min_notional" if wanted else "below_lot_step"))
        return None
    if wanted - cap < DUST * wanted:  # 19: within the cap, or over it by rounding only
        fill(life, t, phase, side * wanted, (reference, price), fee_bps, order.reason)
        return None
    life.capped.append(t)  # 18
    piece = whole_lots(life, cap)
    if piece > dust and piece * price >= rules.min_notional:
        fill(life, t, phase, side * piece, (reference, price), fee_bps, order.reason)
        if life.quantity == 0.0:
            return None
    return order


def _work_entry(life: Life, t: int) -> float | None:
    """36 to 40: an order that opens a position works inside the bar; its level, if it filled there."""
    order, rules, bars = life.order, life.execution, life.backtest.bars
    if order is None or life.quantity or life.over or not rules.entry_type:
        return None
    side, limit = math.copysign(1.0, order.weight), rules.entry_type == 1
    open_, low, high = float(bars.open[t]), float(bars.low[t]), float(bars.high[t])
    away = -side if limit else side  # a limit buys below, a stop above
    level = to_tick(life, away, order.base * (1.0 + away * rules.entry_offset_bps / 1e4))  # 37
    reached_at = level + away * rules.entry_through_ticks * rules.tick_size if limit else level  # 39
    order.worked += 1

    def reached(price: float, at: float) -> bool:
        return away * (price - at) >= -TOUCH * at

    def taken_at(quantity: float | None) -> float:
        """39: a limit that takes fills at no worse price than its level."""
        price = market_price(life, t, side, open_, quantity)
        return side * min(side * price, side * level) if limit else price

    def made_at(_: float | None) -> float:
        return to_tick(life, side, open_)

    rest: Order | None = order
    entered_at = None
    if (limit and order.worked == 1 and reached(open_, level)) or (not limit and reached(open_, level)):
        rest = _trade(life, t, "open", order, side, open_, taken_at)
    elif limit and reached(open_, reached_at):
        rest = _trade(life, t, "open", order, side, open_, made_at, maker=True)
    elif limit and reached(low if side > 0.0 else high, reached_at):
        rest, entered_at = _trade(life, t, "within", order, side, level, lambda _: level, maker=True), level
    elif not limit and reached(high if side > 0.0 else low, level):
        rest = _trade(life, t, "within", order, side, level, lambda q: market_price(life, t, side, level, q))
        entered_at = level
    life.order = None if life.quantity else rest  # 38: it fills once
    if life.order is not None and order.worked == rules.entry_expires_bars:
        life.order = None
        life.refused.append((t, "expired"))
    return entered_at if life.quantity else None


def _exit(life: Life, t: int, phase: Any, price: float, reason: Any) -> None:
    """A market order to be flat, as far as the cap lets it (18, 19)."""
    wanted, side, cap = abs(life.quantity), -math.copysign(1.0, life.quantity), room(life, t)
    piece = wanted
    if wanted - cap >= DUST * life.largest:
        life.capped.append(t)
        piece = whole_lots(life, cap)
    if piece > DUST * life.largest:
        prices = price, market_price(life, t, side, price, piece)
        fill(life, t, phase, side * piece, prices, life.execution.taker_fee_bps, reason)


def _close_all(life: Life, t: int, phase: Any, price: float, reason: Any) -> None:
    """A complete exit, whatever the cap is (18): end, ruin, and take-profit, which is a limit order (21)."""
    side, limit = -math.copysign(1.0, life.quantity), reason == "take_profit"
    filled_at = to_tick(life, side, price) if limit else market_price(life, t, side, price, abs(life.quantity))
    fee_bps = life.execution.maker_fee_bps if limit else life.execution.taker_fee_bps
    fill(life, t, phase, -life.quantity, (price, filled_at), fee_bps, reason)


def _inside(life: Life, t: int, entered_at: float | None) -> None:  # noqa: C901
    """20 to 24: at most one of the levels acts, and ruin after a stop that the cap cut. 41: after an entry inside the
    bar its level is in place of the open, and nothing good is seen."""
    if life.quantity == 0.0:
        return
    bars, side = life.backtest.bars, math.copysign(1.0, life.quantity)
    open_, high, low = float(bars.open[t]), float(bars.high[t]), float(bars.low[t])
    stop, reason, profit = _levels(life, side)
    if entered_at is not None:
        open_, profit = entered_at, side * 1e300

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
    price = open_ if phase == "open" else stop
    phase = "within" if entered_at is not None else phase
    if stopped and reason == "ruin":
        _close_all(life, t, phase, price, reason)
    elif stopped:
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
    """20, 24, 34: the nearest stop and its reason, and the take-profit; a level that is not set is out of reach."""
    rules, stops, profit = life.execution, [(-life.cash / life.quantity, "ruin")], side * 1e300
    if not _leaving(life):
        if rules.trailing_stop or rules.trailing_stop_atr:
            away = life.best * rules.trailing_stop + life.atr * rules.trailing_stop_atr
            stops.insert(0, (life.best - side * away, "trailing_stop"))
        if rules.stop_loss or rules.stop_loss_atr:
            away = life.entry * rules.stop_loss + life.atr * rules.stop_loss_atr
            stops.insert(0, (life.entry - side * away, "stop_loss"))
        if rules.take_profit or rules.take_profit_atr:
            profit = life.entry + side * (life.entry * rules.take_profit + life.atr * rules.take_profit_atr)
    return *max(stops, key=lambda level: side * level[0]), profit  # at the same price the first of them
