"""What the bars hide: which of stop and target came first, and what a trailing stop saw of a bar."""

from __future__ import annotations

from candlecloud.contract.results import IntrabarBand, Outcome, RunResult
from candlecloud.pages.kit.formats import counted, exact
from candlecloud.pages.kit.markup import Markup
from candlecloud.pages.kit.names import label, written
from candlecloud.pages.kit.tables import body, note, row, section, table

_COMPARED = ("total_return", "sharpe", "max_drawdown", "win_rate", "final_equity")


def draw_intrabar(result: RunResult) -> Markup | None:
    """The band between both orders of events where a bar can hold a stop and a target, and what it does not hold.

    Nothing for a run in which nothing can happen inside a bar that its candles would hide.
    """
    content = [*_collisions(result.intrabar), *_trailing(result)]
    return section("intrabar", "Inside the bar", *content) if content else None


def _collisions(band: IntrabarBand) -> list[Markup]:
    """A result gives both outcomes if and only if its stops and targets can meet in one bar."""
    if band.pessimistic is None or band.optimistic is None:
        return []
    asked = f" {band.finer_timeframe} candles were asked first." if band.finer_timeframe else None
    if not band.ambiguous_exits:
        return [note("No bar left it open which of stop and target came first.", asked)]
    words = (
        exact(band.ambiguous_exits, counted(band.ambiguous_exits, "exit")),
        " fell into a bar that touched both stop and target without telling which came first: the stop counts.",
    )
    return [note(*words, asked), _band(band.pessimistic, band.optimistic)]


def _band(stopped: Outcome, reached: Outcome) -> Markup:
    lines = (
        row(label(name), written(name, getattr(stopped, name)), written(name, getattr(reached, name)))
        for name in _COMPARED
    )
    return table(
        "The whole run with the stop first and with the target first",
        ["Metric", "Stop first (counts)", "Target first"],
        [body(*lines)],
        "narrow",
        explained="A run goes on differently after each exit, so the column that counts need not be the lower one.",
    )


def _trailing(result: RunResult) -> list[Markup]:
    stops = result.config.stops
    if stops.trailing_stop is None and stops.trailing_stop_atr is None:
        return []
    return [
        note(
            "The trailing stop follows the best price of the bars before. A bar that sets a new best price and then "
            "falls through the trail of that price counts as not stopped there; no figure here measures this doubt."
        )
    ]
