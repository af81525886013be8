"""Reading an event into checked values: ids against allow-lists, times as ms UTC, nothing unknown let by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from candlecloud.catalogue import EXCHANGES
from candlecloud.errors import InvalidParameterError, InvalidRangeError
from candlecloud.market.moment import iso, parse_moment
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series

_SERIES_FIELDS = ("exchange", "symbol", "timeframe")


def read_fields(event: Any, allowed: tuple[str, ...]) -> Mapping[str, Any]:
    """Check that an event is an object with nothing but the allowed fields.

    Raises
    ------
    InvalidParameterError
        If it is not; the hint lists what is allowed.
    """
    if not isinstance(event, Mapping):
        raise InvalidParameterError("The event must be a JSON object.", hint=f"Fields: {', '.join(allowed)}.")
    unknown = sorted(set(event) - set(allowed))
    if unknown:
        raise InvalidParameterError(
            f"Unknown field {', '.join(map(repr, unknown))}.", hint=f"Fields: {', '.join(allowed)}.", fields=unknown
        )
    return event


def read_series(event: Mapping[str, Any]) -> Series:
    """The series that an event names.

    Raises
    ------
    InvalidParameterError
        If a part is missing or not text.
    UnknownExchangeError, InvalidSymbolError, InvalidTimeframeError
        If a part is not what it should be.
    """
    parts = [event.get(name) for name in _SERIES_FIELDS]
    for name, part in zip(_SERIES_FIELDS, parts, strict=True):
        if not isinstance(part, str) or not part:
            raise InvalidParameterError(
                f"The event needs {name!r} as text.", hint='Such as "binance", "BTC-USDT", "1h".', field=name
            )
    exchange, symbol, timeframe = (str(part) for part in parts)
    return Series.of(EXCHANGES.find(exchange).name, symbol, timeframe)


def read_time(event: Mapping[str, Any], name: str) -> int | None:
    """A time of an event, ms UTC: ISO-8601 text (UTC where it names no zone) or a whole number of ms.

    Raises
    ------
    InvalidRangeError
        If it is neither, or lies outside 1970 to 2100.
    """
    value = event.get(name)
    if value is None:
        return None
    try:
        return parse_moment(value)
    except InvalidRangeError as error:
        raise InvalidRangeError(f"{name!r}: {error.message}", hint=error.hint, field=name) from error


def read_range(event: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """``start`` and ``end`` of an event; each may be missing, but an end needs a start.

    Raises
    ------
    InvalidRangeError
        If the end lies before the start, or stands alone.
    """
    start, end = read_time(event, "start"), read_time(event, "end")
    if end is not None:
        if start is None:
            raise InvalidRangeError("An end needs a start.", hint="Give both, or neither.", field="start")
        TimeRange(start, end)
    return start, end


def read_slot(event: Mapping[str, Any], series: Series) -> str | None:
    """Name of a schedule's slot; None for a request by hand."""
    scheduled_at = event.get("scheduled_at")
    if scheduled_at is None:
        return None
    if not isinstance(scheduled_at, str):
        raise InvalidParameterError("'scheduled_at' is the time of a schedule's slot, ISO-8601.", field="scheduled_at")
    read_time(event, "scheduled_at")
    return f"{series.id}@{scheduled_at}"


def read_flag(event: Mapping[str, Any], name: str) -> bool:
    """A yes or no of an event, no where it is missing."""
    value = event.get(name, False)
    if not isinstance(value, bool):
        raise InvalidParameterError(f"{name!r} is true or false.", field=name)
    return value


def span_dict(span: TimeRange) -> dict[str, str | None]:
    """A range for reports."""
    return {"start": iso(span.start), "end": iso(span.end)}
