"""Closed trades: how return and holding time go together, the best and the worst, and what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.contract.results import ClosedTrade, RefusedOrder, RunResult
from candlecloud.pages.kit.formats import (
    count,
    duration,
    duration_labels,
    exact,
    moment,
    money,
    percent,
    percent_labels,
)
from candlecloud.pages.kit.marks import draw_points
from candlecloud.pages.kit.markup import Markup, join, tag
from candlecloud.pages.kit.plot import Axis, draw_plot, figure, legend
from candlecloud.pages.kit.scales import duration_scale, linear_scale
from candlecloud.pages.kit.tables import body, note, row, section, table
from candlecloud.pages.kit.thinning import thin

_MOST_POINTS = 1_000
_EXTREMES = 5
_REFUSED_SHOWN = 20
_HEADINGS = (
    "Entry", "Exit", "Side", "Return", "Profit", "Held", "Fees", "Deepest loss on the way", "Highest gain on the way",
    "Funding", "Closed by",
)  # fmt: skip


def draw_trades(result: RunResult) -> Markup:
    """The section of trades."""
    trades = result.trades
    content: list[Markup] = [note("No trade was closed.")]
    if trades:
        returns = np.array([trade.return_fraction for trade in trades])
        held = np.array([trade.holding_seconds for trade in trades], np.float64)
        content = [_scatter(returns, held), _reasons(trades), _extremes(trades, returns)]
    return section("trades", "Trades", *content, _refused(result))


def _scatter(returns: FloatArray, held: FloatArray) -> Markup:
    kept = _thin_points(returns, held)
    shortest = float(held[held > 0.0].min()) if (held > 0.0).any() else 1.0
    across = duration_scale(held, shortest)
    up = linear_scale(returns, zero=True)
    x = Axis(across, duration_labels(across.ticks))
    y = Axis(up, percent_labels(up.ticks), baseline=0.0)
    wins = int((returns > 0.0).sum())
    middle = float(np.median(held))
    words = f"{wins:,} of {len(returns):,} trades won; half of all were held for at most {duration(middle)}."
    caption = "Return after costs over the notional taken on, against holding time (logarithmic). " + words
    if len(kept) < len(returns):
        caption += (
            f" {len(kept):,} of {len(returns):,} trades are drawn; the best and worst of each holding time are kept."
        )
    if (held <= 0.0).any():
        caption += " Trades closed in the moment that they were opened stand at the left edge."
    points = draw_points(x, y, held[kept], returns[kept], returns[kept] > 0.0)
    plot = draw_plot(
        "trade-points", "Return of each trade against its holding time", words, x, y, points, size="square"
    )
    return figure("trade-figure", None, plot, caption, legend(("win", "Won"), ("loss", "Lost")))


def _thin_points(returns: FloatArray, held: FloatArray) -> IntArray:
    """In order of holding time, the best and worst of each stretch."""
    by_time = np.argsort(held, kind="stable")
    return by_time[thin(returns[by_time], _MOST_POINTS)]


def _reasons(trades: Sequence[ClosedTrade]) -> Markup:
    reasons = Counter(trade.exit_reason for trade in trades)
    told = ", ".join(f"{_reason(reason)} ({times:,})" for reason, times in reasons.most_common())
    return note(f"Reasons of exit: {told}.")


def _extremes(trades: Sequence[ClosedTrade], returns: FloatArray) -> Markup:
    order = np.argsort(returns, kind="stable").tolist()
    best, worst = order[::-1][:_EXTREMES], order[: max(0, min(_EXTREMES, len(order) - _EXTREMES))]
    lines = (_line(trades[i]) for i in (*best, *reversed(worst)))
    words = f"The {len(best)} best and {len(worst)} worst trades" if worst else "All trades"
    listed = table("Best first, after all costs", _HEADINGS, [body(*lines)], kind="left")
    return tag("details", tag("summary", words), listed, class_="more")


def _line(trade: ClosedTrade) -> Markup:
    return row(
        moment(trade.entry_time.unix_ms),
        moment(trade.exit_time.unix_ms),
        trade.direction,
        exact(trade.return_fraction, percent(trade.return_fraction, signed=True)),
        exact(trade.pnl, money(trade.pnl)),
        exact(trade.holding_seconds, duration(trade.holding_seconds)),
        exact(trade.fees, money(trade.fees)),
        exact(trade.mae, percent(trade.mae)),
        exact(trade.mfe, percent(trade.mfe)),
        exact(trade.funding, money(trade.funding)),
        _reason(trade.exit_reason),
    )


def told_counts(counts: Mapping[str, int]) -> str:
    """Reasons with how often each came up."""
    return ", ".join(f"{_reason(reason)} ({count(times)})" for reason, times in counts.items())


def _refused(result: RunResult) -> Markup | None:
    counts, capped = result.refused_counts, result.capped_fills
    if not counts and not capped:
        return None
    return join(
        tag("h3", "Orders that did not trade, or not at once"),
        note(f"No trade because: {told_counts(counts)}.") if counts else None,
        note(f"Fills capped by the bar's volume: {count(capped)}; what was missing waited.") if capped else None,
        _refused_list(result.refused_orders, sum(counts.values())),
    )


def _refused_list(orders: Sequence[RefusedOrder], total: int) -> Markup | None:
    if not orders:
        return None
    lines = [row(moment(order.time.unix_ms), _reason(order.reason)) for order in orders[:_REFUSED_SHOWN]]
    words = f"The first {len(lines)} of {count(total)} refused orders" if total > len(lines) else "Refused orders"
    listed = table("In order of time", ["Time", "Reason"], [body(*lines)], kind="left")
    return tag("details", tag("summary", words), listed, class_="more")


def _reason(reason: str) -> str:
    return reason.replace("_", " ")
