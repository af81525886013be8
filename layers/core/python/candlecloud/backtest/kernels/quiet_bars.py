"""The bars of the bar engine on which nothing happens but the mark; nearly all time is spent here.

First a look ahead, some bars at a time: up to where no new target comes and no stop is near. Then the
marks up to there, with all state in locals. A bar that may need more is left untouched to `bar_engine.step`, so a
test here may be too careful but never too lax.
"""

from __future__ import annotations

try:
    import cython  # type: ignore[import-untyped]
except ImportError:
    from candlecloud import cython_shim as cython

from candlecloud.backtest.kernels.entries import AccountWithEntries

if not cython.compiled:
    from candlecloud.backtest.kernels.marks import alarm_level, mark_close


class FastAccount(AccountWithEntries):
    """An account that skips quiet bars."""

    def skip_quiet_bars(self, t: int) -> int:
        """Pass the bars from `t` on that only mark; the first bar that may need more."""
        if self.held != 0.0:
            if self.working or t - 1 < self.resume or self.marks.before <= 0.0 or self.asked == 0.0:
                return t
            stop = self.n - 1 if self.flatten else self.n
            if self.max_bars != 0:
                stop = min(stop, self.entered + self.max_bars)
            return self.skip_held_bars(t, stop)
        stop = t
        if self.ruined:
            stop = self.n
        elif self.working:
            return t
        elif t - 1 < self.resume:
            if self.asked == 0.0:
                stop = min(self.resume, self.n)
        else:
            stop = self.same_until(t, self.n)
        if stop > t:
            self.mark_flat_bars(t, stop)
        return max(t, stop)

    def mark_flat_bars(self, t: int, stop: int) -> None:
        """Every return is 0."""
        cash = self.cash
        self.marks.equities += cash * (stop - t)
        if cash >= self.marks.peak:
            self.marks.last_peak, self.marks.peak_time = stop - 1, self.closed[stop - 1]
        if self.recording:
            for k in range(t - self.start_bar, stop - self.start_bar):
                self.equity[k] = cash

    def same_until(self, t: int, stop: int) -> int:
        """The first bar before which the close wants another target."""
        low = high = self.asked
        if low == 0.0:  # what the direction does not allow counts as 0
            low, high = (-1.0 if self.lowest == 0.0 else 0.0), (1.0 if self.highest == 0.0 else 0.0)
        while t + 8 <= stop:
            changed = 0
            for k in range(t - 1, t + 7):
                changed += (self.target[k] < low) | (self.target[k] > high)
            if changed != 0:
                break
            t += 8
        while t < stop and low <= self.target[t - 1] <= high:
            t += 1
        return t

    def skip_held_bars(self, t: int, stop: int) -> int:
        """The same for bars in position."""
        if not self.has_stops:
            return self.mark_held_bars(t, stop)
        best = self.best
        quiet = self.quiet_until(t, stop)
        passed = self.mark_held_bars(t, quiet)
        if passed < quiet:  # the look ahead saw more than has happened
            for k in range(t, passed):
                best = max(best, self.high[k]) if self.held > 0.0 else min(best, self.low[k])
            self.best = best
        return passed

    def quiet_until(self, t: int, stop: int) -> int:  # noqa: C901 - two loops over the same locals
        """The first bar that a new target precedes, that has no volume, or that a stop meets."""
        self.set_levels()
        asked, best, is_long = self.asked, self.best, self.held > 0.0
        lower, upper = (self.level, self.profit_level) if is_long else (self.profit_level, self.level)
        lower, upper = lower * (1.0 + 4e-15), upper * (1.0 - 4e-15)  # no touch of a level is passed by
        factor = 1.0 - self.trailing_stop if is_long else 1.0 + self.trailing_stop
        trailing, distance = self.has_trailing_stop, self.trailing_stop_atr * self.entry_atr
        slack = 1.0 + 4e-15 if is_long else 1.0 - 4e-15
        while t < stop:
            last = min(t + 4, stop)
            if last == t + 4:
                bottom, top, least, most, idle = self.low[t], self.high[t], self.open[t], self.open[t], 0
                for k in range(t, t + 4):
                    bottom, top = min(bottom, self.low[k]), max(top, self.high[k])
                    least, most = min(least, self.open[k]), max(most, self.open[k])
                    idle += (self.volume[k] == 0.0) | (self.target[k - 1] != asked)
                ahead, below, above = max(best, top) if is_long else min(best, bottom), lower, upper
                if trailing and is_long:
                    below = max(lower, (ahead * factor - distance) * slack)
                elif trailing:
                    above = min(upper, (ahead * factor + distance) * slack)
                if idle == 0 and min(bottom, least) > below and max(top, most) < above:
                    best, lower, upper, t = ahead, below, above, last
                    continue
            while t < last:
                bottom, top = min(self.low[t], self.open[t]), max(self.high[t], self.open[t])
                if self.target[t - 1] != asked or self.volume[t] == 0.0 or bottom <= lower or top >= upper:
                    self.best = best
                    return t
                if is_long and self.high[t] > best:
                    best = self.high[t]
                    lower = max(lower, (best * factor - distance) * slack) if trailing else lower
                elif not is_long and self.low[t] < best:
                    best = self.low[t]
                    upper = min(upper, (best * factor + distance) * slack) if trailing else upper
                t += 1
        self.best = best
        return t

    def mark_held_bars(self, t: int, stop: int) -> int:
        """Mark bars in position up to the first on which a new target, the band, ruin or the drawdown limit may act."""
        if self.has_funding:
            return _mark_held_bars(self, t, stop, True, True)
        if self.band != 0.0 and self.held < 0.0:
            return _mark_held_bars(self, t, stop, True, True)
        if self.band != 0.0:
            return _mark_held_bars(self, t, stop, True, False)
        if self.held < 0.0:
            return _mark_held_bars(self, t, stop, False, True)
        return _mark_held_bars(self, t, stop, False, False)


def _mark_held_bars(account: FastAccount, t: int, stop: int, settles: bool, watches: bool) -> int:  # noqa: C901 - one loop
    """`settles`: a band or funding. `watches`: ruin inside a bar is possible. Constants where this is inlined."""
    begin, marks, held, cash, asked = t, account.marks, account.held, account.cash, account.asked
    limited, keep, limit_peak = account.drawdown_limit != 0.0, 1.0 - account.drawdown_limit, account.limit_peak
    marks.floor = limit_peak * keep if limited else 0.0
    marks.alarm = alarm_level(marks.peak, marks.deepest, marks.floor)
    has_funding, recording, band = account.has_funding, account.recording, account.band
    paid, funding_paid, is_long = 0.0, account.funding_paid, held > 0.0
    while t < stop and account.target[t - 1] == asked:
        if settles and band != 0.0:
            value = held * account.close[t - 1]
            drift = abs(value - asked * account.size[(t - 1) * account.size_step] * marks.before)
            if drift > band * marks.before - 1e-12 * (marks.before + abs(value)):
                break
        if watches:
            price = account.low[t] if is_long else account.high[t]
            if cash + held * price <= 1e-12 * abs(cash):
                break
        price = account.close[t]
        if settles and has_funding:
            paid = held * price * account.funding[t]
        equity = cash - paid + held * price
        if equity < marks.alarm and equity <= marks.floor:
            break
        if settles and has_funding:
            cash -= paid
            funding_paid += paid
        change = equity / marks.before - 1.0
        marks = mark_close(marks, t, account.opened[t], account.closed[t], equity, change)
        if limited and equity > limit_peak:
            limit_peak = equity
            marks.floor = limit_peak * keep
            marks.alarm = alarm_level(marks.peak, marks.deepest, marks.floor)
        if recording:
            account.equity[t - account.start_bar] = equity
        t += 1
    account.marks, account.cash, account.limit_peak, account.funding_paid = marks, cash, limit_peak, funding_paid
    account.bars_in_position += t - begin
    return t
