"""Accumulators: the sums, counts and extremes of one backtest from which its summary is worked out. Needs no NumPy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Accumulators(NamedTuple):
    """One row of a sweep: every field is a float64, in this column order.

    A bar's return is ``equity[t] / equity[t - 1] - 1``, the first against the initial equity, and 0 once the equity
    before it is zero or less.

    Attributes
    ----------
    final_equity : float
        Quote currency at the last close; an open position is marked there, not sold.
    n_trades, n_wins : float
        Closed round trips, and those of them whose profit after all costs is above 0.
    sum_profit, sum_loss : float
        Quote currency over the closed trades that gained, and over those that lost, both >= 0.
    fees, slippage, funding : float
        Quote currency over the whole run. Funding is what was paid less what was received.
    notional : float
        Quote currency, ``sum(|quantity| * price)`` over all fills.
    bars_in_position : float
        Bars that closed with a position.
    sum_returns, sum_squares, sum_negative_squares : float
        Over all bars: returns, their squares, and the squares of the negative ones.
    sum_equity : float
        Quote currency, over all closes.
    max_drawdown : float
        Largest ``1 - equity / highest equity so far``, the initial equity included in the highest.
    max_under_water_bars : float
        Most consecutive bars that closed below the highest equity so far.
    max_under_water_ms : float
        Longest time below it by the clock: from the close that set it to the open of the bar that closed there again,
        or to the last close; absent candles count.
    ambiguous_exits : float
        Exits for which stop and target lay in one bar.
    refused_orders : float
        Orders that market rules turned down.
    ruined : float
        1 if equity came to zero or less, else 0.
    n_fills : float
        Executions.
    capped_fills : float
        Orders that the participation cap cut short; what was left of them waited.
    """

    final_equity: float
    n_trades: float = 0.0
    n_wins: float = 0.0
    sum_profit: float = 0.0
    sum_loss: float = 0.0
    fees: float = 0.0
    slippage: float = 0.0
    funding: float = 0.0
    notional: float = 0.0
    bars_in_position: float = 0.0
    sum_returns: float = 0.0
    sum_squares: float = 0.0
    sum_negative_squares: float = 0.0
    sum_equity: float = 0.0
    max_drawdown: float = 0.0
    max_under_water_bars: float = 0.0
    max_under_water_ms: float = 0.0
    ambiguous_exits: float = 0.0
    refused_orders: float = 0.0
    ruined: float = 0.0
    n_fills: float = 0.0
    capped_fills: float = 0.0

    @classmethod
    def from_row(cls, row: Iterable[float]) -> Accumulators:
        """Name the columns of a row, as Python floats."""
        return cls(*map(float, row))


COLUMNS: tuple[str, ...] = Accumulators._fields
"""Names of a row's columns, in order."""
