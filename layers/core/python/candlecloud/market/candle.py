"""A candle: its fields, and what its values must be."""

from __future__ import annotations

import math
from typing import NamedTuple

from candlecloud.market.dataset import REASONS

PRICE_COLUMNS = ("open", "high", "low", "close")
MARKET_COLUMNS = (*PRICE_COLUMNS, "volume_base", "volume_quote", "trades")

QUARANTINE_REASONS = (*REASONS, "not_finite", "not_positive", "high_low_bounds", "negative_volume")


class Candle(NamedTuple):
    """One closed candle; None means that the exchange does not say."""

    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume_base: float | None
    volume_quote: float | None
    trades: int | None


def candle_fault(candle: Candle) -> str | None:
    """Why the values of a candle can't be, one of `QUARANTINE_REASONS`; None for a good candle."""
    _, open_, high, low, close, base, quote, trades = candle
    volumes = [v for v in (base, quote, trades) if v is not None]
    if not all(map(math.isfinite, (open_, high, low, close, *volumes))):
        return "not_finite"
    if min(open_, high, low, close) <= 0:
        return "not_positive"
    if high < max(open_, close, low) or low > min(open_, close, high):
        return "high_low_bounds"
    if any(v < 0 for v in volumes):
        return "negative_volume"
    return None
