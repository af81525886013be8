"""What a simulation leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from candlecloud.arrays import FloatArray
from candlecloud.backtest.orders import Fill, Refusal
from candlecloud.backtest.trades import Trade, trades_from_fills
from candlecloud.features.bars import Bars
from candlecloud.metrics.curves import drawdowns
from candlecloud.metrics.figures import Metrics
from candlecloud.metrics.summary import summary_of
from candlecloud.metrics.tallies import Tallies


@dataclass(frozen=True)
class Simulation:
    """Equity and fills of one target over the bars from `first` on.

    Attributes
    ----------
    statistics : FloatArray
        `candlecloud.metrics.tallies.COLUMNS`, as a sweep's row has them.
    equity : FloatArray
        Quote currency at the close of bars ``first, first + 1, ...``.
    profits : tuple of float
        Quote currency per closed trade.
    cash, quantity : float
        After the last bar: quote currency and base asset.
    waiting_target : float or None
        Target of an order, or of the rest of one, that no bar has filled by the end.
    refused : tuple of (int, str)
        Bars at which an order was turned down, and why.
    capped : tuple of int
        Bars at which the participation cap cut an order short.
    funding : FloatArray or None
        Rates that were charged, one per bar.
    """

    bars: Bars
    first: int
    initial_equity: float
    statistics: FloatArray
    equity: FloatArray
    fills: tuple[Fill, ...]
    profits: tuple[float, ...]
    cash: float
    quantity: float
    waiting_target: float | None
    ruined: bool
    refused: tuple[tuple[int, Refusal], ...]
    capped: tuple[int, ...]
    funding: FloatArray | None = None

    @property
    def tallies(self) -> Tallies:
        """The statistics by name."""
        return Tallies.from_row(self.statistics)

    @property
    def drawdown(self) -> FloatArray:
        """Positive fraction lost since the highest equity so far, at each close."""
        return drawdowns(self.equity, self.initial_equity)

    def trades(self) -> list[Trade]:
        """Closed round trips, in time order."""
        return trades_from_fills(self.fills, self.profits, self.bars, self.funding)

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

    @property
    def span_ms(self) -> int:
        """From the first bar's open to the last bar's close."""
        return int(self.bars.close_time[-1] - self.bars.open_time[self.first])

    def summary(self) -> Metrics:
        """The numbers of `candlecloud.metrics.summary`."""
        bars = self.bars
        return summary_of(
            self.tallies,
            initial_equity=self.initial_equity,
            n_bars=len(self.equity),
            timeframe_ms=int(bars.close_time[0] - bars.open_time[0]),
            span_ms=self.span_ms,
        )
