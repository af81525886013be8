"""What a run was about: the currency it counts in, how long it is."""

from __future__ import annotations

from candlecloud.contract.results import RunResult
from candlecloud.market.instant import read_instant
from candlecloud.metrics.annual import YEAR_MS
from candlecloud.pages.kit.formats import duration
from candlecloud.pages.kit.markup import shorten

_DAY_MS = 86_400_000
_DAYS_OF_YEAR = YEAR_MS // _DAY_MS


def quote_of(result: RunResult) -> str:
    """The quote currency, ``USDT`` of ``BTC-USDT_USDT``."""
    return shorten(result.config.series.symbol.quote, 12)


def run_length(result: RunResult) -> int:
    """From the first open to the last close, ms."""
    return read_instant(result.data.last_close) - read_instant(result.data.first_open)


def shorter_than_a_year(result: RunResult) -> str | None:
    """The length of a run that had to be extrapolated to a yearly rate, such as ``20 days``; None from a year on.

    In whole days, as it is written: a run that lacks its first hour is a year all the same.
    """
    length = run_length(result)
    return duration(length / 1000.0) if round(length / _DAY_MS) < _DAYS_OF_YEAR else None
