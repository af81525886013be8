"""What happens to a position inside a bar: stop-loss, trailing stop, take-profit, ruin.

The rules are those of `docs/backtest_semantics.md`. `stops.pxd` types it for Cython; uncompiled it gives the same bits.
"""

from __future__ import annotations

try:
    import cython  # type: ignore[import-untyped]
except ImportError:
    from candlecloud import cython_shim as cython

from candlecloud.backtest.kernels.account import Account

if not cython.compiled:
    from candlecloud.backtest.kernels.layout import PHASE, REASON

_FAR = 1.7976931348623157e308  # a price that no bar reaches


class AccountWithStops(Account):
    """An account whose position can end inside a bar."""

    level: float
    profit_level: float
    level_reason: int
    place: int
    place_price: float

    def set_levels(self) -> None:
        """Where the position is left: stop-loss, trailing stop or ruin, whichever is nearest, and take-profit."""
        side = 1.0 if self.held > 0.0 else -1.0
        stop = trail = -side * _FAR
        self.profit_level = side * _FAR
        if self.has_stop_loss:
            stop = self.entry * (1.0 - side * self.stop_loss) - side * (self.stop_loss_atr * self.entry_atr)
        if self.has_trailing_stop:
            trail = self.best * (1.0 - side * self.trailing_stop) - side * (self.trailing_stop_atr * self.entry_atr)
        if self.has_take_profit:
            profit = self.take_profit_atr * self.entry_atr
            self.profit_level = self.entry * (1.0 + side * self.take_profit) + side * profit
        if side * stop >= side * trail:
            self.level, self.level_reason = stop, REASON.stop_loss
        else:
            self.level, self.level_reason = trail, REASON.trailing_stop
        ruin = -self.cash / self.held
        if side * ruin > side * self.level:
            self.level, self.level_reason = ruin, REASON.ruin

    def inside(self, t: int, leaving: bool) -> int:
        """All of it; the stop's reason if the cap cut the exit short, else 0. A position that an order is leaving has
        no levels any more, but may be ruined."""
        unfinished, self.place, self.place_price = 0, PHASE.open, self.open[t]
        if self.entered_inside:
            self.place, self.place_price = PHASE.within, self.entry_level
        if self.has_stops and not leaving:
            unfinished = self.check_stops(t)
        if self.held != 0.0:
            self.check_ruin(t)
            if not self.entered_inside:
                self.best = max(self.best, self.high[t]) if self.held > 0.0 else min(self.best, self.low[t])
        return unfinished

    def check_ruin(self, t: int) -> None:
        """Where equity is 0: here already, or on the way to the bar's worst price."""
        side = 1.0 if self.held > 0.0 else -1.0
        ruin = -self.cash / self.held
        ruin_at = side * ruin * (1.0 + side * 1e-15)
        if side * self.place_price <= ruin_at:
            self.close_out(self.place, self.place_price, REASON.ruin, True)
        elif side * (self.low[t] if side > 0.0 else self.high[t]) <= ruin_at:
            self.close_out(PHASE.within, ruin, REASON.ruin, True)

    def check_stops(self, t: int) -> int:
        """The levels inside a bar, from the place on; the stop's reason if the cap cut the exit short, else 0.

        In a bar of an entry inside it nobody knows what came before, so that only what is bad counts.
        """
        self.set_levels()
        level, profit_level, side = self.level, self.profit_level, 1.0 if self.held > 0.0 else -1.0
        high, low, price = self.high[t], self.low[t], self.place_price
        adverse, favourable = (low, high) if side > 0.0 else (high, low)
        stop_at, profit_at = level * (1.0 + side * 1e-15), profit_level * (1.0 - side * 1e-15)  # so near is a touch
        if side * price <= side * stop_at:
            return self.stop_out(self.place, price)
        if side * price >= side * profit_at and not self.entered_inside:
            self.take(self.place, price)
            return 0
        stopped = side * adverse <= side * stop_at
        reached = side * favourable >= side * profit_at and not self.entered_inside
        if stopped and reached:
            first_met = self.look_inside(t, stop_at, profit_at, side)
            if first_met == 0:
                self.ambiguous += 1
            stopped = first_met == 1 or (first_met == 0 and not self.optimistic)
        if stopped:
            return self.stop_out(PHASE.within, level)
        if reached:
            self.take(PHASE.within, profit_level)
        return 0

    def stop_out(self, phase: int, price: float) -> int:
        """Leave at the nearest level; its reason if the cap cut the exit short, else 0."""
        self.place, self.place_price = phase, price
        done = self.close_out(phase, price, self.level_reason, self.level_reason == REASON.ruin)
        return 0 if done else self.level_reason

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
