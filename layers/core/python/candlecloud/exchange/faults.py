"""What ccxt raises → our errors, with the venue's own wish of when to come back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from candlecloud.errors import (
    CandlecloudError,
    ExchangeError,
    ExchangeUnavailableError,
    MalformedResponseError,
    RateLimitedError,
    RegionRefusedError,
    UnknownSymbolError,
)
from candlecloud.exchange.venue_profile import Venue

BANNED = 418  # Binance: this address went on after 429s
_TOO_MANY = (418, 429)
_REGION_REFUSED = 451
# Some say 403 instead, as a firewall does that only wants fewer requests: the text tells.
_CLOUDFRONT = "block access from your country"
_GATEWAY = (403, 408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525)
_RATE_NAMES = frozenset({"RateLimitExceeded", "DDoSProtection"})
_DOWN_NAMES = frozenset(
    {"NetworkError", "ExchangeNotAvailable", "OnMaintenance", "RequestTimeout", "OperationFailed", "InvalidNonce"}
)


def translate(error: Exception, *, venue: Venue, status: int | None, headers: Mapping[str, str]) -> CandlecloudError:
    """Turn a ccxt error into one of ours.

    Parameters
    ----------
    error : Exception
        As raised by ccxt; told apart by the names of its class and of the classes above it.
    status : int, optional
        HTTP status of the answer; None when there was none (a time-out, a refused connection).
    headers : mapping
        Of the answer.

    Returns
    -------
    CandlecloudError
        Messages name the venue and the status, never a URL (it may hold a private host).
    """
    exchange, text = venue.name, str(error)
    names = {cls.__name__ for cls in type(error).__mro__}
    details: dict[str, Any] = {"exchange": exchange, "status": status, "ccxt_error": type(error).__name__}
    wait = retry_after_s(headers)
    if wait is not None:
        details["retry_after_s"] = wait
    if status == _REGION_REFUSED or (status == 403 and _any_in(text.lower(), (_CLOUDFRONT, *venue.region_marks))):
        return RegionRefusedError(f"{exchange} does not serve this address's region (HTTP {status}).", **details)
    if status in _TOO_MANY or names & _RATE_NAMES:
        return RateLimitedError(f"{exchange} asks for fewer requests (HTTP {status}).", **details)
    if "BaseError" not in names:
        # ccxt itself stumbled over the answer, such as an empty body where it looks at the first character.
        return MalformedResponseError(f"{exchange} answered with something that cannot be read.", **details)
    if "BadSymbol" in names or _any_in(text, venue.unknown_symbol_marks):
        return UnknownSymbolError(f"{exchange} does not list this symbol.", **details)
    if "RequestTimeout" in names:
        return ExchangeUnavailableError(f"{exchange} did not answer in time.", **details)
    if status in _GATEWAY or names & _DOWN_NAMES:
        said = "no HTTP answer" if status is None else f"HTTP {status}"
        return ExchangeUnavailableError(f"{exchange} is not available ({said}).", **details)
    return ExchangeError(f"{exchange} refused the request (HTTP {status}).", **details)


def most_severe_error(codes: Collection[str]) -> type[ExchangeError]:
    """The error that stands for several failures of one run, given by their codes."""
    if RegionRefusedError.code in codes:
        return RegionRefusedError
    passing = {ExchangeUnavailableError.code, RateLimitedError.code}
    return ExchangeError if passing.isdisjoint(codes) else ExchangeUnavailableError


def _any_in(text: str, marks: Iterable[str]) -> bool:
    return any(mark in text for mark in marks)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds of a ``Retry-After`` header, given as a number or as a date (counted from the answer's own ``Date``)."""
    lower = {name.lower(): value for name, value in headers.items()}
    value = lower.get("retry-after", "").strip()
    if not value:
        return None
    if value.isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
        since = parsedate_to_datetime(lower["date"])
    except (KeyError, TypeError, ValueError):
        return None
    return max(0.0, (until - since).total_seconds())
