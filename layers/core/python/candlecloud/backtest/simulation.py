"""What a simulation leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from candlecloud.arrays import FloatArray
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.orders import Fill, Refusal
from candlecloud.backtest.trades import Trade, time_of_fill, trades_from_fills
from candlecloud.metrics.accumulators import Accumulators
from candlecloud.metrics.curves import drawdowns
from candlecloud.metrics.figures import Metrics
from candlecloud.metrics.summary import summary_of


@dataclass(frozen=True)
class Simulation:
    """Equity and fills of one target.

    Attributes
    ----------
    statistics : FloatArray
        `candlecloud.metrics.accumulators.COLUMNS`, as a sweep's row has them.
    equity : FloatArray
        Quote currency at the close of bars ``start_bar, start_bar + 1, ...``.
    profits : tuple of float
        Quote currency per closed trade.
    cash, quantity : float
        After the last bar: quote currency and base asset.
    waiting_target : float or None
        Target of an order, or of the rest of one, that no bar has filled by the end.
    refused : tuple of (int, str)
        Bars at which an order was turned down, and why.
    capped : tuple of int
        Bars at which the participation cap cut an order short, once per order.
    """

    backtest: Backtest
    statistics: FloatArray
    equity: FloatArray
    fills: tuple[Fill, ...]
    profits: tuple[float, ...]
    cash: float
    quantity: float
    waiting_target: float | None
    refused: tuple[tuple[int, Refusal], ...]
    capped: tuple[int, ...]

    @property
    def accumulators(self) -> Accumulators:
        """The statistics by name."""
        return Accumulators.from_row(self.statistics)

    @property
    def drawdown(self) -> FloatArray:
        """Positive fraction lost since the highest equity so far, at each close."""
        return drawdowns(self.equity, self.backtest.initial_equity)

    def trades(self) -> list[Trade]:
        """Closed round trips, in time order."""
        return trades_from_fills(self.fills, self.profits, self.backtest.bars, self.backtest.funding)

    def open_position(self) -> dict[str, Any] | None:
        """The position that is still held after the last bar, or None."""
        if self.quantity == 0.0:
            return None
        start = max((i for i, fill in enumerate(self.fills, 1) if fill.held == 0.0), default=0)
        entry = self.fills[start]
        bars = self.backtest.bars
        last_close = float(bars.close[-1])
        return {
            "direction": "long" if self.quantity > 0.0 else "short",
            "entry_time": time_of_fill(entry, bars),
            "quantity": self.quantity,
            "last_close": last_close,
            "value": self.quantity * last_close,
            "pnl": float(self.equity[-1]) - self.backtest.initial_equity - sum(self.profits),
        }

    @property
    def ruined(self) -> bool:
        """Whether equity came to zero or less."""
        return bool(self.accumulators.ruined)

    @property
    def span_ms(self) -> int:
        """From the first bar's open to the last bar's close."""
        bars = self.backtest.bars
        return int(bars.close_time[-1] - bars.open_time[self.backtest.start_bar])

    def summary(self) -> Metrics:
        """The numbers of `candlecloud.metrics.summary`."""
        return summary_of(
            self.accumulators,
            initial_equity=self.backtest.initial_equity,
            n_bars=len(self.equity),
            span_ms=self.span_ms,
        )
