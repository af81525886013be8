"""Trades: closed round trips, from flat to flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from candlecloud.backtest.book import Fill, Reason
from candlecloud.features.bars import Bars


@dataclass(frozen=True)
class Trade:
    """One round trip.

    Attributes
    ----------
    entry_time, exit_time : int
        ms UTC: the open of the bar that filled, or its close for a fill at the close.
    quantity : float
        Base asset, all that was taken on (bought for a long, sold for a short).
    entry_price, exit_price : float
        Mean price of the fills in and out, slippage included, fees not.
    fees, slippage, pnl : float
        Quote currency; pnl is after both.
    return_fraction : float
        pnl over the notional taken on.
    holding_bars : int
        Closes that the position was held over.
    """

    direction: Literal["long", "short"]
    entry_time: int
    exit_time: int
    entry_price: float
    exit_price: float
    quantity: float
    fees: float
    slippage: float
    pnl: float
    return_fraction: float
    holding_bars: int
    holding_seconds: int
    exit_reason: Reason

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def trades_from_fills(fills: Sequence[Fill], profits: Sequence[float], bars: Bars) -> list[Trade]:
    """Group fills into closed trades.

    Parameters
    ----------
    fills : sequence of Fill
        In time order; those after the last return to flat belong to an open position and make no trade.
    profits : sequence of float
        Quote currency per closed trade, as the book counted them.
    """
    trades: list[Trade] = []
    start = 0
    for stop, fill in enumerate(fills, 1):
        if fill.held == 0.0:
            trades.append(_trade(fills[start:stop], profits[len(trades)], bars))
            start = stop
    return trades


def _trade(fills: Sequence[Fill], pnl: float, bars: Bars) -> Trade:
    entry, last = fills[0], fills[-1]
    is_long = entry.quantity > 0.0
    inward = [f for f in fills if (f.quantity > 0.0) == is_long]
    outward = [f for f in fills if (f.quantity > 0.0) != is_long]
    quantity = sum(abs(f.quantity) for f in inward)
    notional = sum(abs(f.quantity) * f.price for f in inward)
    entry_time, exit_time = _time(entry, bars), _time(last, bars)
    return Trade(
        direction="long" if is_long else "short",
        entry_time=entry_time,
        exit_time=exit_time,
        entry_price=notional / quantity,
        exit_price=sum(abs(f.quantity) * f.price for f in outward) / sum(abs(f.quantity) for f in outward),
        quantity=quantity,
        fees=sum(f.fee for f in fills),
        slippage=sum(f.slippage for f in fills),
        pnl=pnl,
        return_fraction=pnl / notional,
        holding_bars=last.bar - entry.bar + last.at_close,
        holding_seconds=(exit_time - entry_time) // 1000,
        exit_reason=last.reason,
    )


def _time(fill: Fill, bars: Bars) -> int:
    return int(bars.close_time[fill.bar] if fill.at_close else bars.open_time[fill.bar])
