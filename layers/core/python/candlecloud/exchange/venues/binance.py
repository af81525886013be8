"""Binance: spot and USD-M futures, one API in two places."""

from __future__ import annotations

from types import MappingProxyType

from candlecloud.exchange.rows import CandleLayout
from candlecloud.exchange.venue_profile import Market, RowsEndpoint, ValueEndpoint, Venue, VenueProfile

_SECOND_MS = 1_000
_MINUTE_MS = 60_000
_MS_GRID = CandleLayout(0, 1, 2, 3, 4, 5, volume_quote=7, trades=8, close_time=6)
_INTERVALS = {name: name for name in ("1m", "5m", "15m", "1h", "1d")}


def _profile(market: Market, api: str, *, weight_limit: int, quote_price: ValueEndpoint | None = None) -> VenueProfile:
    return VenueProfile(
        exchange="binance",
        market=market,
        endpoints=MappingProxyType(
            {
                "candles": RowsEndpoint(
                    method=f"{api}GetKlines",
                    layout=_MS_GRID,
                    symbol_param="symbol",
                    interval_param="interval",
                    start_param="startTime",
                    end_param="endTime",
                    limit_param="limit",
                    time_unit_ms=1,
                    end_inclusive=True,
                    start_exclusive=False,
                    path=(),
                    page_limit=1000,
                    page_span=1000,
                    order="oldest_first",
                    keeps="oldest",
                    lists_from_zero=True,
                )
            }
        ),
        server_time=ValueEndpoint(f"{api}GetTime", ("serverTime",)),
        intervals=MappingProxyType(_INTERVALS),
        settle_lag_ms=2 * _SECOND_MS,
        reread_ms=10 * _MINUTE_MS,
        absence_lag_ms=15 * _MINUTE_MS,
        # A page weighs 2 (spot) or 5 (futures); the limit is the weight of one minute and address. 100 ms is at most
        # 1,200 or 3,000 a minute; the header below counts what other processes of the same address use.
        min_interval_ms=100 if market == "spot" else 200,
        quote_price=quote_price,
        weight_header="x-mbx-used-weight-1m",
        weight_limit=weight_limit,
    )


SPOT = _profile(
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
LINEAR = _profile("linear", "fapiPublic", weight_limit=2400)

VENUE = Venue("binance", (SPOT, LINEAR), region_marks=("restricted location",))
