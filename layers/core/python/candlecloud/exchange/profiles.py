"""What each venue does, as data. Nothing here is code that runs against a venue.

`tests/integration/test_venue_conformance.py` holds each profile against the replay exchange.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from candlecloud.errors import InvalidParameterError
from candlecloud.exchange.profile import CandleEndpoint, Market, RowLayout, ValueEndpoint, VenueProfile
from candlecloud.market.symbol import Symbol

__all__ = ["PROFILES", "VenueProfile", "profile_for"]

_SECOND_MS = 1_000
_MINUTE_MS = 60_000
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
