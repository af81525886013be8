"""First contact with a series: is it the wanted market, and where does its history begin?"""

from __future__ import annotations

from candlecloud.errors import ExchangeError, UnknownSymbolError, WrongMarketError
from candlecloud.exchange.answers import BadRows
from candlecloud.exchange.asking import ASKS, Asking
from candlecloud.market.candle import Candle
from candlecloud.market.ranges import TimeRange

_DAY_MS = 86_400_000
_QUOTE_SLACK = 1.5


def check_market(talk: Asking) -> None:
    """Hold the newest candles against the price that another endpoint quotes for exactly this symbol.

    Most venues' candles do not name their market; this is how a first page is known to be the right one. Where no such
    price is to be had, it is a fact like others.

    Raises
    ------
    WrongMarketError
        If the price lies far outside what the candles span, answer after answer.
    ExchangeError
        If the venue does not answer.
    """
    if talk.profile.quote_price is None:
        return
    price = _quoted_price(talk)
    length = max(2, min(talk.profile.page_span, _DAY_MS // talk.step)) * talk.step
    end = talk.bounds.closed_before
    for last_try in (False,) * (ASKS - 1) + (True,):
        answer = None if price is None else talk.ask(TimeRange(max(0, end - length), end))
        if answer is None or price is None or not answer.good:
            talk.facts["market_not_compared"] += 1
            return
        if _holds_price(list(answer.good.values()), price):
            return
        if last_try:
            talk.quarantine(BadRows("wrong_symbol", [list(row) for row in answer.good.values()]), answer.payload_hash)
    raise WrongMarketError(
        f"The candles do not hold the price {price} that {talk.client.exchange} quotes for {talk.series.symbol}."
    )


def find_listing(talk: Asking) -> int | None:
    """Open time of the first candle ever, if two different questions agree on it and nothing known is older.

    Raises
    ------
    ExchangeError
        If the venue does not answer.
    """
    first = talk.patiently(lambda: talk.client.listing_start(talk.series))
    if first is None or first % talk.step or any(time < first for time in talk.known):
        return None
    before = max(0, first - talk.profile.page_span // 2 * talk.step)
    answer = talk.ask(TimeRange(before, first + 2 * talk.step))
    return first if not answer.is_odd and next(iter(answer.good), None) == first else None


def _quoted_price(talk: Asking) -> float | None:
    """A price of today for the symbol; None where there is none to be had."""
    try:
        quote = talk.patiently(lambda: talk.client.quoted_price(talk.series.symbol))
    except (ExchangeError, UnknownSymbolError):
        return None  # the candles are asked for all the same, and a fault shows there
    is_fresh = quote is not None and abs(quote.time - talk.exchange_now()) <= _DAY_MS
    return quote.price if quote is not None and is_fresh else None


def _holds_price(candles: list[Candle], price: float) -> bool:
    """Whether a price lies within, or near, what the candles span."""
    lowest, highest = min(row.low for row in candles), max(row.high for row in candles)
    return lowest / _QUOTE_SLACK <= price <= highest * _QUOTE_SLACK
