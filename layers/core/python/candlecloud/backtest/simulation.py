"""What a simulation leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from candlecloud.arrays import FloatArray
from candlecloud.backtest.book import Fill
from candlecloud.backtest.trades import Trade, trades_from_fills
from candlecloud.features.bars import Bars
from candlecloud.metrics.curves import drawdowns
from candlecloud.metrics.summary import Activity, Summary, summarise


@dataclass(frozen=True)
class Simulation:
    """Equity and fills of one target over the bars from `first` on.

    Attributes
    ----------
    equity : FloatArray
        Quote currency at the close of bars ``first, first + 1, ...``.
    profits : tuple of float
        Quote currency per closed trade.
    cash, quantity : float
        After the last bar: quote currency and base asset.
    waiting_target : float or None
        Target of an order that no bar has filled by the end.
    """

    bars: Bars
    first: int
    initial_equity: float
    equity: FloatArray
    fills: tuple[Fill, ...]
    profits: tuple[float, ...]
    cash: float
    quantity: float
    bars_in_position: int
    waiting_target: float | None
    ruined: bool

    @property
    def drawdown(self) -> FloatArray:
        """Positive fraction lost since the highest equity so far, at each close."""
        return drawdowns(self.equity, self.initial_equity)

    def trades(self) -> list[Trade]:
        """Closed round trips, in time order."""
        return trades_from_fills(self.fills, self.profits, self.bars)

    def open_position(self) -> dict[str, Any] | None:
        """The position that is still held after the last bar, or None."""
        if self.quantity == 0.0:
            return None
        start = max((i for i, fill in enumerate(self.fills, 1) if fill.held == 0.0), default=0)
        entry = self.fills[start]
        last_close = float(self.bars.close[-1])
        return {
            "direction": "long" if self.quantity > 0.0 else "short",
            "entry_time": int(self.bars.open_time[entry.bar]),
            "quantity": self.quantity,
            "last_close": last_close,
            "value": self.quantity * last_close,
            "pnl": float(self.equity[-1]) - self.initial_equity - sum(self.profits),
        }

    def summary(self) -> Summary:
        """The numbers of `candlecloud.metrics.summary`."""
        bars = self.bars
        activity = Activity(
            profits=self.profits,
            bars_in_position=self.bars_in_position,
            notional=sum(abs(f.quantity) * f.price for f in self.fills),
            fees=sum(f.fee for f in self.fills),
            slippage=sum(f.slippage for f in self.fills),
        )
        return summarise(
            self.equity,
            self.initial_equity,
            activity,
            timeframe_ms=int(bars.close_time[0] - bars.open_time[0]),
            span_ms=int(bars.close_time[-1] - bars.open_time[self.first]),
        )
