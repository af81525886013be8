"""The account of the bar engine: how an order fills.

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

_DUST = 1e-12  # a rest below this fraction of the order, or of the most that the position held, is none
_ENDLESS = 1.7976931348623157e308  # a quantity that no order reaches


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
    atr: Any
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
    has_atr: bool
    held: float
    cash: float
    entry: float
    best: float
    traded: float

    def begin(self, rules: Sequence[float], initial_equity: float) -> None:
        """Rules by `layout.RULE`; nothing held, nothing counted."""
        self.taker_fee, self.maker_fee = rules[RULE.taker_fee], rules[RULE.maker_fee]
        self.slippage_rate, self.impact = rules[RULE.slippage], rules[RULE.impact]
        self.participation, self.stop_loss = rules[RULE.max_participation], rules[RULE.stop_loss]
        self.take_profit, self.trailing_stop = rules[RULE.take_profit], rules[RULE.trailing_stop]
        self.stop_loss_atr, self.take_profit_atr = rules[RULE.stop_loss_atr], rules[RULE.take_profit_atr]
        self.trailing_stop_atr, self.max_bars = rules[RULE.trailing_stop_atr], int(rules[RULE.max_bars])
        self.drawdown_limit, self.cooldown_bars = rules[RULE.drawdown_limit], int(rules[RULE.cooldown_bars])
        self.band, self.tick, self.lot = rules[RULE.rebalance_band], rules[RULE.tick_size], rules[RULE.lot_step]
        self.entry_type, self.entry_offset = int(rules[RULE.entry_type]), rules[RULE.entry_offset]
        self.entry_expires = int(rules[RULE.entry_expires_bars])
        self.entry_through = rules[RULE.entry_through_ticks] * rules[RULE.tick_size]
        self.min_notional, self.flatten = rules[RULE.min_notional], rules[RULE.flatten_at_end] > 0
        self.optimistic, self.lowest, self.highest = rules[RULE.optimistic] > 0, rules[RULE.lowest], rules[RULE.highest]
        self.has_stop_loss = self.stop_loss + self.stop_loss_atr > 0.0
        self.has_take_profit = self.take_profit + self.take_profit_atr > 0.0
        self.has_trailing_stop = self.trailing_stop + self.trailing_stop_atr > 0.0
        self.has_stops = self.has_stop_loss or self.has_take_profit or self.has_trailing_stop
        self.cash = self.flat_cash = self.limit_peak = initial_equity
        self.marks = begin_marks(self.start_bar, self.opened[self.start_bar], initial_equity)
        self.held = self.entry = self.best = self.asked = self.weight = self.bar_volume = 0.0
        self.largest = self.traded = self.entry_atr = 0.0
        self.fees = self.slippage = self.notional = self.sum_profit = self.sum_loss = self.funding_paid = 0.0
        self.working = self.paused = self.ruined = self.entered_inside = False
        self.entry_level, self.entry_bars = 0.0, 0
        self.n_fills = self.n_trades = self.n_wins = self.n_refused = self.n_capped = self.ambiguous = 0
        self.bars_in_position = self.why = self.bar = self.entered = 0
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
        if abs(after) < _DUST * self.largest:
            after = 0.0
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
                self.entered = self.bar
                if self.has_atr:
                    self.entry_atr = self.atr[self.bar - 1]
        self.cash = self.cash - change * moved - fee
        self.held = after
        self.largest = max(self.largest, abs(after)) if after != 0.0 else 0.0
        self.traded += size
        if reason == REASON.ruin:  # what rounding leaves above 0 is none
            self.cash, self.ruined = min(self.cash, 0.0), True
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
                share = min((self.traded + size) / self.bar_volume, share)
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

    def room(self) -> float:
        """What the participation cap still allows in this bar."""
        if self.participation == 0.0:
            return _ENDLESS
        return max(self.participation * self.bar_volume - self.traded, 0.0)

    def close_out(self, phase: int, price: float, reason: int, whole: bool) -> bool:
        """Leave the position by a market order; False if the participation cap left some of it."""
        quantity, buys = abs(self.held), self.held < 0.0
        room = self.room()
        if not whole and quantity - room > _DUST * self.largest:
            self.note(NOTE.capped)
            quantity = self.in_lots(room)
            if quantity > 0.0:
                after = self.rounded(self.held + (quantity if buys else -quantity))
                self.fill(phase, after, price, self.moved(price, buys, quantity), self.taker_fee, reason)
            return self.held == 0.0
        self.fill(phase, 0.0, price, self.moved(price, buys, quantity), self.taker_fee, reason)
        return True

    def leaving(self) -> bool:
        """Whether the order that waits leaves the position."""
        return self.working and (self.weight == 0.0 or (self.weight > 0.0) != (self.held > 0.0))

    def solve(self, weight: float, moved: float, buys: bool, fee: float) -> float:
        """Quantity at which the position is `weight` times the equity that is left after the fee; on its own side."""
        rate = fee if buys else -fee
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
        if weight == 0.0:
            return True
        if self.entry_type != 0 and self.held == 0.0:
            return False
        return self.move_to(PHASE.open, price, weight, False, 0.0)

    def move_to(self, phase: int, price: float, weight: float, maker: bool, limit: float) -> bool:
        """Open or resize on the weight's own side: as a maker or not, at no worse price than a limit above 0."""
        fee = self.maker_fee if maker else self.taker_fee
        value = self.held * price
        wanted = weight * (self.cash + value)
        if wanted == value:
            return True
        buys = wanted > value
        sign = 1.0 if buys else -1.0
        moved = self.on_tick(price if maker else price * (1.0 + sign * self.slippage_rate), buys)
        if limit != 0.0:
            moved = min(moved, limit) if buys else max(moved, limit)
        after = self.solve(weight, moved, buys, fee)
        room = self.room()
        if self.impact != 0.0 and not maker:
            moved = self.moved(price, buys, min(max(sign * (after - self.held), 0.0), room))
            if limit != 0.0:
                moved = min(moved, limit) if buys else max(moved, limit)
            after = self.solve(weight, moved, buys, fee)
        if sign * (after - self.held) <= 0.0:
            self.note(NOTE.costs_reverse)
            return True
        return self.trade_whole_lots(phase, after, price, moved, fee, sign, room)

    def trade_whole_lots(
        self, phase: int, after: float, price: float, moved: float, fee: float, sign: float, room: float
    ) -> bool:
        """Trade as much as lots and cap allow, unless it is too small in itself; True once nothing of it is left."""
        quantity = self.in_lots(sign * (after - self.held))
        refusal = self.too_small(quantity, moved)
        if refusal >= 0:
            self.note(refusal)
            return True
        capped = quantity - room > _DUST * quantity
        if capped:
            self.note(NOTE.capped)
            quantity = self.in_lots(room)
            refusal = self.too_small(quantity, moved)
        if refusal < 0:
            if capped or self.lot != 0.0:
                after = self.rounded(self.held + sign * quantity)
            reason = REASON.rebalance if self.why == REASON.rebalance else REASON.target
            self.fill(phase, after, price, moved, fee, reason)
        return not capped

    def too_small(self, quantity: float, moved: float) -> int:
        """Why the market refuses a quantity in whole lots, or -1."""
        if quantity <= 0.0:
            return NOTE.below_lot_step
        return NOTE.below_min_notional if quantity * moved < self.min_notional else -1
