"""The top of the page: what ran where, and in a plain sentence whether it was worth it."""

from __future__ import annotations

from candlecloud.tearsheet.cautions import benchmark_held_up, draw_cautions
from candlecloud.tearsheet.formats import counted, duration, money
from candlecloud.tearsheet.markup import Markup, join, shorten, tag
from candlecloud.tearsheet.names import label, written
from candlecloud.tearsheet.reading import Curves, Document, number, part, text
from candlecloud.tearsheet.subject import quote_of, run_length, shorter_than_a_year
from candlecloud.tearsheet.tables import note

FIVE = ("total_return", "cagr", "sharpe", "max_drawdown", "exposure")
"""The five numbers that stand beside the benchmark's."""
_LONGEST_NAME = 80


def draw_headline(document: Document, curves: Curves) -> Markup:
    """Name, market, span, verdict, five numbers, and whatever must not be overlooked."""
    short = shorter_than_a_year(document, curves)
    tiles = (_tile(document, name, short if name == "cagr" else None) for name in FIVE)
    return tag(
        "header",
        tag("p", "Backtest", class_="kind"),
        tag("h1", headline_title(document)),
        tag("p", _setting(document, curves), class_="setting"),
        note(verdict(document), kind="verdict"),
        tag("dl", *tiles, class_="tiles"),
        *draw_cautions(document, curves),
    )


def _tile(document: Document, name: str, short: str | None) -> Markup:
    """A number and the benchmark's; none where a run as short as `short` would have to be extrapolated to a year."""
    metrics, held = part(document, "metrics"), part(part(document, "benchmark"), "metrics")
    if short is not None:
        value, beside = written(name, None), join(f"Needs a year; this run has {short}")
    else:
        value, beside = written(name, metrics.get(name)), join("Buy and hold ", written(name, held.get(name)))
    return tag(
        "div",
        tag("dt", label(name)),
        tag("dd", value, class_="value"),
        tag("dd", beside, class_="beside") if held or short else None,
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
        ". Buy and hold could not trade freely: see the warning below." if benchmark_held_up(document) else ".",
    )


def _setting(document: Document, curves: Curves) -> Markup:
    config, data = part(document, "config"), part(document, "data")
    bars = number(data.get("bars"))
    words = [
        shorten(text(config.get("exchange")) or "", 40),
        _span(document, curves),
        None if bars is None else counted(bars, "bar"),
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
    length = run_length(document, curves)
    return span if length is None else f"{span} ({duration(length / 1000.0)})"


def _start_money(document: Document) -> str | None:
    config = part(document, "config")
    initial, final = number(config.get("initial_equity")), number(part(document, "metrics").get("final_equity"))
    return None if initial is None else f"{money(initial)} became {money(final)} {quote_of(document)}".rstrip()
