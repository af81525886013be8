"""Closed trades: how return and holding time go together, the best and the worst, and what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.tearsheet.formats import (
    count,
    duration,
    duration_labels,
    exact,
    moment,
    money,
    percent,
    percent_labels,
)
from candlecloud.tearsheet.marks import draw_points
from candlecloud.tearsheet.markup import Markup, join, shorten, tag
from candlecloud.tearsheet.plot import Axis, draw_plot, figure, legend
from candlecloud.tearsheet.reading import Document, number, numbers, part, rows, text, time_ms
from candlecloud.tearsheet.scales import duration_scale, linear_scale
from candlecloud.tearsheet.tables import body, note, row, section, table
from candlecloud.tearsheet.thinning import thin

_MOST_POINTS = 1_000
_EXTREMES = 5
_REFUSED_SHOWN = 20
_MONEY_OF_TRADE = ("fees", "slippage", "funding")


def draw_trades(document: Document) -> Markup:
    """The section of trades."""
    trades = rows(document, "trades")
    returns, held = numbers(trades, "return_fraction"), numbers(trades, "holding_seconds")
    drawable = np.flatnonzero(np.isfinite(returns) & np.isfinite(held))
    if len(drawable):
        content = [_scatter(returns[drawable], held[drawable]), _reasons(trades), _extremes(trades, returns)]
    else:
        content = [note("No trade was closed." if not trades else "No trade carries a return and a holding time.")]
    return section("trades", "Trades", *content, _refused(document))


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


def _reasons(trades: Sequence[Document]) -> Markup | None:
    reasons = Counter(str(trade["exit_reason"]) for trade in trades if trade.get("exit_reason") is not None)
    if not reasons:
        return None
    told = ", ".join(f"{_reason(reason)} ({times:,})" for reason, times in reasons.most_common(12))
    return note(f"Reasons of exit: {told}.")


def _extremes(trades: Sequence[Document], returns: FloatArray) -> Markup:
    order = [int(i) for i in np.argsort(returns, kind="stable") if np.isfinite(returns[i])]
    best, worst = order[::-1][:_EXTREMES], order[: max(0, min(_EXTREMES, len(order) - _EXTREMES))]
    chosen = [*best, *reversed(worst)]
    optional = [
        name for name in ("mae", "mfe", "funding") if any(number(trade.get(name)) is not None for trade in trades)
    ]
    names = {"mae": "Deepest loss on the way", "mfe": "Highest gain on the way", "funding": "Funding"}
    headings = [
        "Entry",
        "Exit",
        "Side",
        "Return",
        "Profit",
        "Held",
        "Fees",
        *(names[name] for name in optional),
        "Closed by",
    ]
    lines = (_line(trades[i], optional) for i in chosen)
    words = f"The {len(best)} best and {len(worst)} worst trades" if worst else "All trades"
    listed = table("Best first, after all costs", headings, [body(*lines)], kind="left")
    return tag("details", tag("summary", words), listed, class_="more")


def _line(trade: Document, optional: Sequence[str]) -> Markup:
    entered, left = time_ms(trade.get("entry_time")), time_ms(trade.get("exit_time"))
    return row(
        "" if entered is None else moment(entered),
        "" if left is None else moment(left),
        text(trade.get("direction")),
        _number(trade, "return_fraction"),
        _number(trade, "pnl"),
        _number(trade, "holding_seconds"),
        _number(trade, "fees"),
        *(_number(trade, name) for name in optional),
        _reason(str(trade.get("exit_reason", ""))),
    )


def _number(trade: Document, name: str) -> Markup:
    value = number(trade.get(name))
    if name == "holding_seconds":
        return exact(value, duration(value))
    return exact(
        value, money(value) if name in ("pnl", *_MONEY_OF_TRADE) else percent(value, signed=name == "return_fraction")
    )


def told_counts(counts: Mapping[str, object]) -> str:
    """Reasons with how often each came up."""
    return ", ".join(f"{_reason(str(reason))} ({count(number(times))})" for reason, times in counts.items())


def _refused(document: Document) -> Markup | None:
    counts, orders = part(document, "refused_counts"), rows(document, "refused_orders")
    capped = number(document.get("capped_fills"))
    if not counts and not orders and not capped:
        return None
    return join(
        tag("h3", "Orders that did not trade, or not at once"),
        note(f"No trade because: {told_counts(counts)}.") if counts else None,
        note(f"Fills capped by the bar's volume: {count(capped)}; what was missing waited.") if capped else None,
        _refused_list(orders, sum(number(times) or 0 for times in counts.values())),
    )


def _refused_list(orders: Sequence[Document], total: float) -> Markup | None:
    if not orders:
        return None
    lines = []
    for order in orders[:_REFUSED_SHOWN]:
        when = time_ms(order.get("time"))
        lines.append(row("" if when is None else moment(when), _reason(str(order.get("reason", "")))))
    total = max(total, len(orders))
    words = f"The first {len(lines)} of {count(total)} refused orders" if total > len(lines) else "Refused orders"
    listed = table("In order of time", ["Time", "Reason"], [body(*lines)], kind="left")
    return tag("details", tag("summary", words), listed, class_="more")


def _reason(reason: str) -> str:
    return shorten(reason.replace("_", " "), 200)
