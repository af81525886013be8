"""What a run was about: its market, the currency it counts in, how long a bar and the run are."""

from __future__ import annotations

from candlecloud.errors import InvalidRangeError, InvalidSymbolError, InvalidTimeframeError
from candlecloud.market.moment import parse_moment
from candlecloud.market.symbol import Symbol
from candlecloud.market.timeframe import Timeframe
from candlecloud.metrics.annual import YEAR_MS
from candlecloud.tearsheet.formats import duration
from candlecloud.tearsheet.markup import shorten
from candlecloud.tearsheet.reading import Curves, Document, part, text

_DAY_MS = 86_400_000
_DAYS_OF_YEAR = YEAR_MS // _DAY_MS


def symbol_of(document: Document) -> Symbol | None:
    """What was traded; None where the document does not name it in a form that is known."""
    try:
        return Symbol.parse(text(part(document, "config").get("symbol")) or "")
    except InvalidSymbolError:
        return None


def quote_of(document: Document) -> str:
    """The quote currency, ``USDT`` of ``BTC-USDT_USDT``; empty where the symbol names none."""
    symbol = symbol_of(document)
    return "" if symbol is None else shorten(symbol.quote, 12)


def bar_length(document: Document) -> int | None:
    """Of the run's timeframe, ms; None where it is no timeframe."""
    try:
        return Timeframe.parse(str(part(document, "config").get("timeframe"))).ms
    except InvalidTimeframeError:
        return None


def run_length(document: Document, curves: Curves) -> int | None:
    """From the first open to the last close, ms; None where neither the data nor the curves tell."""
    data = part(document, "data")
    try:
        return parse_moment(data.get("last_close")) - parse_moment(data.get("first_open"))
    except InvalidRangeError:
        bar = bar_length(document)
    return None if bar is None or not len(curves) else int(curves.close_time[-1] - curves.close_time[0]) + bar


def shorter_than_a_year(document: Document, curves: Curves) -> str | None:
    """The length of a run that had to be extrapolated to a yearly rate, such as ``20 days``; None from a year on.

    In whole days, as it is written: a run that lacks its first hour is a year all the same.
    """
    length = run_length(document, curves)
    if length is None or round(length / _DAY_MS) >= _DAYS_OF_YEAR:
        return None
    return duration(length / 1000.0)
