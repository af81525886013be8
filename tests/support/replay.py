"""Real ccxt, pointed at a replay exchange by URL settings alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import ccxt

from infra.local.replay import ReplayExchange


def connect(venue: str, market: ReplayExchange, timeout_ms: int = 10_000) -> Any:
    """Return the unmodified ccxt class of a venue; only scheme and host of its URLs are changed."""
    exchange = getattr(ccxt, venue)({"enableRateLimit": False, "timeout": timeout_ms})
    base = market.base_urls()[venue]
    exchange.urls["api"] = {name: base + urlsplit(url).path for name, url in exchange.urls["api"].items()}
    return exchange
