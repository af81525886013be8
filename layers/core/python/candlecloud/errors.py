"""Every error of the domain: one class, one stable `code`. `api/errors.py` gives each code its HTTP status."""

from __future__ import annotations

from typing import Any, ClassVar


class CandlecloudError(Exception):
    """An error that a user can act on.

    Parameters
    ----------
    message : str
        What is wrong, as one sentence.
    hint : str, optional
        What to do about it; each class has a default.
    **details
        JSON-able facts for programs (offending field, allowed values, ...).
    """

    code: ClassVar[str] = "error"
    default_hint: ClassVar[str] = "Read the message; it names what to change."

    def __init__(self, message: str, *, hint: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint if hint is not None else self.default_hint
        self.details: dict[str, Any] = details


class InvalidInputError(CandlecloudError):
    """Something in the request can't be right, whatever the data."""

    code = "invalid_input"
    default_hint = "Correct the named field and send the request again."


class InvalidSymbolError(InvalidInputError):
    code = "invalid_symbol"
    default_hint = "Write symbols as BTC-USDT (spot), BTC-USDT_USDT (perpetual) or in ccxt's form, BTC/USDT."


class InvalidTimeframeError(InvalidInputError):
    code = "invalid_timeframe"
    default_hint = "Use one of 1m, 5m, 15m, 1h, 1d. Timeframes are case-sensitive: 1m is a minute."


class InvalidRangeError(InvalidInputError):
    code = "invalid_range"
    default_hint = "Ranges are half-open, [start, end): give a start before the end, in UTC."


class InvalidParameterError(InvalidInputError):
    code = "invalid_parameter"


class UnknownExchangeError(InvalidInputError):
    code = "unknown_exchange"


class UnknownSymbolError(CandlecloudError):
    """The exchange does not list this symbol."""

    code = "unknown_symbol"
    default_hint = "Check the spelling against the exchange's list of markets."


class UnknownStrategyError(InvalidInputError):
    code = "unknown_strategy"


class UnknownFeatureError(InvalidInputError):
    code = "unknown_feature"


class SeriesNotFoundError(CandlecloudError):
    code = "series_not_found"
    default_hint = "GET /series lists what is stored; POST /ingestion/backfill fetches a new series."


class RunNotFoundError(CandlecloudError):
    code = "run_not_found"
    default_hint = "Use the id that POST /backtest/run returned."


class SweepNotFoundError(CandlecloudError):
    code = "sweep_not_found"
    default_hint = "Use the id that POST /sweeps returned."


class SignalsNotFoundError(CandlecloudError):
    code = "signals_not_found"
    default_hint = "Use the id that PUT /signals/files returned."


class InsufficientDataError(CandlecloudError):
    """Too few candles are stored for the request; `details` says how many, and how to get the rest."""

    code = "insufficient_data"
    default_hint = "Send the backfill request in details.backfill_request, or start at details.suggested_start."


class LookAheadError(CandlecloudError):
    """A decision moved when bars after it were replaced; `details` names the signal and the first bar."""

    code = "look_ahead"
    default_hint = (
        "Compute the named signal from its own bar and earlier ones only. Shift values that are known later. Rounding "
        "that depends on how many bars follow, as that of a Fourier transform over all bars, is no look-ahead but is "
        "accused too: compute over windows, or round the values."
    )


class ConflictError(CandlecloudError):
    code = "conflict"
    default_hint = "Somebody else has changed the same thing. Read it again, then retry."


class IdempotencyConflictError(CandlecloudError):
    code = "idempotency_conflict"
    default_hint = "Use a new Idempotency-Key for a different request."


class UnauthorizedError(CandlecloudError):
    code = "unauthorized"
    default_hint = "Send 'Authorization: Bearer <token>'; mint one with 'candlecloud tokens mint'."


class ForbiddenError(CandlecloudError):
    code = "forbidden"
    default_hint = "Mint a token that carries the needed scope."


class ExchangeError(CandlecloudError):
    """The exchange did not give what was asked for."""

    code = "exchange_error"
    default_hint = "Nothing was stored for that window; run the ingestion again later."


class ExchangeUnavailableError(ExchangeError):
    code = "exchange_unavailable"


class RegionRefusedError(ExchangeError):
    """The exchange does not serve the country of this address: asking again from here never helps."""

    code = "region_refused"
    default_hint = (
        "The exchange refuses this address's country: run in another AWS region, or set exchange_urls for a host that "
        "serves it."
    )


class RateLimitedError(ExchangeUnavailableError):
    """The exchange asks us to slow down; `details['retry_after_s']` says for how long, where it says so."""

    code = "rate_limited"


class MalformedResponseError(ExchangeError):
    """The exchange answered 200 with something that is not what its documentation promises."""

    code = "malformed_response"


class WrongMarketError(ExchangeError):
    """The candles that the exchange gave are not those of the wanted symbol."""

    code = "wrong_market"


class CorruptObjectError(CandlecloudError):
    """A stored object is not what its metadata says."""

    code = "corrupt_object"
    default_hint = "Restore the object's previous version, then run reindex_series for the series."


class TransientStoreError(CandlecloudError):
    """S3 or DynamoDB did not answer; the same call may succeed soon."""

    code = "store_unavailable"
    default_hint = "Try again in a few seconds."
