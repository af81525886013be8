"""Market check: is it the wanted market, and where does its history begin?

Most venues' rows do not name their market. Where they have prices, what does is the 24h ticker: its price has to lie in
the newest daily rows, and from those a chain of daily pages, each overlapping the next by one row, leads back to what
is wanted. Where no known row links a page, it is held against the days of that chain: its reference prices.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from candlecloud.errors import ExchangeError, UnknownSymbolError, WrongMarketError
from candlecloud.ingestion.fetch.page import LARGEST_RESTATEMENT, AnyRow, BadRows
from candlecloud.ingestion.fetch.session import ATTEMPTS, FetchSession
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
        self._has_quote = bool(session.dataset.prices) and session.profile.quote_price is not None

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

    def agrees(self, rows: list[AnyRow]) -> bool | None:
        """Whether the prices of rows lie within those of their days; None where no day of theirs is known."""
        compared = False
        for row in rows:
            day = self.reference_prices().get(_DAY.floor(row[0]))
            if day is None:
                continue
            compared = True
            low, high = self._span([row])
            if low < day.low * (1 - LARGEST_RESTATEMENT) or high > day.high * (1 + LARGEST_RESTATEMENT):
                return False
        return True if compared else None

    def find_listing(self, known: Iterable[int]) -> int | None:
        """Key time of the first row ever, if two different requests agree on it and nothing known is older.

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
        price = self._quoted_price() if self._has_quote else None
        chain = [] if price is None else self._newest_days(price)
        while chain:
            days.update((row[0], self._span([row])) for row in chain)
            chain = self._days_before(chain[0])
        if not days and self._has_quote:
            self._session.anomalies["market_not_compared"] += 1
        return days

    def _ask_listing(self, known: Iterable[int]) -> int | None:
        session = self._session
        first = session.request(lambda: session.client.listing_start(session.series, session.dataset))
        if first is None or first % session.step or any(time < first for time in known):
            return None
        before = max(0, first - session.endpoint.page_span // 2 * session.step)
        page = session.fetch_page(TimeRange(before, first + 2 * session.step))
        return first if not page.is_odd and next(iter(page.good), None) == first else None

    def _quoted_price(self) -> float | None:
        """A price of today for the symbol; None where there is none to be had."""
        session = self._session
        try:
            quote = session.request(lambda: session.client.quoted_price(session.series.symbol))
        except (ExchangeError, UnknownSymbolError):
            return None  # the rows are asked for all the same, and a fault shows there
        is_fresh = quote is not None and abs(quote.time - session.exchange_now()) <= _DAY.ms
        return quote.price if quote is not None and is_fresh else None

    def _newest_days(self, price: float) -> list[AnyRow]:
        """The newest page of days, if today's price lies in the last of them."""
        session, end = self._session, self._session.closed_before(_DAY)
        begin = max(0, min(self._start, end - _NEWEST * _DAY.ms), end - session.endpoint.page_span * _DAY.ms)
        for _ in range(ATTEMPTS):
            page = session.fetch_page(TimeRange(begin, end), _DAY)
            rows = list(page.good.values())
            if not rows or self._holds_price(rows[-_NEWEST:], price):
                return rows
        session.quarantine(BadRows("wrong_symbol", [list(row) for row in rows]), page.payload_hash)
        raise WrongMarketError(
            f"The {session.dataset.name} do not hold the price {price} that {session.client.exchange} quotes for "
            f"{session.series.symbol}."
        )

    def _days_before(self, first: AnyRow) -> list[AnyRow]:
        """The page of days before a known one, if it has that one too; nothing where there are none."""
        if first[0] <= self._start:
            return []
        begin = max(self._start, first[0] - (self._session.endpoint.page_span - 1) * _DAY.ms)
        for _ in range(ATTEMPTS):
            page = self._session.fetch_page(TimeRange(begin, first[0] + _DAY.ms), _DAY)
            said = page.good.get(first[0])
            if said is not None and self._session.dataset.same(said, first):
                return [row for time, row in page.good.items() if time < first[0]]
        return []

    def _span(self, rows: list[AnyRow]) -> DayPrices:
        prices = [price for row in rows for price in self._session.dataset.prices_of(row)]
        return DayPrices(min(prices), max(prices))

    def _holds_price(self, rows: list[AnyRow], price: float) -> bool:
        """Whether a price lies within, or near, what the rows span."""
        lowest, highest = self._span(rows)
        return lowest / _QUOTE_SLACK <= price <= highest * _QUOTE_SLACK
