"""The reference engine: `docs/backtest_semantics.md` as one bar loop. It is the specification; every other engine must
equal it, and it shares no code with them. Read it top to bottom: one bar is an open, its inside, and a close."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

OPEN, WITHIN, CLOSE = 0, 1, 2  # where in its bar a fill happens
TOUCH = 1e-15  # a price this near to a level, as a fraction, touches it: 100 * 1.1 is not quite 110 in floats
DUST = 1e-12  # a rest below this fraction of the order, or of the most that the position held, is none


class Bar(NamedTuple):
    """Prices in quote currency, base volume (None: unknown), funding rate due by the next bar's open, intrabar data."""

    open: float
    high: float
    low: float
    close: float
    volume: float | None = 1.0
    funding: float = 0.0
    fine: Sequence[tuple[float, float]] = ()  # (high, low) of the candles inside, in time order
    atr: float = math.nan  # average true range up to this close


@dataclass
class Rules:
    """Fractions, not basis points; 0 is off."""

    taker_fee: float = 0.0
    maker_fee: float = 0.0
    slippage: float = 0.0
    impact: float = 0.0
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
    entry_type: int = 0  # 1 limit, 2 stop
    entry_offset: float = 0.0
    entry_expires_bars: int = 0
    entry_through_ticks: int = 0
    flatten_at_end: bool = False
    optimistic: bool = False


class Place(NamedTuple):
    """Where an order fills: phase, price before slippage, as a maker or not, at no worse price than a limit."""

    phase: int
    price: float
    maker: bool = False
    limit: float | None = None


class Fill(NamedTuple):
    """One execution: signed change, position after it, moved price, fee, slippage, why."""

    bar: int
    phase: int
    change: float
    held: float
    price: float
    fee: float
    slippage: float
    reason: str


@dataclass
class Replay:
    """The account while the loop runs, and what it leaves behind."""

    rules: Rules
    cash: float
    held: float = 0.0
    entry: float = 0.0  # mean price of the position
    best: float = 0.0  # best price since the entry
    entered: int = 0  # bar of the first fill
    atr: float = 0.0  # at the close before the first fill
    atr_before: float = math.nan  # at the close before this bar
    largest: float = 0.0  # largest quantity of the position
    traded: float = 0.0  # in this bar, all fills together
    entry_level: float = 0.0  # of the entry order that waits
    entry_bars: int = 0  # bars that it has worked in
    entered_inside: bool = False  # in this bar
    flat_cash: float = 0.0
    ruined: bool = False
    fills: list[Fill] = field(default_factory=list)
    profits: list[float] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)
    holding: list[float] = field(default_factory=list)  # position at each close
    refused: list[tuple[int, str]] = field(default_factory=list)
    capped: list[int] = field(default_factory=list)  # bars on which the participation cap left a remainder
    ambiguous: int = 0  # exits whose bar held stop and target, and nothing said which came first
    funding: float = 0.0

    def moved(self, price: float, buys: bool, change: float, bar: Bar) -> float:
        """The price of a market order: against us by slippage and impact, then to the next worse tick."""
        rate = self.rules.slippage
        if self.rules.impact:
            share = (self.traded + abs(change)) / bar.volume if bar.volume else self.rules.max_participation
            rate += self.rules.impact * min(share, self.rules.max_participation)
        return self.on_tick(price * (1.0 + rate) if buys else price * (1.0 - rate), buys)

    def on_tick(self, price: float, buys: bool) -> float:
        tick = self.rules.tick_size
        if not tick:
            return price
        return math.ceil(price / tick - 1e-9) * tick if buys else math.floor(price / tick + 1e-9) * tick

    def in_lots(self, quantity: float) -> float:
        lot = self.rules.lot_step
        return math.floor(quantity / lot + 1e-9) * lot if lot else quantity

    def room(self, bar: Bar) -> float:
        """What the participation cap still allows in this bar."""
        cap = self.rules.max_participation
        return max(cap * (bar.volume or 0.0) - self.traded, 0.0) if cap else math.inf

    @property
    def has_atr_stops(self) -> bool:
        return self.rules.stop_loss_atr + self.rules.take_profit_atr + self.rules.trailing_stop_atr > 0.0

    @property
    def has_stops(self) -> bool:
        return self.rules.stop_loss + self.rules.take_profit + self.rules.trailing_stop > 0.0 or self.has_atr_stops

    def fill(self, t: int, phase: int, after: float, price: float, moved: float, rate: float, reason: str) -> None:
        after = 0.0 if abs(after) < DUST * self.largest else after
        change = after - self.held if after else -self.held
        fee = abs(change) * moved * rate
        if after and abs(after) > abs(self.held):
            before = abs(self.held)
            self.entry = (self.entry * before + moved * abs(change)) / abs(after) if before else moved
            self.best = self.best if before else moved
            self.entered = self.entered if before else t
            self.atr = self.atr if before or not self.has_atr_stops else self.atr_before
        self.cash = self.cash - change * moved - fee
        self.held = after
        self.largest = max(self.largest, abs(after)) if after else 0.0
        self.traded += abs(change)
        if reason == "ruin":  # what rounding leaves above 0 is none
            self.cash, self.ruined = min(self.cash, 0.0), True
        self.fills.append(Fill(t, phase, change, after, moved, fee, abs(change) * abs(moved - price), reason))
        if after == 0.0:
            self.profits.append(self.cash - self.flat_cash)
            self.flat_cash = self.cash

    def close_out(self, t: int, bar: Bar, phase: int, price: float, reason: str, *, whole: bool = False) -> bool:
        """Sell (or buy back) the position with a market order; False if the participation cap left some of it."""
        quantity, room = abs(self.held), self.room(bar)
        buys = self.held < 0.0
        if not whole and quantity - room > DUST * self.largest:
            self.capped.append(t)
            quantity = self.in_lots(room)
            if quantity > 0.0:
                change = quantity if buys else -quantity
                after = self.rounded(self.held + change)
                self.fill(t, phase, after, price, self.moved(price, buys, change, bar), self.rules.taker_fee, reason)
            return self.held == 0.0
        moved = self.moved(price, buys, quantity, bar)
        self.fill(t, phase, 0.0, price, moved, self.rules.taker_fee, reason)
        return True

    def rounded(self, quantity: float) -> float:
        lot = self.rules.lot_step
        return round(quantity / lot) * lot if lot else quantity

    def solve(self, weight: float, moved: float, buys: bool, fee: float) -> float:
        """Quantity at which the position is `weight` times the equity that is left after the fee; on its own side."""
        rate = fee if buys else -fee
        quantity = weight * (self.cash + (1.0 + rate) * self.held * moved) / (moved * (1.0 + rate * weight))
        return max(quantity, 0.0) if weight > 0.0 else min(quantity, 0.0)

    def work(self, t: int, bar: Bar, weight: float, why: str) -> bool:
        """Fill a waiting order at the open; True once nothing of it is left."""
        price = bar.open
        if self.held and (weight == 0.0 or (weight > 0.0) != (self.held > 0.0)):
            if not self.close_out(t, bar, OPEN, price, "reversal" if weight else why):
                return False
        elif self.held and self.cash + self.held * price <= 0.0:
            self.close_out(t, bar, OPEN, price, "ruin", whole=True)
        if self.held == 0.0 and self.cash <= 0.0:
            self.ruined = True
            return True
        if weight and self.held == 0.0 and self.rules.entry_type:
            return False
        return weight == 0.0 or self.move_to(t, bar, weight, why, Place(OPEN, bar.open))

    def place_entry(self, close: float, weight: float) -> None:
        """An entry order, relative to the close of the decision; a limit is rounded away from the market."""
        is_limit, buys = self.rules.entry_type == 1, weight > 0.0
        below = is_limit == buys
        level = close * (1.0 - self.rules.entry_offset if below else 1.0 + self.rules.entry_offset)
        self.entry_level, self.entry_bars = self.on_tick(level, not below), 0

    def work_entry(self, t: int, bar: Bar, weight: float) -> bool:
        """Let the entry order work in a bar that trades; True once it waits no more."""
        rules, side, new = self.rules, 1.0 if weight > 0.0 else -1.0, self.entry_bars == 0
        self.entry_bars += 1
        low, high = (bar.low, bar.high) if side > 0.0 else (bar.high, bar.low)
        place = None
        if rules.entry_type == 1:
            through = self.entry_level - side * (rules.entry_through_ticks * rules.tick_size)
            at, through_at = (side * level * (1.0 + side * TOUCH) for level in (self.entry_level, through))
            if new and side * bar.open <= at:
                place = Place(OPEN, bar.open, limit=self.entry_level)
            elif side * bar.open <= through_at:
                place = Place(OPEN, bar.open, maker=True)
            elif side * low <= through_at:
                place = Place(WITHIN, self.entry_level, maker=True)
        else:
            at = side * self.entry_level * (1.0 - side * TOUCH)
            if side * bar.open >= at:
                place = Place(OPEN, bar.open)
            elif side * high >= at:
                place = Place(WITHIN, self.entry_level)
        if place is not None:
            done = self.move_to(t, bar, weight, "target", place) or self.held != 0.0
            self.entered_inside = place.phase == WITHIN and self.held != 0.0
            if done:
                return True
        if self.entry_bars == rules.entry_expires_bars:
            self.refused.append((t, "expired"))
            return True
        return False

    def move_to(self, t: int, bar: Bar, weight: float, why: str, place: Place) -> bool:
        """Open or resize on the weight's own side."""
        price, rules = place.price, self.rules
        fee = rules.maker_fee if place.maker else rules.taker_fee
        value = self.held * price
        wanted = weight * (self.cash + value)
        if wanted == value:
            return True
        buys = wanted > value
        sign = 1.0 if buys else -1.0
        moved = self.on_tick(price if place.maker else price * (1.0 + sign * rules.slippage), buys)
        moved = moved if place.limit is None else sign * min(sign * moved, sign * place.limit)
        after, room = self.solve(weight, moved, buys, fee), self.room(bar)
        if rules.impact and not place.maker:
            moved = self.moved(price, buys, min(max(sign * (after - self.held), 0.0), room), bar)
            moved = moved if place.limit is None else sign * min(sign * moved, sign * place.limit)
            after = self.solve(weight, moved, buys, fee)
        if sign * (after - self.held) <= 0.0:
            self.refused.append((t, "costs_reverse"))
            return True
        quantity = self.in_lots(sign * (after - self.held))
        too_small = self.too_small(quantity, moved)
        if too_small:
            self.refused.append((t, too_small))
            return True
        capped = quantity - room > DUST * quantity
        if capped:
            self.capped.append(t)
            quantity = self.in_lots(room)
            too_small = self.too_small(quantity, moved)
        if not too_small:
            after = self.rounded(self.held + sign * quantity) if capped or rules.lot_step else after
            self.fill(t, place.phase, after, price, moved, fee, "rebalance" if why == "rebalance" else "target")
        return not capped

    def too_small(self, quantity: float, moved: float) -> str:
        """Why the market refuses a quantity in whole lots, if it does."""
        if quantity <= 0.0:
            return "below_lot_step"
        return "below_min_notional" if quantity * moved < self.rules.min_notional else ""

    def leaving(self, working: bool, weight: float) -> bool:
        """Whether the order that waits leaves the position."""
        return working and (weight == 0.0 or (weight > 0.0) != (self.held > 0.0))

    def inside(self, t: int, bar: Bar, leaving: bool) -> str:
        """Stops, take-profit and ruin inside a bar; why, if the cap cut a stop short. A position that an order is
        leaving has no levels any more, but may be ruined."""
        unfinished, phase, price = "", OPEN, bar.open
        if self.entered_inside:
            phase, price = WITHIN, self.entry_level
        if self.has_stops and not leaving:
            unfinished, phase, price = self.check_stops(t, bar, phase, price)
        if self.held:
            self.check_ruin(t, bar, phase, price)
        if self.entered_inside:
            return unfinished
        self.best = max(self.best, bar.high) if self.held > 0.0 else min(self.best, bar.low)
        return unfinished

    def check_ruin(self, t: int, bar: Bar, phase: int, price: float) -> None:
        """Where equity is 0: here already, or on the way to the bar's worst price."""
        side = 1.0 if self.held > 0.0 else -1.0
        ruin = -self.cash / self.held
        ruin_at = side * ruin * (1.0 + side * TOUCH)
        if side * price <= ruin_at:
            self.close_out(t, bar, phase, price, "ruin", whole=True)
        elif side * (bar.low if side > 0.0 else bar.high) <= ruin_at:
            self.close_out(t, bar, WITHIN, ruin, "ruin", whole=True)

    def check_stops(self, t: int, bar: Bar, phase: int, price: float) -> tuple[str, int, float]:
        """The nearest of stop-loss, trailing stop and ruin, and the take-profit, from a place in the bar on; what
        `inside` goes on from: why, if the cap cut the exit short, and where in the bar it was."""
        rules, side = self.rules, 1.0 if self.held > 0.0 else -1.0
        stop = trail = -side * math.inf
        profit_level = side * math.inf
        if rules.stop_loss or rules.stop_loss_atr:
            stop = self.entry * (1.0 - side * rules.stop_loss) - side * (rules.stop_loss_atr * self.atr)
        if rules.trailing_stop or rules.trailing_stop_atr:
            trail = self.best * (1.0 - side * rules.trailing_stop) - side * (rules.trailing_stop_atr * self.atr)
        if rules.take_profit or rules.take_profit_atr:
            profit_level = self.entry * (1.0 + side * rules.take_profit) + side * (rules.take_profit_atr * self.atr)
        level, reason = (stop, "stop_loss") if side * stop >= side * trail else (trail, "trailing_stop")
        ruin = -self.cash / self.held
        if side * ruin > side * level:
            level, reason = ruin, "ruin"
        adverse, favourable = (bar.low, bar.high) if side > 0.0 else (bar.high, bar.low)
        stop_at, profit_at = level * (1.0 + side * TOUCH), profit_level * (1.0 - side * TOUCH)
        if side * price <= side * stop_at:
            done = self.close_out(t, bar, phase, price, reason, whole=reason == "ruin")
            return "" if done else reason, phase, price
        if side * price >= side * profit_at and not self.entered_inside:
            self.take_profit(t, price, phase)
            return "", phase, price
        stopped = side * adverse <= side * stop_at
        reached = side * favourable >= side * profit_at and not self.entered_inside
        if stopped and reached:
            first = self.look_inside(bar, stop_at, profit_at, side)
            self.ambiguous += first == ""
            reached = first == "take_profit" or (first == "" and rules.optimistic)
            stopped = not reached
        if stopped:
            done = self.close_out(t, bar, WITHIN, level, reason, whole=reason == "ruin")
            return "" if done else reason, WITHIN, level
        if reached:
            self.take_profit(t, profit_level, WITHIN)
        return "", phase, price

    def take_profit(self, t: int, price: float, phase: int) -> None:
        """A limit order: no slippage, no impact, no cap, the maker's fee."""
        self.fill(t, phase, 0.0, price, self.on_tick(price, self.held < 0.0), self.rules.maker_fee, "take_profit")

    @staticmethod
    def look_inside(bar: Bar, level: float, profit_level: float, side: float) -> str:
        """Which one the intrabar data met first: "stop", "take_profit", or "" if they do not say."""
        for high, low in bar.fine:
            adverse, favourable = (low, high) if side > 0.0 else (high, low)
            stopped, reached = side * adverse <= side * level, side * favourable >= side * profit_level
            if stopped or reached:
                return "" if stopped and reached else "stop" if stopped else "take_profit"
        return ""


def replay(  # noqa: C901 - one loop on purpose: it is read as the specification
    bars: Sequence[Bar],
    targets: Sequence[float],
    rules: Rules,
    *,
    cash: float,
    sizes: Sequence[float] | None = None,
    first: int = 0,
) -> Replay:
    """Walk the bars. Targets are what the run's direction allows; sizes are the sizing model's fractions."""
    account = Replay(rules, cash, flat_cash=cash)
    asked, weight, why, working = 0.0, 0.0, "target", False
    peak, resume, paused = cash, -1, False  # of the drawdown limit
    before = cash  # equity at the close before
    for t in range(first, len(bars)):
        bar = bars[t]
        account.traded, account.entered_inside = 0.0, False
        trades = bar.volume != 0.0
        # The open: a new target replaces what waits; an old one may have drifted out of its band.
        if t > 0 and trades and not account.ruined:
            blocked = t - 1 < resume
            wanted, size = 0.0 if blocked else targets[t - 1], sizes[t - 1] if sizes else 1.0
            account.atr_before = bars[t - 1].atr
            if account.has_atr_stops and math.isnan(account.atr_before):
                size = 0.0
            if wanted != asked:
                asked, weight, working = wanted, wanted * size, True
                why = "drawdown_limit" if blocked else "target"
                if wanted != 0.0 and weight == 0.0:
                    account.refused.append((t, "size_zero"))
                if rules.entry_type and weight:
                    account.place_entry(bars[t - 1].close, weight)
            elif rules.max_bars and account.held and t - account.entered >= rules.max_bars:
                if not account.leaving(working, weight):
                    weight, working, why = 0.0, True, "time"
            elif rules.rebalance_band and not working and account.held and before > 0.0:
                share = account.held * bars[t - 1].close / before
                if abs(share - asked * size) > rules.rebalance_band:
                    weight, working, why = asked * size, True, "rebalance"
                    if weight == 0.0:
                        account.refused.append((t, "size_zero"))
            elif working and weight != 0.0 and size == 0.0:  # what a cap left waiting
                weight = 0.0
                account.refused.append((t, "size_zero"))
            if working:
                working = not account.work(t, bar, weight, why)
            if rules.entry_type and working and weight and not account.held:
                working = not account.work_entry(t, bar, weight)
            # The inside: levels are those of what is held now; what a stop leaves waits as an order to be flat.
            if account.held and not account.ruined:
                unfinished = account.inside(t, bar, account.leaving(working, weight))
                if unfinished:
                    weight, working, why = 0.0, True, unfinished
                working = working and account.held != 0.0
        # The close: funding, ruin, the end, the mark, the drawdown limit.
        if bar.funding and account.held:
            paid = account.held * bar.close * bar.funding
            account.cash -= paid
            account.funding += paid
        if account.held and not account.ruined and account.cash + account.held * bar.close <= 0.0:
            account.close_out(t, bar, CLOSE, bar.close, "ruin", whole=True)
        if rules.flatten_at_end and t == len(bars) - 1 and account.held and trades:
            account.close_out(t, bar, CLOSE, bar.close, "end", whole=True)
        before = account.cash + account.held * bar.close
        account.ruined = account.ruined or before <= 0.0
        account.equity.append(before)
        account.holding.append(account.held)
        if rules.drawdown_limit and t >= resume:
            peak, paused = (before if paused else max(peak, before)), False
            if before < peak * (1.0 - rules.drawdown_limit):
                resume, paused = t + rules.cooldown_bars, True
    return account


def summed(account: Replay) -> dict[str, Any]:
    """What both kernels count, from the fills and the curve."""
    fills = account.fills
    return {
        "n_trades": len(account.profits),
        "n_wins": sum(p > 0.0 for p in account.profits),
        "sum_profit": sum(p for p in account.profits if p > 0.0),
        "sum_loss": -sum(p for p in account.profits if p < 0.0),
        "fees": sum(f.fee for f in fills),
        "slippage": sum(f.slippage for f in fills),
        "funding": account.funding,
        "notional": sum(abs(f.change) * f.price for f in fills),
        "bars_in_position": sum(h != 0.0 for h in account.holding),
        "ambiguous_exits": account.ambiguous,
        "refused_orders": len(account.refused),
        "ruined": float(account.ruined),
        "n_fills": len(fills),
        "capped_fills": len(account.capped),
    }
