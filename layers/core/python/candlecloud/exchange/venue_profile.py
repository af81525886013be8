"""The form of a venue: how each of its markets is asked, what its rows hold, how fast it may be asked.

`client` reads a profile to build a request, `rows` to read the answer, `ingestion.fetch` to walk. `venues` holds one
file each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from candlecloud.errors import InvalidParameterError, InvalidTimeframeError
from candlecloud.exchange.rows import RowLayout
from candlecloud.market.symbol import Symbol
from candlecloud.market.timeframe import Timeframe

Market = Literal["spot", "linear"]
AnswerPath = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class RowsEndpoint:
    """How the rows of a dataset are asked for, where they stand in the answer, and where a page ends.

    Attributes
    ----------
    method : str
        ccxt's implicit method, which returns the venue's own JSON.
    layout : RowLayout
        How a raw row is read.
    interval_param : str, optional
        None for rows without a timeframe.
    end_param : str, optional
        None where the venue takes only a start and answers with everything since.
    end_inclusive, start_exclusive : bool
        How the venue reads the bounds; `client` moves them so that ``[start, end)`` is what is asked.
    path : tuple of str
        Keys that lead to the rows; ``"*"`` is the key that names the market, which is checked.
    beside : tuple of str
        Keys that stand beside ``"*"`` and name no market.
    fixed : mapping
        Parameters that every request has.
    page_limit : int
        Most rows in a page: a page of fewer holds all that the venue has of its window.
    page_span : int
        Rows on a grid asked for at once; below the limit where the venue's end bound is not exact.
    order : {'oldest_first', 'newest_first'}
        Order of rows within an answer.
    keeps : {'oldest', 'newest'}
        Which rows survive when a window holds more than a page.
    history_cap : int, optional
        Only so many of the newest rows can be had.
    lists_from_zero : bool
        Whether a request from the epoch with limit 1 answers with the first row ever.
    """

    method: str
    layout: RowLayout
    symbol_param: str
    start_param: str
    end_param: str | None
    limit_param: str | None
    page_limit: int
    page_span: int
    order: Literal["oldest_first", "newest_first"]
    keeps: Literal["oldest", "newest"]
    interval_param: str | None = None
    time_unit_ms: int = 1
    end_inclusive: bool = False
    start_exclusive: bool = False
    path: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    history_cap: int | None = None
    lists_from_zero: bool = False


@dataclass(frozen=True)
class ValueEndpoint:
    """A small answer: one number, and the symbol and time it belongs to where they matter.

    A path is of keys and, in lists, of places; `fixed` are parameters that every request has.
    """

    method: str
    value_path: AnswerPath
    unit_ms: int = 1
    symbol_param: str = ""
    symbol_path: AnswerPath = ()
    time_path: AnswerPath = ()
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class VenueProfile:
    """One market type of one exchange.

    Attributes
    ----------
    endpoints : mapping of str to RowsEndpoint
        By the name of a dataset: what rows this market has.
    settle_lag_ms : int
        A row is final this long after it is available (a candle: after its close time), by the exchange's clock.
    reread_ms : int
        How far back closed candles are read once more.
    absence_lag_ms : int
        How old a hole must be before its absence counts as proven.
    min_interval_ms : int
        Pause between two requests; never shorter than the venue's own limit.
    weight_header, weight_limit
        Header in which the venue counts what this address used in the running minute, and its limit.
    symbol_joint, currency_ids
        How the venue writes a symbol: what stands between two currencies, and those that it calls otherwise.
    plain_market_id : callable
        From the name of a market in an answer to the name that it is asked by.
    quote_price : ValueEndpoint, optional
        A second endpoint that names its symbol: shows on the first contact that the candles are of the wanted market.
    """

    exchange: str
    market: Market
    endpoints: Mapping[str, RowsEndpoint]
    server_time: ValueEndpoint
    intervals: Mapping[str, str]
    settle_lag_ms: int
    reread_ms: int
    absence_lag_ms: int
    min_interval_ms: int
    symbol_joint: str = ""
    currency_ids: Mapping[str, str] = field(default_factory=dict)
    plain_market_id: Callable[[str], str] = str
    quote_price: ValueEndpoint | None = None
    weight_header: str | None = None
    weight_limit: int | None = None

    def endpoint(self, dataset: str) -> RowsEndpoint:
        """How the rows of a dataset are asked for, by its name.

        Raises
        ------
        InvalidParameterError
            If candlecloud does not know where this market has such rows.
        """
        try:
            return self.endpoints[dataset]
        except KeyError:
            raise InvalidParameterError(
                f"{self.exchange} {self.market} has no {dataset}.",
                hint=f"It has: {', '.join(self.endpoints)}.",
                field="dataset",
                exchange=self.exchange,
            ) from None

    def interval(self, timeframe: Timeframe) -> str:
        """The venue's own name of a timeframe.

        Raises
        ------
        InvalidTimeframeError
            If the venue has no such candles.
        """
        try:
            return self.intervals[timeframe.name]
        except KeyError:
            raise InvalidTimeframeError(
                f"{self.exchange} has no {timeframe} candles.", timeframe=timeframe.name, allowed=list(self.intervals)
            ) from None

    def market_id(self, symbol: Symbol) -> str:
        """The venue's own name of a symbol, by its naming rule (whether it is listed, the venue answers)."""
        base, quote = (self.currency_ids.get(code, code) for code in (symbol.base, symbol.quote))
        expiry = "" if symbol.expiry is None else f"_{symbol.expiry}"
        return f"{base}{self.symbol_joint}{quote}{expiry}"

    def names_market(self, key: str, symbol: Symbol) -> bool:
        """Whether a key of an answer names the market of `symbol`."""
        return self.market_id(symbol) in (key, self.plain_market_id(key))

    def reread_candles(self, timeframe: Timeframe) -> int:
        """How many of the newest closed candles are read once more."""
        return max(2, -(-self.reread_ms // timeframe.ms))


@dataclass(frozen=True)
class Venue:
    """An exchange: its markets, and how it words what ccxt does not tell apart.

    Attributes
    ----------
    name : str
        ccxt's id of it; the file below `venues` has the same name.
    profiles : tuple of VenueProfile
        One per kind of market.
    unknown_symbol_marks : tuple of str
        Any of them in the text of an error says that the venue does not list the symbol.
    region_marks : tuple of str
        Any of them, in lower case, in the text of a 403 says that the venue does not serve this address's region.
    """

    name: str
    profiles: tuple[VenueProfile, ...]
    unknown_symbol_marks: tuple[str, ...] = ()
    region_marks: tuple[str, ...] = ()

    def profile(self, symbol: Symbol) -> VenueProfile:
        """The profile that serves a symbol.

        Raises
        ------
        InvalidParameterError
            If candlecloud has no profile for this kind of market on this exchange.
        """
        market: Market | None = None
        if symbol.is_spot:
            market = "spot"
        elif symbol.settle == symbol.quote and symbol.strike is None:
            market = "linear"
        for profile in self.profiles:
            if profile.market == market:
                return profile
        raise InvalidParameterError(
            f"{self.name} candles of {symbol.ccxt} are not supported.",
            hint=f"Supported of {self.name}: {', '.join(profile.market for profile in self.profiles)}.",
            field="symbol",
            exchange=self.name,
            symbol=symbol.key,
        )
