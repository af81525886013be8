"""Kraken spot."""

from __future__ import annotations

from types import MappingProxyType

from candlecloud.exchange.rows import CandleLayout
from candlecloud.exchange.venue_profile import RowsEndpoint, ValueEndpoint, Venue, VenueProfile

_SECOND_MS = 1_000
_MINUTE_MS = 60_000


def _plain_market_id(key: str) -> str:
    """Without the letters of its old ids: ``XXBTZUSD`` is XBTUSD, a crypto code with X, a currency with Z before it."""
    return key[1:4] + key[5:] if len(key) == 8 and key[0] in "XZ" and key[4] in "XZ" else key


SPOT = VenueProfile(
    exchange="kraken",
    market="spot",
    endpoints=MappingProxyType(
        {
            "candles": RowsEndpoint(
                method="publicGetOHLC",
                layout=CandleLayout(0, 1, 2, 3, 4, volume_base=6, trades=7, time_unit_ms=_SECOND_MS),
                symbol_param="pair",
                interval_param="interval",
                start_param="since",
                end_param=None,
                limit_param=None,
                time_unit_ms=_SECOND_MS,
                end_inclusive=False,
                start_exclusive=True,
                path=("result", "*"),
                beside=("last",),
                page_limit=720,
                page_span=720,
                order="oldest_first",
                keeps="newest",
                # The newest 720 include the running one.
                history_cap=719,
            )
        }
    ),
    server_time=ValueEndpoint("publicGetTime", ("result", "unixtime"), unit_ms=_SECOND_MS),
    intervals=MappingProxyType({"1m": "1", "5m": "5", "15m": "15", "1h": "60", "1d": "1440"}),
    # Kraken's volume keeps moving for a while after the close.
    settle_lag_ms=10 * _SECOND_MS,
    reread_ms=60 * _MINUTE_MS,
    absence_lag_ms=30 * _MINUTE_MS,
    min_interval_ms=1_200,
    currency_ids=MappingProxyType({"BTC": "XBT", "DOGE": "XDG"}),
    plain_market_id=_plain_market_id,
)

VENUE = Venue("kraken", (SPOT,), unknown_symbol_marks=("EQuery:Unknown asset pair",))
