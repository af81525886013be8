"""The top of the page: what ran where, and in a plain sentence whether it was worth it."""

from __future__ import annotations

from candlecloud.tearsheet.formats import DASH, count, day, duration, exact, moment, money, percent
from candlecloud.tearsheet.markup import Markup, join, shorten, tag
from candlecloud.tearsheet.names import label, written
from candlecloud.tearsheet.reading import Curves, Document, number, part, quote_of, text, time_ms
from candlecloud.tearsheet.tables import note

FIVE = ("total_return", "cagr", "sharpe", "max_drawdown", "exposure")
"""The five numbers that stand beside the benchmark's."""
_LONGEST_NAME = 80


def draw_headline(document: Document, curves: Curves) -> Markup:
    """Name, market, span, verdict, five numbers, and whatever must not be overlooked."""
    metrics, held = part(document, "metrics"), part(part(document, "benchmark"), "metrics")
    tiles = (
        tag(
            "div",
            tag("dt", label(name)),
            tag("dd", written(name, metrics.get(name)), class_="value"),
            tag("dd", "Buy and hold ", written(name, held.get(name)), class_="beside") if held else None,
        )
        for name in FIVE
    )
    return tag(
        "header",
        tag("p", "Backtest", class_="kind"),
        tag("h1", headline_title(document)),
        tag("p", _setting(document, curves), class_="setting"),
        note(verdict(document), kind="verdict"),
        tag("dl", *tiles, class_="tiles"),
        *_warnings(document, curves),
    )


def headline_title(document: Document) -> str:
    """Strategy, its parameters, market and timeframe."""
    config = part(document, "config")
    strategy = shorten(text(config.get("strategy")) or "A run", _LONGEST_NAME)
    parameters = ", ".join(f"{name} {value}" for name, value in part(config, "parameters").items())
    where = " ".join(filter(None, (text(config.get("symbol")), text(config.get("timeframe")))))
    shown = f"{strategy} ({parameters})" if parameters else strategy
    return shorten(f"{shown} on {where}" if where else shown, 3 * _LONGEST_NAME)


def verdict(document: Document) -> Markup:
    """Whether the run beat buy-and-hold, by how much, and how deep each fell on the way."""
    ours = part(document, "metrics")
    held = part(part(document, "benchmark"), "metrics")
    mine, other = number(ours.get("total_return")), number(held.get("total_return"))
    if mine is None or other is None:
        return join(
            "There is no benchmark to compare with." if mine is not None else "There is no total return to judge."
        )
    word = "Beat" if mine > other else "Matched" if mine == other else "Did not beat"
    return join(
        tag("strong", f"{word} buy-and-hold."),
        " It returned ",
        written("total_return", mine),
        "; buying and holding returned ",
        written("total_return", other),
        ". Maximum drawdown ",
        written("max_drawdown", ours.get("max_drawdown")),
        " against ",
        written("max_drawdown", held.get("max_drawdown")),
        ".",
    )


def _setting(document: Document, curves: Curves) -> Markup:
    config, data = part(document, "config"), part(document, "data")
    bars = number(data.get("bars"))
    words = [
        shorten(text(config.get("exchange")) or "", 40),
        _span(document, curves),
        None if bars is None else f"{count(bars)} {'bar' if bars == 1 else 'bars'}",
        {"long": "long only", "short": "short only", "both": "long and short"}.get(str(config.get("direction"))),
        _start_money(document),
    ]
    return join(*(tag("span", word) for word in words if word))


def _span(document: Document, curves: Curves) -> str | None:
    data = part(document, "data")
    first, last = text(data.get("first_open")), text(data.get("last_close"))
    if first is None or last is None:
        return None
    span = f"{first[:10]} to {last[:10]}"
    if len(curves) > 1:
        span += f" ({duration(float(curves.close_time[-1] - curves.close_time[0]) / 1000.0)})"
    return span


def _start_money(document: Document) -> str | None:
    config = part(document, "config")
    initial, final = number(config.get("initial_equity")), number(part(document, "metrics").get("final_equity"))
    return None if initial is None else f"{money(initial)} became {money(final)} {quote_of(document)}".rstrip()


def _warnings(document: Document, curves: Curves) -> list[Markup]:
    found: list[Markup] = []
    if document.get("ruined"):
        broke = (curves.equity <= 0.0).nonzero()[0]
        when = f" on {day(float(curves.close_time[broke[0]]))}" if len(broke) else ""
        found.append(
            note(
                tag("strong", "Ruined."), f" Equity reached zero or less{when}; nothing traded after it.", kind="alert"
            )
        )
    if number(part(document, "metrics").get("n_trades")) == 0:
        found.append(note("No trade was closed."))
    if held := part(document, "open_position"):
        found.append(_open_position(held, quote_of(document)))
    waiting = number(document.get("waiting_target"))
    if waiting is not None:
        found.append(
            note(
                "An order towards a target of ",
                exact(waiting, percent(waiting)),
                " still waited for a bar that trades.",
            )
        )
    return found


def _open_position(held: Document, quote: str) -> Markup:
    entered = time_ms(held.get("entry_time"))
    value, pnl = number(held.get("value")), number(held.get("pnl"))
    since = DASH if entered is None else moment(entered)
    return note(
        f"A {text(held.get('direction')) or 'position'} position is still open since {since}: worth ",
        exact(value, money(value)),
        f" {quote}, its profit so far ",
        exact(pnl, money(pnl)),
        f" {quote}, counted in the equity but in no trade.",
    )
