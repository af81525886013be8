"""The bars of the path form on which nothing happens but the mark; nearly all time is spent here.

First a look ahead, some bars at a time: up to where no new target comes and no stop is near. Then the
marks up to there (`ride`), with all state in locals. A bar that may need more is left untouched to `path.step`, so a
test here may be too careful but never too lax.
"""

from __future__ import annotations

from candlecloud.backtest.kernels.account import Account

_FAR = 1.7976931348623157e308  # a price that no bar reaches


def alarm_level(floor: float, peak: float, deepest: float) -> float:
    """No equity above this makes a new deepest drawdown or touches the floor; a little high, for the rounding."""
    return max(floor, peak * (1.0 - deepest) + peak * 1e-12)


class SwiftAccount(Account):
    """An account that passes quiet bars quickly."""

    def coast(self, t: int) -> int:
        """Pass the bars from `t` on that only mark; the first bar that may need more."""
        if self.held != 0.0:
            if self.working or t - 1 < self.resume or self.before <= 0.0 or self.asked == 0.0:
                return t
            return self.ride(t, self.n - 1 if self.flatten else self.n)
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
            self.rest(t, stop)
        return max(t, stop)

    def rest(self, t: int, stop: int) -> None:
        """Mark flat bars: every return is 0."""
        cash = self.cash
        self.sum_equity += cash * (stop - t)
        if cash >= self.peak:
            self.last_peak = stop - 1
        if self.recording:
            for k in range(t - self.first, stop - self.first):
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

    def ride(self, t: int, stop: int) -> int:
        """The same for bars in position."""
        settles = self.has_funding or self.band != 0.0
        if not self.has_stops:
            return self.ride_settling(t, self.same_until(t, stop)) if settles else self.ride_plain(t, stop)
        best = self.best
        calm = self.calm_until(t, stop)
        passed = self.ride_settling(t, calm) if settles else self.ride_plain(t, calm)
        if passed < calm:  # the look ahead saw more than has happened
            for k in range(t, passed):
                best = max(best, self.high[k]) if self.held > 0.0 else min(best, self.low[k])
            self.best = best
        return passed

    def calm_until(self, t: int, stop: int) -> int:  # noqa: C901 - two loops over the same locals
        """The first bar that a new target precedes, that has no volume, or that a stop meets."""
        self.set_levels()
        asked, best, is_long = self.asked, self.best, self.held > 0.0
        lower, upper = (self.level, self.goal) if is_long else (self.goal, self.level)
        lower, upper = lower * (1.0 + 4e-15), upper * (1.0 - 4e-15)  # no touch of a level is passed by
        factor = (1.0 - self.trailing_stop) * (1.0 + 4e-15) if is_long else (1.0 + self.trailing_stop) * (1.0 - 4e-15)
        trailing = self.trailing_stop != 0.0
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
                    below = max(lower, ahead * factor)
                elif trailing:
                    above = min(upper, ahead * factor)
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
                    lower = max(lower, best * factor) if trailing else lower
                elif not is_long and self.low[t] < best:
                    best = self.low[t]
                    upper = min(upper, best * factor) if trailing else upper
                t += 1
        self.best = best
        return t

    def ride_plain(self, t: int, stop: int) -> int:
        """Mark bars in position up to the first one on which a new target, ruin or the drawdown limit may act."""
        begin = t
        held, cash, before, peak = self.held, self.cash, self.before, self.peak
        limited, keep = self.drawdown_limit != 0.0, 1.0 - self.drawdown_limit
        limit_peak = self.limit_peak if limited else peak
        gains, squares, negatives, equities = (
            self.sum_returns,
            self.sum_squares,
            self.sum_negative_squares,
            self.sum_equity,
        )
        deepest, last_peak, longest = self.max_drawdown, self.last_peak, self.longest
        floor = limit_peak * keep if limited else 0.0
        alarm = alarm_level(floor, peak, deepest)
        asked, recording = self.asked, self.recording
        while t < stop and self.target[t - 1] == asked:
            equity = cash + held * self.close[t]
            if equity < alarm:
                if equity <= floor:
                    break
                deepest = max(deepest, 1.0 - equity / peak)
                alarm = alarm_level(floor, peak, deepest)
            gain = equity / before - 1.0
            loss = min(gain, 0.0)
            gains += gain
            squares += gain * gain
            negatives += loss * loss
            equities += equity
            before = equity
            if equity >= limit_peak:
                limit_peak = equity
                if equity >= peak:
                    longest = max(longest, t - last_peak - 1)
                    peak, last_peak = equity, t
                floor = limit_peak * keep if limited else 0.0
                alarm = alarm_level(floor, peak, deepest)
            if recording:
                self.equity[t - self.first] = equity
            t += 1
        self.before, self.peak, self.limit_peak = before, peak, limit_peak
        self.sum_returns, self.sum_squares, self.sum_negative_squares = gains, squares, negatives
        self.sum_equity, self.max_drawdown = equities, deepest
        self.last_peak, self.longest = last_peak, longest
        self.bars_in_position += t - begin
        return t

    def ride_settling(self, t: int, stop: int) -> int:  # noqa: C901 - flags cost less than calls
        """Mark bars in position that pay funding or have a band, up to the first one on which something may act."""
        begin = t
        held, cash, before, peak = self.held, self.cash, self.before, self.peak
        limited, keep = self.drawdown_limit != 0.0, 1.0 - self.drawdown_limit
        limit_peak = self.limit_peak if limited else peak
        gains, squares, negatives, equities = (
            self.sum_returns,
            self.sum_squares,
            self.sum_negative_squares,
            self.sum_equity,
        )
        deepest, last_peak, longest = self.max_drawdown, self.last_peak, self.longest
        floor = limit_peak * keep if limited else 0.0
        alarm = alarm_level(floor, peak, deepest)
        has_funding, recording, band, paid, settled = (
            self.has_funding,
            self.recording,
            self.band,
            0.0,
            self.funding_paid,
        )
        asked = self.asked
        while t < stop:
            if band != 0.0:
                value = held * self.close[t - 1]
                drift = abs(value - asked * self.size[(t - 1) * self.size_step] * before)
                if drift > band * before - 1e-12 * (before + abs(value)):
                    break
            price = self.close[t]
            if has_funding:
                paid = held * price * self.funding[t]
            equity = cash - paid + held * price
            if equity < alarm:
                if equity <= floor:
                    break
                deepest = max(deepest, 1.0 - equity / peak)
                alarm = alarm_level(floor, peak, deepest)
            if has_funding:
                cash -= paid
                settled += paid
            gain = equity / before - 1.0
            loss = min(gain, 0.0)
            gains += gain
            squares += gain * gain
            negatives += loss * loss
            equities += equity
            before = equity
            if equity >= limit_peak:
                limit_peak = equity
                if equity >= peak:
                    longest = max(longest, t - last_peak - 1)
                    peak, last_peak = equity, t
                floor = limit_peak * keep if limited else 0.0
                alarm = alarm_level(floor, peak, deepest)
            if recording:
                self.equity[t - self.first] = equity
            t += 1
        self.cash, self.before, self.peak, self.limit_peak = cash, before, peak, limit_peak
        self.sum_returns, self.sum_squares, self.sum_negative_squares = gains, squares, negatives
        self.sum_equity, self.max_drawdown = equities, deepest
        self.last_peak, self.longest, self.funding_paid = last_peak, longest, settled
        self.bars_in_position += t - begin
        return t
