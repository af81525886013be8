"""The form of a venue: how each of its markets is asked, what its rows hold, where it stops, how fast it may be asked.

`client` reads a profile to build a request, `rows` to read the answer, `ingestion.fetch` to walk. `venues` holds one
file each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from candlecloud.errors import InvalidParameterError, InvalidTimeframeError
from candlecloud.market.symbol import Symbol
from candlecloud.market.timeframe import Timeframe

Market = Literal["spot", "linear"]
AnswerPath = tuple[str | int, ...]


@dataclass(frozen=True)
class RowLayout:
    """Position of each value in a raw row; None where the venue does not say."""

    open_time: int
    open: int
    high: int
    low: int
    close: int
    volume_base: int
    volume_quote: int | None = None
    trades: int | None = None
    close_time: int | None = None
    time_unit_ms: int = 1

    @property
    def width(self) -> int:
        """Fewest values that a row must have."""
        named = (self.open, self.high, self.low, self.close, self.volume_base)
        optional = (self.volume_quote, self.trades, self.close_time)
        return 1 + max(self.open_time, *named, *(i for i in optional if i is not None))


@dataclass(frozen=True)
class CandleEndpoint:
    """How candles are asked for, and where the rows stand in the answer.

    Attributes
    ----------
    method : str
        ccxt's implicit method, which returns the venue's own JSON.
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
    """

    method: str
    symbol_param: str
    interval_param: str
    start_param: str
    end_param: str | None
    limit_param: str | None
    time_unit_ms: int
    end_inclusive: bool
    start_exclusive: bool
    path: tuple[str, ...]
    beside: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)


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
    page_limit : int
        Most rows of one answer.
    page_span : int
        Candles asked for at once; below the limit where the venue's end bound is not exact.
    order : {'oldest_first', 'newest_first'}
        Order of rows within an answer.
    keeps : {'oldest', 'newest'}
        Which rows survive when a window holds more than a page.
    history_cap : int, optional
        Only so many of the newest candles can be had.
    settle_lag_ms : int
        A candle is closed this long after its close time, by the exchange's clock.
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
    lists_from_zero : bool
        Whether a request from the epoch with limit 1 answers with the first candle ever.
    quote_price : ValueEndpoint, optional
        A second endpoint that names its symbol: shows on the first contact that the candles are of the wanted market.
    """

    exchange: str
    market: Market
    candles: CandleEndpoint
    server_time: ValueEndpoint
    layout: RowLayout
    intervals: Mapping[str, str]
    page_limit: int
    page_span: int
    order: Literal["oldest_first", "newest_first"]
    keeps: Literal["oldest", "newest"]
    settle_lag_ms: int
    reread_ms: int
    absence_lag_ms: int
    min_interval_ms: int
    symbol_joint: str = ""
    currency_ids: Mapping[str, str] = field(default_factory=dict)
    plain_market_id: Callable[[str], str] = str
    history_cap: int | None = None
    lists_from_zero: bool = False
    quote_price: ValueEndpoint | None = None
    weight_header: str | None = None
    weight_limit: int | None = None

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
