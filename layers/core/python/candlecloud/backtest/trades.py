"""Trades: closed round trips, from flat to flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.orders import Fill
from candlecloud.backtest.trade_figures import TradeFigures
from candlecloud.features.bars import Bars


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade(TradeFigures):
    """One round trip.

    Attributes
    ----------
    entry_time, exit_time : int
        ms UTC: the open of the bar for a fill at the open, else its close (a fill within a bar has no time of its own).
    """

    entry_time: int
    exit_time: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def trades_from_fills(
    fills: Sequence[Fill], profits: Sequence[float], bars: Bars, funding: FloatArray | None = None
) -> list[Trade]:
    """Group fills into closed trades.

    Parameters
    ----------
    fills : sequence of Fill
        In time order; those after the last return to flat belong to an open position and make no trade.
    profits : sequence of float
        Quote currency per closed trade, as the engine counted them.
    funding : FloatArray, as long as the bars, or None
        Rate due at each bar's close.
    """
    due = None if funding is None else bars.close * funding
    trades: list[Trade] = []
    start = 0
    for stop, fill in enumerate(fills, 1):
        if fill.held == 0.0:
            trades.append(_trade(fills[start:stop], profits[len(trades)], bars, due))
            start = stop
    return trades


def _trade(fills: Sequence[Fill], pnl: float, bars: Bars, due: FloatArray | None) -> Trade:
    entry, last = fills[0], fills[-1]
    is_long = entry.quantity > 0.0
    inward = [f for f in fills if (f.quantity > 0.0) == is_long]
    outward = [f for f in fills if (f.quantity > 0.0) != is_long]
    quantity = sum(abs(f.quantity) for f in inward)
    notional = sum(abs(f.quantity) * f.price for f in inward)
    entry_time, exit_time = time_of_fill(entry, bars), time_of_fill(last, bars)
    down, up = _excursions(entry.bar + (entry.phase == "within"), last, notional / quantity, bars)
    return Trade(
        direction="long" if is_long else "short",
        entry_time=entry_time,
        exit_time=exit_time,
        entry_price=notional / quantity,
        exit_price=sum(abs(f.quantity) * f.price for f in outward) / sum(abs(f.quantity) for f in outward),
        quantity=quantity,
        fees=sum(f.fee for f in fills),
        slippage=sum(f.slippage for f in fills),
        funding=0.0 if due is None else _funding(fills, due),
        pnl=pnl,
        return_fraction=pnl / notional,
        mae=down if is_long else up,
        mfe=up if is_long else down,
        holding_bars=_first_close(last) - _first_close(entry),
        holding_seconds=(exit_time - entry_time) // 1000,
        exit_reason=last.reason,
    )


def _excursions(start: int, last: Fill, entry_price: float, bars: Bars) -> tuple[float, float]:
    """How far below and above the entry price the bars went, as fractions of it."""
    stop = last.bar + (last.phase == "close")
    lows, highs = [entry_price], [entry_price]
    if stop > start:
        lows.append(float(bars.low[start:stop].min()))
        highs.append(float(bars.high[start:stop].max()))
    if last.phase == "within":
        lows.append(last.price)
        highs.append(last.price)
    return 1.0 - min(lows) / entry_price, max(highs) / entry_price - 1.0


def _funding(fills: Sequence[Fill], due: FloatArray) -> float:
    """Position times what was due at the closes that it was held over."""
    return sum(a.held * float(np.add.reduce(due[_first_close(a) : _first_close(b)])) for a, b in pairwise(fills))


def _first_close(fill: Fill) -> int:
    """First close after a fill: funding is paid before a fill at a close."""
    return fill.bar + (fill.phase == "close")


def time_of_fill(fill: Fill, bars: Bars) -> int:
    """The bar's open for a fill at it, else its close."""
    return int(bars.open_time[fill.bar] if fill.phase == "open" else bars.close_time[fill.bar])
