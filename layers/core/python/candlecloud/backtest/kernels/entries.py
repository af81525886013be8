"""Entry orders: a position that is opened inside a bar, by a limit or a stop.

The rules are those of `docs/backtest_semantics.md`. `entries.pxd` types it for Cython; uncompiled it gives the same
bits.
"""

from __future__ import annotations

try:
    import cython  # type: ignore[import-untyped]
except ImportError:
    from candlecloud import cython_shim as cython

from candlecloud.backtest.kernels.stops import AccountWithStops

if not cython.compiled:
    from candlecloud.backtest.kernels.layout import NOTE, PHASE

_LIMIT = 1


class AccountWithEntries(AccountWithStops):
    """An account that may open a position inside a bar."""

    def place_entry(self, close: float) -> None:
        """An entry order, relative to the close of the decision; a limit is rounded away from the market."""
        buys = self.weight > 0.0
        below = (self.entry_type == _LIMIT) == buys
        level = close * (1.0 - self.entry_offset if below else 1.0 + self.entry_offset)
        self.entry_level, self.entry_bars = self.on_tick(level, not below), 0

    def work_entry(self, t: int) -> None:
        """Let the entry order work in a bar that trades."""
        done = self.work_limit(t) if self.entry_type == _LIMIT else self.work_stop(t)
        self.entry_bars += 1
        if done or self.held != 0.0:
            self.working = False
        elif self.entry_bars == self.entry_expires:
            self.note(NOTE.expired)
            self.working = False

    def work_limit(self, t: int) -> bool:
        """True once nothing of it is left. At its first open it may be a market order, later it is a maker's."""
        level, price, weight = self.entry_level, self.open[t], self.weight
        side = 1.0 if weight > 0.0 else -1.0
        through = level - side * self.entry_through
        if self.entry_bars == 0 and side * price <= side * level * (1.0 + side * 1e-15):
            return self.move_to(PHASE.open, price, weight, False, level)
        through_at = side * through * (1.0 + side * 1e-15)
        if side * price <= through_at:
            return self.move_to(PHASE.open, price, weight, True, 0.0)
        if side * (self.low[t] if side > 0.0 else self.high[t]) <= through_at:
            return self.enter_inside(True)
        return False

    def work_stop(self, t: int) -> bool:
        """True once nothing of it is left: a market order when the price comes to its level."""
        level, price, weight = self.entry_level, self.open[t], self.weight
        side = 1.0 if weight > 0.0 else -1.0
        level_at = side * level * (1.0 - side * 1e-15)
        if side * price >= level_at:
            return self.move_to(PHASE.open, price, weight, False, 0.0)
        if side * (self.high[t] if side > 0.0 else self.low[t]) >= level_at:
            return self.enter_inside(False)
        return False

    def enter_inside(self, maker: bool) -> bool:
        done = self.move_to(PHASE.within, self.entry_level, self.weight, maker, 0.0)
        self.entered_inside = self.held != 0.0
        return done
