"""What the bars hide: which of stop and target came first, and what a trailing stop saw of a bar."""

from __future__ import annotations

from candlecloud.tearsheet.formats import counted, exact
from candlecloud.tearsheet.markup import Markup, shorten
from candlecloud.tearsheet.names import label, written
from candlecloud.tearsheet.reading import Document, number, part, text
from candlecloud.tearsheet.tables import body, note, row, section, table

_COMPARED = ("total_return", "sharpe", "max_drawdown", "win_rate", "final_equity")


def draw_intrabar(document: Document) -> Markup | None:
    """The band between both orders of events where a bar can hold a stop and a target, and what it does not hold.

    Nothing for a run in which nothing can happen inside a bar that its candles would hide.
    """
    pieces = (*_collisions(part(document, "intrabar")), _trailing(document))
    content = [piece for piece in pieces if piece is not None]
    return section("intrabar", "Inside the bar", *content) if content else None


def _collisions(intrabar: Document) -> list[Markup | None]:
    """A result gives both outcomes if and only if its stops and targets can meet in one bar."""
    doubtful, finer = number(intrabar.get("ambiguous_exits")), text(intrabar.get("finer_timeframe"))
    stopped, reached = part(intrabar, "pessimistic"), part(intrabar, "optimistic")
    if not doubtful and not stopped and not reached:
        return []
    asked = f" {shorten(finer, 20)} candles were asked first." if finer else None
    if not doubtful:
        return [note("No bar left it open which of stop and target came first.", asked)]
    words = (
        exact(doubtful, counted(doubtful, "exit")),
        " fell into a bar that touched both stop and target without telling which came first: the stop counts.",
    )
    return [note(*words, asked), _band(stopped, reached)]


def _band(stopped: Document, reached: Document) -> Markup | None:
    names = [name for name in _COMPARED if name in stopped or name in reached]
    if not names:
        return None
    lines = (row(label(name), written(name, stopped.get(name)), written(name, reached.get(name))) for name in names)
    return table(
        "The whole run with the stop first and with the target first",
        ["Metric", "Stop first (counts)", "Target first"],
        [body(*lines)],
        "narrow",
        explained="A run goes on differently after each exit, so the column that counts need not be the lower one.",
    )


def _trailing(document: Document) -> Markup | None:
    stops = (part(part(document, name), "stops") for name in ("config", "assumptions"))
    if not any(number(found.get("trailing_stop")) for found in stops):
        return None
    return note(
        "The trailing stop follows the best price of the bars before. A bar that sets a new best price and then falls "
        "through the trail of that price counts as not stopped there; no figure here measures this doubt."
    )
