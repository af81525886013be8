"""Entry orders, stops and time exits in backtesting.py: its trades for given targets, one unit each, without costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from backtesting import Backtest, Strategy

from benchmarks.peers.backtesting_sweep import ENOUGH_CASH, frame_of


class Ordered(Strategy):  # type: ignore[misc]
    """Long by an entry order where the target turns 1, out at the next open where it turns 0."""

    targets: ClassVar[Any] = None
    entry = ""
    offset = 0.0
    expires_bars = 0
    stop_loss = 0.0
    take_profit = 0.0
    max_bars = 0

    def init(self) -> None:
        self.asked, self.worked = 0.0, 0

    def next(self) -> None:
        t = len(self.data) - 1
        if self._entries():
            self.worked += 1
        if self.expires_bars and self.worked >= self.expires_bars:
            self._withdraw()
        if self.targets[t] != self.asked:
            self.asked = self.targets[t]
            self._withdraw()
            if self.asked:
                self._enter(self.data.Close[-1])
            else:
                self.position.close()
        elif self.max_bars and self.trades and t - self.trades[-1].entry_bar + 1 >= self.max_bars:
            self.position.close()

    def _enter(self, close: float) -> None:
        limit = close * (1.0 - self.offset) if self.entry == "limit" else None
        stop = close * (1.0 + self.offset) if self.entry == "stop" else None
        level, self.worked = limit or stop or close, 0
        self.buy(
            size=1,
            limit=limit,
            stop=stop,
            sl=level * (1.0 - self.stop_loss) if self.stop_loss else None,
            tp=level * (1.0 + self.take_profit) if self.take_profit else None,
        )

    def _entries(self) -> list[Any]:
        return [order for order in self.orders if not order.is_contingent]

    def _withdraw(self) -> None:
        for order in self._entries():
            order.cancel()


def trades(series: Mapping[str, Any], targets: Sequence[float], **rules: Any) -> list[list[float]]:
    """Bar and price of each entry and exit."""
    test = Backtest(frame_of(series), Ordered, cash=ENOUGH_CASH, trade_on_close=False)
    made = test.run(targets=targets, **rules)["_trades"]
    columns = (made["EntryBar"], made["EntryPrice"], made["ExitBar"], made["ExitPrice"])
    return [[float(value) for value in row] for row in zip(*columns, strict=True)]
