"""What the trades came to, and how much was traded."""

from __future__ import annotations

from candlecloud.arrays import FloatArray
from candlecloud.metrics.rows import RowMetric, Rows, where

N_TRADES = RowMetric(
    name="n_trades",
    unit="count",
    label="Trades",
    group="Trades",
    convention="Closed round trips, flat to flat; an open position is not one.",
    formula="number of closed trades",
    function=lambda rows: rows.trades,
    nullable=False,
)

WIN_RATE = RowMetric(
    name="win_rate",
    unit="fraction",
    label="Win rate",
    group="Trades",
    convention="Fraction of closed trades whose profit after all costs is above 0.",
    formula="trades with profit > 0 / trades",
    function=lambda rows: where(rows.trades != 0.0, rows["n_wins"] / rows["n_trades"]),
)

PROFIT_FACTOR = RowMetric(
    name="profit_factor",
    unit="ratio",
    label="Profit factor",
    group="Trades",
    convention="Sum of profits over sum of losses of closed trades, after costs; null without a loss.",
    formula="sum(profits > 0) / -sum(profits < 0)",
    function=lambda rows: where(rows["sum_loss"] > 0.0, rows["sum_profit"] / rows["sum_loss"]),
)

EXPECTANCY = RowMetric(
    name="expectancy",
    unit="quote currency",
    label="Expectancy",
    group="Trades",
    convention="Mean profit per closed trade after costs, quote currency; null without a trade.",
    formula="sum(profits) / trades",
    function=lambda rows: where(rows.trades != 0.0, (rows["sum_profit"] - rows["sum_loss"]) / rows["n_trades"]),
)

EXPOSURE = RowMetric(
    name="exposure",
    unit="fraction",
    label="Time in the market",
    group="Trades",
    convention="Fraction of bars that closed with a position.",
    formula="bars in position / n",
    function=lambda rows: rows["bars_in_position"] / rows.n_bars,
    nullable=False,
)


def turnover(rows: Rows) -> FloatArray:
    """Traded notional over mean equity, per year; NaN where nothing is put per year."""
    mean_equity = rows["sum_equity"] / rows.n_bars
    return where(mean_equity > 0.0, rows["notional"] / mean_equity * rows.per_year)


TURNOVER = RowMetric(
    name="turnover",
    unit="ratio",
    label="Turnover",
    group="Trades",
    convention="Traded notional over mean equity, per 365-day year; null below 30 days.",
    formula="sum(|quantity| * price) / mean(E) / years",
    function=turnover,
)

TRADING = (N_TRADES, WIN_RATE, PROFIT_FACTOR, EXPECTANCY, EXPOSURE, TURNOVER)
