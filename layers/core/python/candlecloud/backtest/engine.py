"""The engine: it works only where the position changes, and marks equity in one stroke between those bars."""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.book import Book
from candlecloud.backtest.costs import Costs
from candlecloud.backtest.orders import Direction, Orders, allowed_target, filled_orders
from candlecloud.backtest.simulation import Simulation
from candlecloud.errors import InvalidParameterError
from candlecloud.features.bars import Bars


def simulate(
    bars: Bars,
    target: FloatArray,
    costs: Costs,
    *,
    initial_equity: float,
    direction: Direction = "long",
    flatten_at_end: bool = False,
    first: int = 0,
) -> Simulation:
    """Trade a target position.

    Parameters
    ----------
    bars : Bars
        At least ``first + 1``.
    target : FloatArray, as long as the bars
        Wanted position after each close, in [-1, 1] times equity.
    initial_equity : float
        Quote currency, above zero.
    direction : {'long', 'short', 'both'}
        Sides that are taken; the other one counts as flat.
    flatten_at_end : bool
        Sell out at the last close, if the last bar trades.
    first : int
        First bar that can fill and that equity is marked on; bars before it only warm up.

    Raises
    ------
    InvalidParameterError
        If lengths do not match, no bar is left, or a target lies outside [-1, 1].
    """
    if len(target) != len(bars) or not 0 <= first < len(bars) or not initial_equity > 0.0:
        raise InvalidParameterError(
            "A simulation needs one target per bar, a bar to start at, and equity above zero.",
            bars=len(bars),
            targets=len(target),
            first=first,
            initial_equity=initial_equity,
        )
    wanted = allowed_target(target, direction)
    orders = filled_orders(wanted, bars.traded, first)
    book = Book(initial_equity, costs)
    ledger = _Ledger(book, first)
    _fill_orders(orders, bars, book, ledger)
    if flatten_at_end and book.quantity != 0.0 and len(bars.traded) and bars.traded[-1] == len(bars) - 1:
        book.close(len(bars) - 1, float(bars.close[-1]), "end", at_close=True)
        ledger.note(len(bars) - 1)
    equity, in_position = ledger.mark(bars.close)
    held = float(orders.targets[-1]) if len(orders.targets) else 0.0
    last_wanted = float(wanted[-1])
    return Simulation(
        bars=bars,
        first=first,
        initial_equity=initial_equity,
        equity=equity,
        fills=tuple(book.fills),
        profits=tuple(book.profits),
        cash=book.cash,
        quantity=book.quantity,
        bars_in_position=in_position,
        waiting_target=last_wanted if last_wanted != held and not book.ruined else None,
        ruined=book.ruined,
    )


class _Ledger:
    """Cash and quantity after each bar that changed them; between two entries equity is cash + quantity * close."""

    def __init__(self, book: Book, first: int) -> None:
        self._book = book
        self.starts = [first]
        self._cash = [book.cash]
        self._quantity = [book.quantity]

    def note(self, bar: int) -> None:
        self.starts.append(bar)
        self._cash.append(self._book.cash)
        self._quantity.append(self._book.quantity)

    def mark(self, close: FloatArray) -> tuple[FloatArray, int]:
        """Equity at each close from the first bar on, and how many of those bars closed with a position."""
        lengths = np.diff(np.array([*self.starts, len(close)]))
        quantity = np.array(self._quantity)
        equity = np.repeat(np.array(self._cash), lengths) + np.repeat(quantity, lengths) * close[self.starts[0] :]
        return equity, int(lengths[quantity != 0.0].sum())


def _fill_orders(orders: Orders, bars: Bars, book: Book, ledger: _Ledger) -> None:
    """Fill order by order; a short that is ruined on the way ends it."""
    opens = bars.open[orders.bars].tolist()
    for bar, target, price in zip(orders.bars.tolist(), orders.targets.tolist(), opens, strict=True):
        _check_ruin(bars, book, ledger, bar)
        if book.ruined:
            return
        book.rebalance(target, bar, price)
        ledger.note(bar)
    _check_ruin(bars, book, ledger, len(bars))


def _check_ruin(bars: Bars, book: Book, ledger: _Ledger, stop: int) -> None:
    """Buy a short back at the first close before `stop` at which it has eaten the equity."""
    if book.quantity >= 0.0 or book.ruined:
        return
    start = ledger.starts[-1]
    below = np.flatnonzero(book.cash + book.quantity * bars.close[start:stop] <= 0.0)
    if len(below):
        bar = start + int(below[0])
        book.close(bar, float(bars.close[bar]), "ruin", at_close=True)
        book.ruined = True
        ledger.note(bar)
