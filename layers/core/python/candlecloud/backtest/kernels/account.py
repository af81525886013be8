"""The account of the path form: how an order fills, and what stops do inside a bar.

Every rule of `docs/backtest_semantics.md`, one position at a time. `account.pxd` types it for Cython; uncompiled it
gives the same bits. Floor is written ``x // 1.0``, which is the same in both.

Codes. Moments: 0 open, 1 within, 2 close. Reasons: 0 target, 1 reversal, 2 end, 3 ruin, 4 stop_loss, 5 take_profit,
6 trailing_stop, 7 drawdown_limit, 8 rebalance. Notes: 0 size_zero, 1 below_lot_step, 2 below_min_notional,
3 costs_reverse, 4 capped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_FAR = 1.7976931348623157e308  # a price that no bar reaches


class Account:
    """Cash, one position, the order that waits, and what has been counted so far."""

    open: Any
    high: Any
    low: Any
    close: Any
    volume: Any
    target: Any
    size: Any
    funding: Any
    fine_start: Any
    fine_high: Any
    fine_low: Any
    equity: Any
    fill_codes: Any
    fill_numbers: Any
    profits: Any
    notes: Any
    n: int
    first: int
    size_step: int
    recording: bool
    has_funding: bool
    has_fine: bool
    held: float
    cash: float
    entry: float
    best: float
    level: float
    level_reason: int

    def begin(self, rules: Sequence[float], initial_equity: float) -> None:
        """Rules in the order of `Execution.rules`, the targets allowed; nothing held, nothing counted."""
        self.taker_fee, self.maker_fee, self.slippage_rate, self.impact = rules[0], rules[1], rules[2], rules[3]
        self.participation, self.stop_loss, self.take_profit = rules[4], rules[5], rules[6]
        self.trailing_stop = rules[7]
        self.drawdown_limit, self.cooldown_bars, self.band, self.tick = rules[8], int(rules[9]), rules[10], rules[11]
        self.lot, self.min_notional, self.flatten, self.optimistic = rules[12], rules[13], rules[14] > 0, rules[15] > 0
        self.lowest, self.highest = rules[16], rules[17]
        self.has_stops = self.stop_loss + self.take_profit + self.trailing_stop > 0.0
        self.cash = self.flat_cash = self.before = self.peak = self.limit_peak = initial_equity
        self.held = self.entry = self.best = self.asked = self.weight = self.bar_volume = 0.0
        self.fees = self.slippage = self.notional = self.sum_profit = self.sum_loss = self.funding_paid = 0.0
        self.sum_returns = self.sum_squares = self.sum_negative_squares = self.sum_equity = self.max_drawdown = 0.0
        self.working = self.paused = self.ruined = False
        self.n_fills = self.n_trades = self.n_wins = self.n_refused = self.n_capped = self.ambiguous = 0
        self.bars_in_position = self.longest = self.why = self.bar = 0
        self.resume, self.last_peak = -1, self.first - 1

    def finish(self, row: Any, left: Any) -> None:
        """The columns of `metrics.tallies.COLUMNS`, and what a result says of the end."""
        left[0], left[1], left[2], left[3], left[4] = self.cash, self.held, self.asked, self.weight, self.resume
        left[5] = self.working
        row[0], row[1], row[2] = self.before, self.n_trades, self.n_wins
        row[3], row[4], row[5], row[6] = self.sum_profit, self.sum_loss, self.fees, self.slippage
        row[7], row[8], row[9] = self.funding_paid, self.notional, self.bars_in_position
        row[10], row[11], row[12] = self.sum_returns, self.sum_squares, self.sum_negative_squares
        row[13], row[14], row[15] = self.sum_equity, self.max_drawdown, max(self.longest, self.n - self.last_peak - 1)
        row[16], row[17], row[18] = self.ambiguous, self.n_refused, self.ruined
        row[19], row[20] = self.n_fills, self.n_capped

    def fill(self, moment: int, after: float, price: float, moved: float, rate: float, reason: int) -> None:
        change = after - self.held if after != 0.0 else -self.held
        size = abs(change)
        fee = size * moved * rate
        slippage = size * abs(moved - price)
        if after != 0.0 and abs(after) > abs(self.held):
            before = abs(self.held)
            if before != 0.0:
                self.entry = (self.entry * before + moved * size) / abs(after)
            else:
                self.entry = self.best = moved
        self.cash = self.cash - change * moved - fee
        self.held = after
        if self.recording:
            k = self.n_fills
            self.fill_codes[k, 0], self.fill_codes[k, 1], self.fill_codes[k, 2] = self.bar, moment, reason
            self.fill_numbers[k, 0], self.fill_numbers[k, 1], self.fill_numbers[k, 2] = change, after, moved
            self.fill_numbers[k, 3], self.fill_numbers[k, 4] = fee, slippage
        self.n_fills += 1
        self.fees += fee
        self.slippage += slippage
        self.notional += size * moved
        if after == 0.0:
            self.end_trade()

    def end_trade(self) -> None:
        profit = self.cash - self.flat_cash
        self.flat_cash = self.cash
        if self.recording:
            self.profits[self.n_trades] = profit
        self.n_trades += 1
        if profit > 0.0:
            self.n_wins += 1
            self.sum_profit += profit
        elif profit < 0.0:
            self.sum_loss -= profit

    def note(self, code: int) -> None:
        if self.recording:
            k = self.n_refused + self.n_capped
            self.notes[k, 0], self.notes[k, 1] = self.bar, code
        if code == 4:
            self.n_capped += 1
        else:
            self.n_refused += 1

    def moved(self, price: float, buys: bool, size: float) -> float:
        """The price of a market order: against us by slippage and impact, then to the next worse tick."""
        rate = self.slippage_rate
        if self.impact != 0.0:
            share = self.participation
            if self.bar_volume != 0.0:
                share = min(size / self.bar_volume, share)
            rate += self.impact * share
        return self.on_tick(price * (1.0 + rate) if buys else price * (1.0 - rate), buys)

    def on_tick(self, price: float, buys: bool) -> float:
        if self.tick == 0.0:
            return price
        if buys:
            return -((1e-9 - price / self.tick) // 1.0) * self.tick
        return ((price / self.tick + 1e-9) // 1.0) * self.tick

    def in_lots(self, quantity: float) -> float:
        return ((quantity / self.lot + 1e-9) // 1.0) * self.lot if self.lot != 0.0 else quantity

    def rounded(self, quantity: float) -> float:
        """The nearest whole number of lots, a half to the even one."""
        if self.lot == 0.0:
            return quantity
        lots = quantity / self.lot
        whole = lots // 1.0
        rest = lots - whole
        if rest > 0.5 or (rest == 0.5 and (whole * 0.5) // 1.0 * 2.0 != whole):
            whole += 1.0
        return whole * self.lot

    def close_out(self, moment: int, price: float, reason: int, whole: bool) -> bool:
        """Leave the position by a market order; False if the participation cap left some of it."""
        quantity, buys = abs(self.held), self.held < 0.0
        limit = self.participation * self.bar_volume
        if self.participation != 0.0 and not whole and quantity > limit:
            self.note(4)
            quantity = self.in_lots(limit)
            if quantity > 0.0:
                after = self.rounded(self.held + (quantity if buys else -quantity))
                self.fill(moment, after, price, self.moved(price, buys, quantity), self.taker_fee, reason)
            return self.held == 0.0
        self.fill(moment, 0.0, price, self.moved(price, buys, quantity), self.taker_fee, reason)
        return True

    def solve(self, weight: float, moved: float, buys: bool) -> float:
        """Quantity at which the position is `weight` times the equity that is left after the fee; on its own side."""
        rate = self.taker_fee if buys else -self.taker_fee
        quantity = weight * (self.cash + (1.0 + rate) * self.held * moved) / (moved * (1.0 + rate * weight))
        return max(quantity, 0.0) if weight > 0.0 else min(quantity, 0.0)

    def work(self, price: float) -> bool:
        """Fill the waiting order at the open; True once nothing of it is left."""
        weight = self.weight
        if self.held != 0.0 and (weight == 0.0 or (weight > 0.0) != (self.held > 0.0)):
            if not self.close_out(0, price, self.why if weight == 0.0 else 1, False):
                return False
        elif self.held != 0.0 and self.cash + self.held * price <= 0.0:
            self.close_out(0, price, 3, True)
        if self.held == 0.0 and self.cash <= 0.0:
            self.ruined = True
            return True
        return weight == 0.0 or self.move_to(price, weight)

    def move_to(self, price: float, weight: float) -> bool:
        """Open or resize on the weight's own side."""
        value = self.held * price
        wanted = weight * (self.cash + value)
        if wanted == value:
            return True
        buys = wanted > value
        sign = 1.0 if buys else -1.0
        moved = self.on_tick(price * (1.0 + sign * self.slippage_rate), buys)
        after = self.solve(weight, moved, buys)
        capped = False
        if self.participation != 0.0:
            limit = self.participation * self.bar_volume
            if self.impact != 0.0:
                moved = self.moved(price, buys, min(max(sign * (after - self.held), 0.0), limit))
                after = self.solve(weight, moved, buys)
            capped = sign * (after - self.held) > limit
            if capped:
                after = self.held + sign * limit
        if sign * (after - self.held) <= 0.0 and not capped:
            self.note(3)
            return True
        return self.trade_whole_lots(after, price, moved, sign, capped)

    def trade_whole_lots(self, after: float, price: float, moved: float, sign: float, capped: bool) -> bool:
        refusal = -1
        if self.lot != 0.0:
            lots = self.in_lots(sign * (after - self.held))
            after = self.rounded(self.held + sign * lots)
            if lots <= 0.0:
                refusal = 1
        if refusal < 0 and abs(after - self.held) * moved < self.min_notional:
            refusal = 2
        if capped:
            self.note(4)
        elif refusal >= 0:
            self.note(refusal)
        if refusal < 0 and after != self.held:
            self.fill(0, after, price, moved, self.taker_fee, 8 if self.why == 8 else 0)
        return not capped

    def set_levels(self) -> None:
        """Where the position is left: stop-loss or trailing stop, whichever is nearer, and take-profit."""
        side = 1.0 if self.held > 0.0 else -1.0
        stop = self.entry * (1.0 - side * self.stop_loss) if self.stop_loss != 0.0 else -side * _FAR
        trail = self.best * (1.0 - side * self.trailing_stop) if self.trailing_stop != 0.0 else -side * _FAR
        self.goal = self.entry * (1.0 + side * self.take_profit) if self.take_profit != 0.0 else side * _FAR
        if side * stop >= side * trail:
            self.level, self.level_reason = stop, 4
        else:
            self.level, self.level_reason = trail, 6

    def check_stops(self, t: int) -> int:
        """Stops and take-profit inside a bar; the stop's reason if the cap cut the exit short, else 0."""
        self.set_levels()
        level, goal, side = self.level, self.goal, 1.0 if self.held > 0.0 else -1.0
        high, low, price = self.high[t], self.low[t], self.open[t]
        worst, kindest = (low, high) if side > 0.0 else (high, low)
        stop_at, goal_at = level * (1.0 + side * 1e-15), goal * (1.0 - side * 1e-15)  # so near is a touch
        if side * price <= side * stop_at:
            return 0 if self.close_out(0, price, self.level_reason, False) else self.level_reason
        if side * price >= side * goal_at:
            self.take(0, price)
            return 0
        stopped, reached = side * worst <= side * stop_at, side * kindest >= side * goal_at
        if stopped and reached:
            first = self.finer(t, stop_at, goal_at, side)
            if first == 0:
                self.ambiguous += 1
            stopped = first == 1 or (first == 0 and not self.optimistic)
        if stopped:
            return 0 if self.close_out(1, level, self.level_reason, False) else self.level_reason
        if reached:
            self.take(1, goal)
        else:
            self.best = max(self.best, high) if side > 0.0 else min(self.best, low)
        return 0

    def take(self, moment: int, price: float) -> None:
        """A limit order: no slippage, no impact, no cap, the maker's fee."""
        self.fill(moment, 0.0, price, self.on_tick(price, self.held < 0.0), self.maker_fee, 5)

    def finer(self, t: int, level: float, goal: float, side: float) -> int:
        """Which one the finer candles met first: 1 the stop, 2 the goal, 0 if they do not say."""
        if not self.has_fine:
            return 0
        for k in range(self.fine_start[t], self.fine_start[t + 1]):
            high, low = self.fine_high[k], self.fine_low[k]
            worst, kindest = (low, high) if side > 0.0 else (high, low)
            stopped, reached = side * worst <= side * level, side * kindest >= side * goal
            if stopped or reached:
                return 0 if stopped and reached else 1 if stopped else 2
        return 0
