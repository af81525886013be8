"""Binance's 24h ticker, added up from the recorded candles as they are at the clock."""

from typing import Any

from infra.local.replay.feed import Feed
from infra.local.replay.tape import Row, add_known
from infra.local.replay.wire import fixed

DAY = 86_400_000
PLACES = 8
STEPS = (3_600_000, 60_000)


def live_ticker(feed: Feed, symbol: str) -> dict[str, Any] | None:
    """Return the ticker of the last 24 hours, or None where no candle of them is recorded.

    It has the fields of Binance's short form (``type=MINI``) that candles can say; quote volume and trades are null
    where a candle does not say them. The last price is the running candle's close as known at the clock.
    """
    now = feed.clock.now()
    tape = feed.tape("binance", "spot", symbol)
    for step in STEPS:
        rows = tape.page(step, now, start=now - DAY, end=now, limit=DAY // step + 1, newest=True)
        if rows:
            return {"symbol": symbol, "openTime": now - DAY, "closeTime": now, **totals(rows, tape.scales(step))}
    return None


def totals(rows: list[Row], scales: Any) -> dict[str, Any]:
    quote = add_known(row.volume_quote for row in rows)
    return {
        "openPrice": fixed(rows[0].open, scales.price, PLACES),
        "highPrice": fixed(max(row.high for row in rows), scales.price, PLACES),
        "lowPrice": fixed(min(row.low for row in rows), scales.price, PLACES),
        "lastPrice": fixed(rows[-1].close, scales.price, PLACES),
        "volume": fixed(sum(row.volume_base for row in rows), scales.base, PLACES),
        "quoteVolume": None if quote is None else fixed(quote, scales.quote, PLACES),
        "count": add_known(row.trades for row in rows),
    }
