"""KuCoin spot."""

from __future__ import annotations

from types import MappingProxyType

from candlecloud.exchange.rows import CandleLayout
from candlecloud.exchange.venue_profile import RowsEndpoint, ValueEndpoint, Venue, VenueProfile

_SECOND_MS = 1_000
_MINUTE_MS = 60_000

SPOT = VenueProfile(
    exchange="kucoin",
    market="spot",
    endpoints=MappingProxyType(
        {
            "candles": RowsEndpoint(
                method="publicGetMarketCandles",
                layout=CandleLayout(
                    0, 1, high=3, low=4, close=2, volume_base=5, volume_quote=6, time_unit_ms=_SECOND_MS
                ),
                symbol_param="symbol",
                interval_param="type",
                start_param="startAt",
                end_param="endAt",
                limit_param=None,
                time_unit_ms=_SECOND_MS,
                end_inclusive=False,
                start_exclusive=False,
                path=("data",),
                page_limit=1500,
                # One less: with an inclusive end bound the oldest of 1,501 would fall out.
                page_span=1499,
                order="newest_first",
                keeps="newest",
            )
        }
    ),
    server_time=ValueEndpoint("publicGetTimestamp", ("data",)),
    intervals=MappingProxyType({"1m": "1min", "5m": "5min", "15m": "15min", "1h": "1hour", "1d": "1day"}),
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

VENUE = Venue(
    "kucoin",
    (SPOT,),
    # ccxt makes a bare ExchangeError of {"code":"900001","msg":"symbol not exists"}.
    unknown_symbol_marks=('"900001"',),
    region_marks=("unavailable in the u.s",),
)
