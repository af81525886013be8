"""The bar loop that the engine must equal, in plain Python and exact fractions; it shares no code with the product."""

from __future__ import annotations

from fractions import Fraction
from typing import Any


def dual_sma_targets(ticks: list[int], fast: int, slow: int) -> list[float]:
    """Sign of SMA(fast) - SMA(slow), compared as fractions."""
    targets = []
    for t in range(len(ticks)):
        if t + 1 < slow:
            targets.append(0.0)
            continue
        of_fast = Fraction(sum(ticks[t + 1 - fast : t + 1]), fast)
        of_slow = Fraction(sum(ticks[t + 1 - slow : t + 1]), slow)
        targets.append(1.0 if of_fast > of_slow else -1.0 if of_fast < of_slow else 0.0)
    return targets


def replay(  # noqa: C901 - one loop on purpose: it is read as the specification
    bars: list[tuple[float, float, float | None]],
    targets: list[float],
    *,
    fee: float,
    slip: float,
    cash: float,
    first: int = 0,
    flatten: bool = False,
) -> dict[str, Any]:
    """Walk (open, close, volume) bar by bar. Targets are what the run's direction allows."""
    held, asked, ruined = 0.0, 0.0, False
    flat_cash = cash
    equity: list[float] = []
    fills: list[tuple[int, bool, float, float, float]] = []
    profits: list[float] = []

    def fill(t: int, at_close: bool, after: float, price: float) -> None:
        nonlocal cash, held, flat_cash
        change = after - held if after else -held
        price = price * (1.0 + slip) if change > 0 else price * (1.0 - slip)
        paid = abs(change) * price * fee
        cash, held = cash - change * price - paid, after
        fills.append((t, at_close, change, price, paid))
        if held == 0.0:
            profits.append(cash - flat_cash)
            flat_cash = cash

    for t in range(first, len(bars)):
        open_, close, volume = bars[t]
        if t > 0 and volume != 0 and not ruined and targets[t - 1] != asked:
            asked = targets[t - 1]
            broke = held != 0 and cash + held * open_ <= 0
            if held != 0 and (broke or asked == 0 or (asked > 0) != (held > 0)):
                fill(t, False, 0.0, open_)
            if held == 0 and cash <= 0:
                ruined = True
            elif asked != 0:
                buys = asked * (cash + held * open_) > held * open_
                sells = asked * (cash + held * open_) < held * open_
                price = open_ * (1.0 + slip) if buys else open_ * (1.0 - slip)
                rate = fee if buys else -fee
                after = asked * (cash + (1.0 + rate) * held * price) / (price * (1.0 + rate * asked))
                after = 0.0 if (after > 0) != (asked > 0) else after
                if (buys and after > held) or (sells and after < held):
                    fill(t, False, after, open_)
        if held < 0 and not ruined and cash + held * close <= 0:
            fill(t, True, 0.0, close)
            ruined = True
        if flatten and t == len(bars) - 1 and held != 0 and volume != 0:
            fill(t, True, 0.0, close)
        equity.append(cash + held * close)
    return {"equity": equity, "fills": fills, "profits": profits, "cash": cash, "held": held, "ruined": ruined}
