"""What each venue does, as data: how it is asked, what its rows hold, where it stops, how fast it may be asked.

Nothing here is code that runs against a venue; `client` reads a profile to build a request, `rows` to read the answer,
`pager` to walk. `tests/integration/test_venue_conformance.py` holds each profile against the replay exchange.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from candlecloud.errors import InvalidParameterError, InvalidTimeframeError
from candlecloud.market.symbol import Symbol
from candlecloud.market.timeframe import Timeframe

Market = Literal["spot", "linear"]

_SECOND_MS = 1_000
_MINUTE_MS = 60_000


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


@dataclass(frozen=True)
class ValueEndpoint:
    """A small answer: one number, and the symbol and time it belongs to where they matter."""

    method: str
    value_path: tuple[str, ...]
    unit_ms: int = 1
    symbol_param: str = ""
    symbol_path: tuple[str, ...] = ()
    time_path: tuple[str, ...] = ()


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
    currency_ids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
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
        """Whether a key of an answer names the market of `symbol`.

        Kraken answers with its old ids (``XXBTZUSD`` for XBTUSD): a crypto code with X, a currency with Z before it.
        """
        plain = key
        if len(key) == 8 and key[0] in "XZ" and key[4] in "XZ":
            plain = key[1:4] + key[5:]
        return self.market_id(symbol) in (key, plain)

    def reread_candles(self, timeframe: Timeframe) -> int:
        """How many of the newest closed candles are read once more."""
        return max(2, -(-self.reread_ms // timeframe.ms))


_MS_GRID = RowLayout(0, 1, 2, 3, 4, 5, volume_quote=7, trades=8, close_time=6)
_BINANCE_INTERVALS = {name: name for name in ("1m", "5m", "15m", "1h", "1d")}


def _binance(market: Market, api: str, *, weight_limit: int, quote_price: ValueEndpoint | None = None) -> VenueProfile:
    return VenueProfile(
        exchange="binance",
        market=market,
        candles=CandleEndpoint(
            method=f"{api}GetKlines",
            symbol_param="symbol",
            interval_param="interval",
            start_param="startTime",
            end_param="endTime",
            limit_param="limit",
            time_unit_ms=1,
            end_inclusive=True,
            start_exclusive=False,
            path=(),
        ),
        server_time=ValueEndpoint(f"{api}GetTime", ("serverTime",)),
        layout=_MS_GRID,
        intervals=MappingProxyType(_BINANCE_INTERVALS),
        page_limit=1000,
        page_span=1000,
        order="oldest_first",
        keeps="oldest",
        settle_lag_ms=2 * _SECOND_MS,
        reread_ms=10 * _MINUTE_MS,
        absence_lag_ms=15 * _MINUTE_MS,
        # A page weighs 2 (spot) or 5 (futures); the limit is the weight of one minute and address. 100 ms is at most
        # 1,200 or 3,000 a minute; the header below counts what other processes of the same address use.
        min_interval_ms=100 if market == "spot" else 200,
        lists_from_zero=True,
        quote_price=quote_price,
        weight_header="x-mbx-used-weight-1m",
        weight_limit=weight_limit,
    )


_BINANCE_SPOT = _binance(
    "spot",
    "public",
    weight_limit=6000,
    quote_price=ValueEndpoint(
        "publicGetTicker24hr",
        ("lastPrice",),
        symbol_param="symbol",
        symbol_path=("symbol",),
        time_path=("closeTime",),
    ),
)
_BINANCE_LINEAR = _binance("linear", "fapiPublic", weight_limit=2400)

_KRAKEN_SPOT = VenueProfile(
    exchange="kraken",
    market="spot",
    candles=CandleEndpoint(
        method="publicGetOHLC",
        symbol_param="pair",
        interval_param="interval",
        start_param="since",
        end_param=None,
        limit_param=None,
        time_unit_ms=_SECOND_MS,
        end_inclusive=False,
        start_exclusive=True,
        path=("result", "*"),
    ),
    server_time=ValueEndpoint("publicGetTime", ("result", "unixtime"), unit_ms=_SECOND_MS),
    layout=RowLayout(0, 1, 2, 3, 4, volume_base=6, trades=7, time_unit_ms=_SECOND_MS),
    intervals=MappingProxyType({"1m": "1", "5m": "5", "15m": "15", "1h": "60", "1d": "1440"}),
    page_limit=720,
    page_span=720,
    order="oldest_first",
    keeps="newest",
    # Kraken's volume keeps moving for a while after the close.
    settle_lag_ms=10 * _SECOND_MS,
    reread_ms=60 * _MINUTE_MS,
    absence_lag_ms=30 * _MINUTE_MS,
    min_interval_ms=1_200,
    currency_ids=MappingProxyType({"BTC": "XBT", "DOGE": "XDG"}),
    # The newest 720 include the running one.
    history_cap=719,
)

_KUCOIN_SPOT = VenueProfile(
    exchange="kucoin",
    market="spot",
    candles=CandleEndpoint(
        method="publicGetMarketCandles",
        symbol_param="symbol",
        interval_param="type",
        start_param="startAt",
        end_param="endAt",
        limit_param=None,
        time_unit_ms=_SECOND_MS,
        end_inclusive=False,
        start_exclusive=False,
        path=("data",),
    ),
    server_time=ValueEndpoint("publicGetTimestamp", ("data",)),
    layout=RowLayout(0, 1, high=3, low=4, close=2, volume_base=5, volume_quote=6, time_unit_ms=_SECOND_MS),
    intervals=MappingProxyType({"1m": "1min", "5m": "5min", "15m": "15min", "1h": "1hour", "1d": "1day"}),
    page_limit=1500,
    # One less: with an inclusive end bound the oldest of 1,501 would fall out.
    page_span=1499,
    order="newest_first",
    keeps="newest",
    settle_lag_ms=5 * _SECOND_MS,
    reread_ms=10 * _MINUTE_MS,
    absence_lag_ms=15 * _MINUTE_MS,
    min_interval_ms=150,
    symbol_joint="-",
    quote_price=ValueEndpoint(
        "publicGetMarketStats",
        ("data", "last"),
        symbol_param="symbol",
        symbol_path=("data", "symbol"),
        time_path=("data", "time"),
    ),
)

PROFILES: Mapping[tuple[str, Market], VenueProfile] = MappingProxyType(
    {(p.exchange, p.market): p for p in (_BINANCE_SPOT, _BINANCE_LINEAR, _KRAKEN_SPOT, _KUCOIN_SPOT)}
)


def profile_for(exchange: str, symbol: Symbol) -> VenueProfile:
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
    profile = None if market is None else PROFILES.get((exchange, market))
    if profile is None:
        raise InvalidParameterError(
            f"{exchange} candles of {symbol.ccxt} are not supported.",
            hint="Supported: " + ", ".join(f"{e} {m}" for e, m in PROFILES) + ".",
            field="symbol",
            exchange=exchange,
            symbol=symbol.key,
        )
    return profile
