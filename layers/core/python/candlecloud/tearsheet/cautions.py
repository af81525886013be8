"""What must not be overlooked, at the top of the page: costs that were left out, ruin, a benchmark held up."""

from __future__ import annotations

from candlecloud.tearsheet.formats import DASH, count, counted, day, exact, moment, money, percent
from candlecloud.tearsheet.markup import Markup, tag
from candlecloud.tearsheet.reading import Curves, Document, number, part, rows, text, time_ms
from candlecloud.tearsheet.subject import quote_of, symbol_of
from candlecloud.tearsheet.tables import note
from candlecloud.tearsheet.trades import told_counts


def draw_cautions(document: Document, curves: Curves) -> list[Markup]:
    """The worst first; nothing where there is nothing to say."""
    found = (
        _ruin(document, curves),
        _held_up(document),
        _funding_ignored(document),
        _shorts_without_interest(document),
        note("No trade was closed.") if number(part(document, "metrics").get("n_trades")) == 0 else None,
        _open_position(document),
        _waiting(document),
    )
    return [caution for caution in found if caution is not None]


def benchmark_held_up(document: Document) -> bool:
    """Whether the benchmark's orders were cut short or refused, so that it was invested late, in part or never."""
    benchmark = part(document, "benchmark")
    refused = part(benchmark, "refused_counts").values()
    return any((number(times) or 0) > 0 for times in (benchmark.get("capped_fills"), *refused))


def _alert(strong: str, *words: object) -> Markup:
    return note(tag("strong", strong), *words, kind="alert")


def _ruin(document: Document, curves: Curves) -> Markup | None:
    if not document.get("ruined"):
        return None
    broke = (curves.equity <= 0.0).nonzero()[0]
    when = f" on {day(float(curves.close_time[broke[0]]))}" if len(broke) else ""
    return _alert("Ruined.", f" Equity reached zero or less{when}; nothing traded after it.")


def _held_up(document: Document) -> Markup | None:
    if not benchmark_held_up(document):
        return None
    benchmark = part(document, "benchmark")
    capped, refused = number(benchmark.get("capped_fills")), part(benchmark, "refused_counts")
    found = [
        f"{counted(capped, 'fill')} capped by the bar's volume" if capped else None,
        f"orders refused: {told_counts(refused)}" if refused else None,
    ]
    return _alert(
        "Buy and hold could not trade freely.",
        f" Under this run's rules it had {' and '.join(filter(None, found))}. It was not fully invested all the "
        "time, so its return is not the market's.",
    )


def _funding_ignored(document: Document) -> Markup | None:
    models = (part(part(document, name), "funding").get("model") for name in ("config", "assumptions"))
    if "ignored" not in models:
        return None
    return _alert(
        "Funding is ignored.",
        " The run was told to leave out what a perpetual's longs and shorts pay each other every few hours: neither "
        "the strategy nor buy and hold paid or received any.",
    )


def _shorts_without_interest(document: Document) -> Markup | None:
    """Of spot: a perpetual's shorts pay or receive funding, a dated future has its price for that."""
    symbol = symbol_of(document)
    if symbol is None or not symbol.is_spot:
        return None
    trades, held = rows(document, "trades"), part(document, "open_position").get("direction") == "short"
    shorts = sum(trade.get("direction") == "short" for trade in trades)
    if not shorts and not held:
        return None
    told = f"{count(shorts)} of {counted(len(trades), 'trade')}" if shorts else "The open position"
    verb = "was" if shorts < 2 else "were"
    return _alert(
        "Shorts paid no interest.",
        f" {told} {verb} short on a spot market, where what is sold must be borrowed first; this result charges "
        "nothing for that.",
    )


def _open_position(document: Document) -> Markup | None:
    held, quote = part(document, "open_position"), quote_of(document)
    if not held:
        return None
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


def _waiting(document: Document) -> Markup | None:
    waiting = number(document.get("waiting_target"))
    if waiting is None:
        return None
    return note(
        "An order towards a target of ", exact(waiting, percent(waiting)), " still waited for a bar that trades."
    )
