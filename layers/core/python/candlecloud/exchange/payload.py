"""Requests as a venue wants them, and the shape of its answers: a 200 that is not what was promised is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from candlecloud.errors import MalformedResponseError
from candlecloud.exchange.rows import whole
from candlecloud.exchange.venue_profile import AnswerPath, RowsEndpoint, VenueProfile
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Instrument, Series


def whole_at(answer: Any, path: AnswerPath, exchange: str) -> int:
    """The whole number at a path of an answer; MalformedResponseError where there is none."""
    try:
        return whole(value_at(answer, path, exchange))
    except (TypeError, ValueError, OverflowError) as error:
        raise MalformedResponseError(f"{exchange} answered with something else than a time.") from error


def value_at(answer: Any, path: AnswerPath, exchange: str) -> Any:
    """The value at a path of an answer; MalformedResponseError where there is none."""
    for key in path:
        if not _has(answer, key):
            raise MalformedResponseError(f"{exchange} answered without the field {key!r}.", shape=_shape(answer))
        answer = answer[key]
    return answer


def rows_at(answer: Any, endpoint: RowsEndpoint, exchange: str) -> tuple[list[Any], str | None]:
    """The list of rows, and the key that names the market where the path has one."""
    market_key: str | None = None
    for key in endpoint.path:
        if key == "*":
            keys = [k for k in answer if k not in endpoint.beside] if isinstance(answer, dict) else []
            if len(keys) != 1:
                raise MalformedResponseError(f"{exchange} answered for {len(keys)} markets instead of one.")
            market_key = key = str(keys[0])
        answer = value_at(answer, (key,), exchange)
    if not isinstance(answer, list):
        raise MalformedResponseError(
            f"{exchange} answered with {_shape(answer)} instead of a list of rows.", shape=_shape(answer)
        )
    return answer, market_key


def _has(answer: Any, key: str | int) -> bool:
    if isinstance(key, int):
        return isinstance(answer, list) and key < len(answer)
    return isinstance(answer, dict) and key in answer


def _shape(answer: Any) -> str:
    """A few words about what came, without its content."""
    if isinstance(answer, str):
        start = answer.lstrip()[:1]
        kind = {"<": "HTML", "": "an empty body", "[": "truncated JSON", "{": "truncated JSON"}.get(start, "text")
        return "a null" if answer.strip() == "null" else kind
    return {dict: "an object", list: "a list", type(None): "a null"}.get(type(answer), type(answer).__name__)


def window_params(
    profile: VenueProfile, endpoint: RowsEndpoint, series: Instrument, window: TimeRange, limit: int | None
) -> dict[str, Any]:
    """The venue's parameters that ask for the rows of `window`, whatever its bounds include."""
    unit = endpoint.time_unit_ms
    timeframe = series.timeframe if isinstance(series, Series) else None
    before = unit if timeframe is None else timeframe.ms
    start = window.start - before if endpoint.start_exclusive else window.start
    params: dict[str, Any] = {
        **endpoint.fixed,
        endpoint.symbol_param: profile.market_id(series.symbol),
        endpoint.start_param: max(0, start) // unit,
    }
    if endpoint.interval_param is not None and timeframe is not None:
        params[endpoint.interval_param] = profile.interval(timeframe)
    if endpoint.end_param is not None:
        params[endpoint.end_param] = (window.end - (1 if endpoint.end_inclusive else 0)) // unit
    if endpoint.limit_param is not None:
        params[endpoint.limit_param] = min(limit or endpoint.page_limit, endpoint.page_limit)
    return params


def header_int(headers: Mapping[str, str], name: str | None) -> int | None:
    """A whole number in a header, if the venue sends it."""
    value = None if name is None else headers.get(name)
    return int(value) if value is not None and value.isdecimal() else None
