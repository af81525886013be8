"""A witness beside the candles: is it the wanted market, and where does its history begin?

Most venues' candles do not name their market. What does is the 24h ticker: its price has to lie in the newest daily
candles, and from those a chain of daily pages, each overlapping the next by one candle, leads back to what is wanted.
Where no known candle links an answer, it is held against the days of that chain.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from candlecloud.errors import ExchangeError, UnknownSymbolError, WrongMarketError
from candlecloud.exchange.answers import LARGEST_RESTATEMENT, Answer, BadRows, same_candle
from candlecloud.exchange.asking import ASKS, Asking, Bounds, Sink
from candlecloud.market.candle import Candle
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.market.timeframe import Timeframe

_DAY = Timeframe("1d")
_QUOTE_SLACK = 1.5
_NEWEST = 2  # days that today's price is held against


@dataclass
class DailyWitness:
    """Lowest and highest price of each day, known to be of the wanted market.

    Attributes
    ----------
    days : dict of int to (float, float)
        By the day's first moment, ms UTC; empty where the venue has nothing to compare.
    """

    days: dict[int, tuple[float, float]] = field(default_factory=dict)

    def vouches(self, candles: list[Candle]) -> bool | None:
        """Whether candles lie within their days; None where no day of theirs is known."""
        compared = False
        for candle in candles:
            day = self.days.get(_DAY.floor(candle.open_time))
            if day is None:
                continue
            compared = True
            if candle.low < day[0] * (1 - LARGEST_RESTATEMENT) or candle.high > day[1] * (1 + LARGEST_RESTATEMENT):
                return False
        return True if compared else None


def find_witness(talk: Asking, start: int) -> DailyWitness:
    """Daily candles from `start` (ms UTC) to now, chained to the quoted price.

    Raises
    ------
    WrongMarketError
        If the quoted price lies far outside the newest days, answer after answer.
    ExchangeError
        If the venue does not answer.
    """
    witness = DailyWitness()
    price = None if talk.profile.quote_price is None else _quoted_price(talk)
    if price is None:
        if talk.profile.quote_price is not None:
            talk.facts["market_not_compared"] += 1
        return witness
    daily = _daily(talk)
    try:
        chain = _newest_days(daily, price, _DAY.floor(start))
        while chain:
            witness.days.update((row.open_time, (row.low, row.high)) for row in chain)
            chain = _days_before(daily, chain[0], _DAY.floor(start))
    finally:
        talk.requests += daily.requests
        talk.quarantined += daily.quarantined
    if not witness.days:
        talk.facts["market_not_compared"] += 1
    return witness


def _daily(talk: Asking) -> Asking:
    """The same conversation about daily candles; none of them is stored."""
    series = Series(talk.series.exchange, talk.series.symbol, _DAY)
    closed = _DAY.floor(talk.bounds.exchange_now - talk.profile.settle_lag_ms)
    bounds = Bounds(talk.bounds.exchange_now, talk.bounds.clock_now, closed)
    sink = Sink(lambda candles: None, talk.sink.on_quarantine, talk.sink.on_fault)
    return replace(talk, series=series, bounds=bounds, sink=sink, known={}, asks=deque(), requests=0, quarantined=0)


def _newest_days(daily: Asking, price: float, start: int) -> list[Candle]:
    """The newest page of days, if today's price lies in the last of them."""
    end = daily.bounds.closed_before
    begin = max(0, min(start, end - _NEWEST * _DAY.ms), end - daily.profile.page_span * _DAY.ms)
    for _ in range(ASKS):
        answer = daily.ask(TimeRange(begin, end))
        rows = list(answer.good.values())
        if not rows or _holds_price(rows[-_NEWEST:], price):
            return rows
    daily.quarantine(BadRows("wrong_symbol", [list(row) for row in rows]), answer.payload_hash)
    raise WrongMarketError(
        f"The candles do not hold the price {price} that {daily.client.exchange} quotes for {daily.series.symbol}."
    )


def _days_before(daily: Asking, first: Candle, start: int) -> list[Candle]:
    """The page of days before a known one: an answer that has that one too; nothing where there are none."""
    if first.open_time <= start:
        return []
    begin = max(start, first.open_time - (daily.profile.page_span - 1) * _DAY.ms)
    for _ in range(ASKS):
        answer: Answer = daily.ask(TimeRange(begin, first.open_time + _DAY.ms))
        said = answer.good.get(first.open_time)
        if said is not None and same_candle(said, first):
            return [row for time, row in answer.good.items() if time < first.open_time]
    return []


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
    is_fresh = quote is not None and abs(quote.time - talk.exchange_now()) <= _DAY.ms
    return quote.price if quote is not None and is_fresh else None


def _holds_price(candles: list[Candle], price: float) -> bool:
    """Whether a price lies within, or near, what the candles span."""
    lowest, highest = min(row.low for row in candles), max(row.high for row in candles)
    return lowest / _QUOTE_SLACK <= price <= highest * _QUOTE_SLACK
