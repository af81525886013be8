"""The account of the bar engine: how an order fills, and what stops do inside a bar.

Every rule of `docs/backtest_semantics.md`, one position at a time. `account.pxd` types it for Cython; uncompiled it
gives the same bits. Floor is written ``x // 1.0``, which is the same in both. Codes have the names of `layout`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

try:
    import cython  # type: ignore[import-untyped]
except ImportError:
    from candlecloud import cython_shim as cython

if not cython.compiled:
    from candlecloud.backtest.kernels.layout import CODE, COLUMN, FINAL, NOTE, NUMBER, PHASE, REASON, RULE
    from candlecloud.backtest.kernels.marks import begin_marks, count_stretch

_FAR = 1.7976931348623157e308  # a price that no bar reaches


class Account:
    """Cash, one position, the order that waits, and what has been counted so far."""

    opened: Any
    closed: Any
    open: Any
    high: Any
    low: Any
    close: Any
    volume: Any
    target: Any
    size: Any
    funding: Any
    intrabar_start: Any
    intrabar_high: Any
    intrabar_low: Any
    equity: Any
    fill_codes: Any
    fill_numbers: Any
    profits: Any
    notes: Any
    n: int
    start_bar: int
    size_step: int
    recording: bool
    has_funding: bool
    has_intrabar: bool
    held: float
    cash: float
    entry: float
    best: float
    level: float
    level_reason: int

    def begin(self, rules: Sequence[float], initial_equity: float) -> None:
        """Rules by `layout.RULE`; nothing held, nothing counted."""
        self.taker_fee, self.maker_fee = rules[RULE.taker_fee], rules[RULE.maker_fee]
        self.slippage_rate, self.impact = rules[RULE.slippage], rules[RULE.impact]
        self.participation, self.stop_loss = rules[RULE.max_participation], rules[RULE.stop_loss]
        self.take_profit, self.trailing_stop = rules[RULE.take_profit], rules[RULE.trailing_stop]
        self.drawdown_limit, self.cooldown_bars = rules[RULE.drawdown_limit], int(rules[RULE.cooldown_bars])
        self.band, self.tick, self.lot = rules[RULE.rebalance_band], rules[RULE.tick_size], rules[RULE.lot_step]
        self.min_notional, self.flatten = rules[RULE.min_notional], rules[RULE.flatten_at_end] > 0
        self.optimistic, self.lowest, self.highest = rules[RULE.optimistic] > 0, rules[RULE.lowest], rules[RULE.highest]
        self.has_stops = self.stop_loss + self.take_profit + self.trailing_stop > 0.0
        self.cash = self.flat_cash = self.limit_peak = initial_equity
        self.marks = begin_marks(self.start_bar, self.opened[self.start_bar], initial_equity)
        self.held = self.entry = self.best = self.asked = self.weight = self.bar_volume = 0.0
        self.fees = self.slippage = self.notional = self.sum_profit = self.sum_loss = self.funding_paid = 0.0
        self.working = self.paused = self.ruined = False
        self.n_fills = self.n_trades = self.n_wins = self.n_refused = self.n_capped = self.ambiguous = 0
        self.bars_in_position = self.why = self.bar = 0
        self.resume = -1

    def finish(self, row: Any, final_state: Any) -> None:
        """The row of statistics, and what a result says of the end."""
        final_state[FINAL.cash], final_state[FINAL.held] = self.cash, self.held
        final_state[FINAL.asked], final_state[FINAL.weight] = self.asked, self.weight
        final_state[FINAL.resume], final_state[FINAL.working] = self.resume, self.working
        marks = count_stretch(self.marks, self.n - 1, self.closed[self.n - 1])
        row[COLUMN.final_equity], row[COLUMN.ruined] = marks.before, self.ruined
        row[COLUMN.n_trades], row[COLUMN.n_wins], row[COLUMN.n_fills] = self.n_trades, self.n_wins, self.n_fills
        row[COLUMN.sum_profit], row[COLUMN.sum_loss] = self.sum_profit, self.sum_loss
        row[COLUMN.fees], row[COLUMN.slippage], row[COLUMN.funding] = self.fees, self.slippage, self.funding_paid
        row[COLUMN.notional], row[COLUMN.bars_in_position] = self.notional, self.bars_in_position
        row[COLUMN.sum_returns], row[COLUMN.sum_squares] = marks.returns, marks.squares
        row[COLUMN.sum_negative_squares], row[COLUMN.sum_equity] = marks.negatives, marks.equities
        row[COLUMN.max_drawdown], row[COLUMN.max_under_water_bars] = marks.deepest, marks.longest
        row[COLUMN.max_under_water_ms], row[COLUMN.capped_fills] = marks.longest_time, self.n_capped
        row[COLUMN.ambiguous_exits], row[COLUMN.refused_orders] = self.ambiguous, self.n_refused

    def fill(self, phase: int, after: float, price: float, moved: float, rate: float, reason: int) -> None:
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
            self.fill_codes[k, CODE.bar], self.fill_codes[k, CODE.phase] = self.bar, phase
            self.fill_codes[k, CODE.reason] = reason
            self.fill_numbers[k, NUMBER.change], self.fill_numbers[k, NUMBER.held] = change, after
            self.fill_numbers[k, NUMBER.price] = moved
            self.fill_numbers[k, NUMBER.fee], self.fill_numbers[k, NUMBER.slippage] = fee, slippage
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
        if code == NOTE.capped:
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

    def close_out(self, phase: int, price: float, reason: int, whole: bool) -> bool:
        """Leave the position by a market order; False if the participation cap left some of it."""
        quantity, buys = abs(self.held), self.held < 0.0
        limit = self.participation * self.bar_volume
        if self.participation != 0.0 and not whole and quantity > limit:
            self.note(NOTE.capped)
            quantity = self.in_lots(limit)
            if quantity > 0.0:
                after = self.rounded(self.held + (quantity if buys else -quantity))
                self.fill(phase, after, price, self.moved(price, buys, quantity), self.taker_fee, reason)
            return self.held == 0.0
        self.fill(phase, 0.0, price, self.moved(price, buys, quantity), self.taker_fee, reason)
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
            if not self.close_out(PHASE.open, price, self.why if weight == 0.0 else REASON.reversal, False):
                return False
        elif self.held != 0.0 and self.cash + self.held * price <= 0.0:
            self.close_out(PHASE.open, price, REASON.ruin, True)
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
            self.note(NOTE.costs_reverse)
            return True
        return self.trade_whole_lots(after, price, moved, sign, capped)

    def trade_whole_lots(self, after: float, price: float, moved: float, sign: float, capped: bool) -> bool:
        refusal = -1
        if self.lot != 0.0:
            lots = self.in_lots(sign * (after - self.held))
            after = self.rounded(self.held + sign * lots)
            if lots <= 0.0:
                refusal = NOTE.below_lot_step
        if refusal < 0 and abs(after - self.held) * moved < self.min_notional:
            refusal = NOTE.below_min_notional
        if capped:
            self.note(NOTE.capped)
        elif refusal >= 0:
            self.note(refusal)
        if refusal < 0 and after != self.held:
            reason = REASON.rebalance if self.why == REASON.rebalance else REASON.target
            self.fill(PHASE.open, after, price, moved, self.taker_fee, reason)
        return not capped

    def set_levels(self) -> None:
        """Where the position is left: stop-loss or trailing stop, whichever is nearer, and take-profit."""
        side = 1.0 if self.held > 0.0 else -1.0
        stop = self.entry * (1.0 - side * self.stop_loss) if self.stop_loss != 0.0 else -side * _FAR
        trail = self.best * (1.0 - side * self.trailing_stop) if self.trailing_stop != 0.0 else -side * _FAR
        self.profit_level = self.entry * (1.0 + side * self.take_profit) if self.take_profit != 0.0 else side * _FAR
        if side * stop >= side * trail:
            self.level, self.level_reason = stop, REASON.stop_loss
        else:
            self.level, self.level_reason = trail, REASON.trailing_stop

    def check_stops(self, t: int) -> int:
        """Stops and take-profit inside a bar; the stop's reason if the cap cut the exit short, else 0."""
        self.set_levels()
        level, profit_level, side = self.level, self.profit_level, 1.0 if self.held > 0.0 else -1.0
        high, low, price = self.high[t], self.low[t], self.open[t]
        adverse, favourable = (low, high) if side > 0.0 else (high, low)
        stop_at, profit_at = level * (1.0 + side * 1e-15), profit_level * (1.0 - side * 1e-15)  # so near is a touch
        if side * price <= side * stop_at:
            return 0 if self.close_out(PHASE.open, price, self.level_reason, False) else self.level_reason
        if side * price >= side * profit_at:
            self.take(PHASE.open, price)
            return 0
        stopped, reached = side * adverse <= side * stop_at, side * favourable >= side * profit_at
        if stopped and reached:
            first_met = self.look_inside(t, stop_at, profit_at, side)
            if first_met == 0:
                self.ambiguous += 1
            stopped = first_met == 1 or (first_met == 0 and not self.optimistic)
        if stopped:
            return 0 if self.close_out(PHASE.within, level, self.level_reason, False) else self.level_reason
        if reached:
            self.take(PHASE.within, profit_level)
        else:
            self.best = max(self.best, high) if side > 0.0 else min(self.best, low)
        return 0

    def take(self, phase: int, price: float) -> None:
        """A limit order: no slippage, no impact, no cap, the maker's fee."""
        self.fill(phase, 0.0, price, self.on_tick(price, self.held < 0.0), self.maker_fee, REASON.take_profit)

    def look_inside(self, t: int, stop_at: float, profit_at: float, side: float) -> int:
        """Which one the intrabar data met first: 1 the stop, 2 the take-profit, 0 if it does not say."""
        if not self.has_intrabar:
            return 0
        for k in range(self.intrabar_start[t], self.intrabar_start[t + 1]):
            high, low = self.intrabar_high[k], self.intrabar_low[k]
            adverse, favourable = (low, high) if side > 0.0 else (high, low)
            stopped, reached = side * adverse <= side * stop_at, side * favourable >= side * profit_at
            if stopped or reached:
                return 0 if stopped and reached else 1 if stopped else 2
        return 0
