"""The bars in position of the path form on which nothing happens but the mark; nearly all time is spent here.

State lives in locals. A bar that may need more is left untouched to `path.step`, so a test here may be too careful but
never too lax.
"""

from __future__ import annotations

from candlecloud.backtest.kernels.account import Account

_FAR = 1.7976931348623157e308  # a price that no bar reaches


def alarm_level(floor: float, peak: float, deepest: float) -> float:
    """No equity above this makes a new deepest drawdown or touches the floor; a little high, for the rounding."""
    return max(floor, peak * (1.0 - deepest) + peak * 1e-12)


class SwiftAccount(Account):
    """An account that passes quiet bars quickly."""

    def ride(self, t: int, stop: int) -> int:
        """Mark bars in position up to the first one on which an order, a stop, ruin or the drawdown limit may act."""
        begin = t
        if self.drawdown_limit == 0.0:
            self.limit_peak = self.peak
        if self.has_stops or self.has_funding or self.band != 0.0:
            t = self.ride_guarded(t, stop)
        else:
            t = self.ride_plain(t, stop)
        self.bars_in_position += t - begin
        return t

    def ride_plain(self, t: int, stop: int) -> int:
        """Bars in position on which only a new target, ruin or the drawdown limit can act."""
        held, cash, asked, before = self.held, self.cash, self.asked, self.before
        peak, limit_peak, limited, keep = (
            self.peak,
            self.limit_peak,
            self.drawdown_limit != 0.0,
            1.0 - self.drawdown_limit,
        )
        gains, squares, negatives = self.sum_returns, self.sum_squares, self.sum_negative_squares
        equities, deepest, last_peak, longest = (
            self.sum_equity,
            self.max_drawdown,
            self.last_peak,
            self.longest,
        )
        floor = limit_peak * keep if limited else 0.0
        alarm = alarm_level(floor, peak, deepest)
        recording, first = self.recording, self.first
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
                self.equity[t - first] = equity
            t += 1
        self.before, self.peak, self.limit_peak = before, peak, limit_peak
        self.sum_returns, self.sum_squares, self.sum_negative_squares = gains, squares, negatives
        self.sum_equity, self.max_drawdown = equities, deepest
        self.last_peak, self.longest = last_peak, longest
        return t

    def ride_guarded(self, t: int, stop: int) -> int:  # noqa: C901 - the same with stops, band and funding
        """Bars in position with stops, a band or funding."""
        held, cash, asked, before = self.held, self.cash, self.asked, self.before
        peak, limit_peak, limited, keep = (
            self.peak,
            self.limit_peak,
            self.drawdown_limit != 0.0,
            1.0 - self.drawdown_limit,
        )
        gains, squares, negatives = self.sum_returns, self.sum_squares, self.sum_negative_squares
        equities, deepest, last_peak, longest = (
            self.sum_equity,
            self.max_drawdown,
            self.last_peak,
            self.longest,
        )
        floor = limit_peak * keep if limited else 0.0
        alarm = alarm_level(floor, peak, deepest)
        recording, first, has_stops, has_funding = self.recording, self.first, self.has_stops, self.has_funding
        band, trailing, best, paid_in_all = self.band, self.trailing_stop != 0.0, self.best, self.funding_paid
        side = 1.0 if held > 0.0 else -1.0
        factor, fixed = 1.0 - side * self.trailing_stop, self.entry * (1.0 - side * self.stop_loss)
        if self.stop_loss == 0.0:
            fixed = -side * _FAR
        self.set_levels()
        lower, upper = (self.level, self.goal) if side > 0.0 else (self.goal, self.level)
        while t < stop and self.target[t - 1] == asked:
            if band != 0.0:
                value = held * self.close[t - 1]
                drift = abs(value - asked * self.size[(t - 1) * self.size_step] * before)
                if drift > band * before - 1e-12 * (before + abs(value)):
                    break
            high, low = 0.0, 0.0
            if has_stops:
                price, high, low = self.open[t], self.high[t], self.low[t]
                if low <= lower or high >= upper or price <= lower or price >= upper or self.volume[t] == 0.0:
                    break
            price, paid = self.close[t], 0.0
            if has_funding and self.funding[t] != 0.0:
                paid = held * price * self.funding[t]
            equity = cash - paid + held * price
            if equity < alarm:
                if equity <= floor:
                    break
                deepest = max(deepest, 1.0 - equity / peak)
                alarm = alarm_level(floor, peak, deepest)
            cash -= paid
            paid_in_all += paid
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
            if trailing:
                if side > 0.0 and high > best:
                    best = high
                    lower = max(fixed, best * factor)
                elif side < 0.0 and low < best:
                    best = low
                    upper = min(fixed, best * factor)
            if recording:
                self.equity[t - first] = equity
            t += 1
        self.cash, self.best, self.funding_paid = cash, best, paid_in_all
        self.before, self.peak, self.limit_peak = before, peak, limit_peak
        self.sum_returns, self.sum_squares, self.sum_negative_squares = gains, squares, negatives
        self.sum_equity, self.max_drawdown = equities, deepest
        self.last_peak, self.longest = last_peak, longest
        return t
