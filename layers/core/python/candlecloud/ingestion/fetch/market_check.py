"""Market check: is it the wanted market, and where does its history begin?

Most venues' candles do not name their market. What does is the 24h ticker: its price has to lie in the newest daily
candles, and from those a chain of daily pages, each overlapping the next by one candle, leads back to what is wanted.
Where no known candle links a page, it is held against the days of that chain: its reference prices.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from candlecloud.errors import ExchangeError, UnknownSymbolError, WrongMarketError
from candlecloud.ingestion.fetch.page import LARGEST_RESTATEMENT, BadRows
from candlecloud.ingestion.fetch.session import ATTEMPTS, FetchSession
from candlecloud.market.candle import Candle
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.timeframe import Timeframe

_DAY = Timeframe("1d")
_QUOTE_SLACK = 1.5
_NEWEST = 2  # days that today's price is held against


class DayPrices(NamedTuple):
    """Lowest and highest price of a day."""

    low: float
    high: float


class MarketCheck:
    """Reference prices of the wanted market, asked for at most once, when they are first needed.

    Parameters
    ----------
    start : int
        How far back they are needed, ms UTC.
    """

    def __init__(self, session: FetchSession, start: int) -> None:
        self.listed_from: int | None = None
        self._session = session
        self._start = _DAY.floor(start)
        self._listing_asked = False
        self._prices: dict[int, DayPrices] | None = None

    def reference_prices(self) -> dict[int, DayPrices]:
        """Prices of each day, by its first moment (ms UTC); empty where the venue has nothing to compare.

        Raises
        ------
        WrongMarketError
            If the quoted price lies far outside the newest days, page after page.
        ExchangeError
            If the venue does not answer.
        """
        if self._prices is None:
            self._prices = self._ask_prices()
        return self._prices

    def agrees(self, candles: list[Candle]) -> bool | None:
        """Whether candles lie within the prices of their days; None where no day of theirs is known."""
        compared = False
        for candle in candles:
            day = self.reference_prices().get(_DAY.floor(candle.open_time))
            if day is None:
                continue
            compared = True
            if candle.low < day.low * (1 - LARGEST_RESTATEMENT) or candle.high > day.high * (1 + LARGEST_RESTATEMENT):
                return False
        return True if compared else None

    def find_listing(self, known: Iterable[int]) -> int | None:
        """Open time of the first candle ever, if two different requests agree on it and nothing known is older.

        It is asked for at most once.

        Raises
        ------
        ExchangeError
            If the venue does not answer.
        """
        if not self._listing_asked:
            self._listing_asked = True
            self.listed_from = self._ask_listing(known)
        return self.listed_from

    def _ask_prices(self) -> dict[int, DayPrices]:
        days: dict[int, DayPrices] = {}
        price = None if self._session.profile.quote_price is None else self._quoted_price()
        chain = [] if price is None else self._newest_days(price)
        while chain:
            days.update((row.open_time, DayPrices(row.low, row.high)) for row in chain)
            chain = self._days_before(chain[0])
        if not days and self._session.profile.quote_price is not None:
            self._session.anomalies["market_not_compared"] += 1
        return days

    def _ask_listing(self, known: Iterable[int]) -> int | None:
        session = self._session
        first = session.request(lambda: session.client.listing_start(session.series))
        if first is None or first % session.step or any(time < first for time in known):
            return None
        before = max(0, first - session.profile.page_span // 2 * session.step)
        page = session.fetch_page(TimeRange(before, first + 2 * session.step))
        return first if not page.is_odd and next(iter(page.good), None) == first else None

    def _quoted_price(self) -> float | None:
        """A price of today for the symbol; None where there is none to be had."""
        session = self._session
        try:
            quote = session.request(lambda: session.client.quoted_price(session.series.symbol))
        except (ExchangeError, UnknownSymbolError):
            return None  # the candles are asked for all the same, and a fault shows there
        is_fresh = quote is not None and abs(quote.time - session.exchange_now()) <= _DAY.ms
        return quote.price if quote is not None and is_fresh else None

    def _newest_days(self, price: float) -> list[Candle]:
        """The newest page of days, if today's price lies in the last of them."""
        session, end = self._session, self._session.closed_before(_DAY)
        begin = max(0, min(self._start, end - _NEWEST * _DAY.ms), end - session.profile.page_span * _DAY.ms)
        for _ in range(ATTEMPTS):
            page = session.fetch_page(TimeRange(begin, end), _DAY)
            rows = list(page.good.values())
            if not rows or _holds_price(rows[-_NEWEST:], price):
                return rows
        session.quarantine(BadRows("wrong_symbol", [list(row) for row in rows]), page.payload_hash)
        raise WrongMarketError(
            f"The candles do not hold the price {price} that {session.client.exchange} quotes for "
            f"{session.series.symbol}."
        )

    def _days_before(self, first: Candle) -> list[Candle]:
        """The page of days before a known one, if it has that one too; nothing where there are none."""
        if first.open_time <= self._start:
            return []
        begin = max(self._start, first.open_time - (self._session.profile.page_span - 1) * _DAY.ms)
        for _ in range(ATTEMPTS):
            page = self._session.fetch_page(TimeRange(begin, first.open_time + _DAY.ms), _DAY)
            said = page.good.get(first.open_time)
            if said is not None and CANDLES.same(said, first):
                return [row for time, row in page.good.items() if time < first.open_time]
        return []


def _holds_price(candles: list[Candle], price: float) -> bool:
    """Whether a price lies within, or near, what the candles span."""
    lowest, highest = min(row.low for row in candles), max(row.high for row in candles)
    return lowest / _QUOTE_SLACK <= price <= highest * _QUOTE_SLACK
