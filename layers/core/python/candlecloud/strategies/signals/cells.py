"""Cells of a file as numbers: times as ms UTC, fractions as floats; the first that is none is named by its row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.errors import InvalidRangeError
from candlecloud.market.instant import LATEST_MS, read_instant
from candlecloud.strategies.signals.refusals import first_true, refuse_row

_EARLIEST_MS = 100_000_000_000
"""Whole numbers below it look like seconds (`read_instant` says so)."""
_TIME_HINT = "Write it as ISO-8601 in UTC (2024-01-31T00:00:00Z) or as unix milliseconds."


def times_of(column: pa.ChunkedArray) -> pa.Array:
    """Times as int64, ms UTC. A time without an offset is UTC.

    Raises
    ------
    InvalidParameterError
        Naming the first row that holds no time.
    """
    column = _flat(column)
    _refuse_missing(column, "open_time", _TIME_HINT)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _cast_or_name(
            column, _stamps_as_ms, "open_time", "has parts of a millisecond, or lies out of reach", _TIME_HINT
        )
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _texts_as_ms(column.cast(pa.string()))
    if not pa.types.is_integer(column.type):
        refuse_row("open_time", 0, column[0].as_py(), f"is of the type {column.type}, which is no time", _TIME_HINT)
    return _bounded(column.cast(pa.int64()), column)


def fractions_of(column: pa.ChunkedArray, name: str, low: float, high: float) -> pa.Array:
    """Numbers as float64 within bounds; -0.0 becomes 0.0.

    Raises
    ------
    InvalidParameterError
        Naming the first row that holds none, one that is not finite, or one out of bounds.
    """
    hint = f"Write a number from {low:g} to {high:g}: a fraction, not percent."
    column = _flat(column)
    _refuse_missing(column, name, hint)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column)
    elif not (
        pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
    ):
        refuse_row(name, 0, column[0].as_py(), f"is of the type {column.type}, which is no number", hint)
    numbers = _cast_or_name(column, lambda part: part.cast(pa.float64()), name, "is not a number", hint)
    wrong = first_true(pc.invert(pc.is_finite(numbers)))
    if wrong is not None:
        refuse_row(name, wrong, column[wrong].as_py(), "is not a finite number", hint)
    wrong = first_true(pc.or_(pc.less(numbers, low), pc.greater(numbers, high)))
    if wrong is not None:
        refuse_row(name, wrong, numbers[wrong].as_py(), f"must be from {low:g} to {high:g}", hint)
    return pc.add(numbers, 0.0)


def whole_numbers_of(column: pa.ChunkedArray, name: str, high: int) -> pa.Array:
    """Whole numbers from 0 to a bound as int64.

    Raises
    ------
    InvalidParameterError
        Naming the first row that holds none.
    """
    hint = f"Write a whole number from 0 to {high:,}."
    column = _flat(column)
    _refuse_missing(column, name, hint)
    numbers = _cast_or_name(column, lambda part: part.cast(pa.int64()), name, "is not a whole number", hint)
    wrong = first_true(pc.or_(pc.less(numbers, 0), pc.greater(numbers, high)))
    if wrong is not None:
        refuse_row(name, wrong, numbers[wrong].as_py(), f"must be from 0 to {high:,}", hint)
    return numbers


def _flat(column: pa.ChunkedArray) -> pa.Array:
    flat = column.combine_chunks()
    if isinstance(flat, pa.ChunkedArray):  # more text than one array holds; MAX_ROWS keeps that away
        flat = pa.concat_arrays(flat.chunks)
    return flat.cast(flat.type.value_type) if pa.types.is_dictionary(flat.type) else flat


def _refuse_missing(column: pa.Array, name: str, hint: str) -> None:
    missing = pc.is_null(column)
    if pa.types.is_string(column.type):
        missing = pc.or_(missing, pc.equal(column, ""))
    wrong = first_true(missing)
    if wrong is not None:
        refuse_row(name, wrong, None, "is empty", hint)


def _cast_or_name(
    column: pa.Array, cast: Callable[[pa.Array], pa.Array], name: str, wanted: str, hint: str
) -> pa.Array:
    """The whole column at once; where that fails, halves are tried until the first wrong row is found."""
    try:
        return cast(column)
    except pa.ArrowException:
        low, high = 0, len(column)  # the first wrong row lies in [low, high)
        while high - low > 1:
            middle = (low + high) // 2
            try:
                cast(column.slice(low, middle - low))
            except pa.ArrowException:
                high = middle
            else:
                low = middle
        refuse_row(name, low, column[low].as_py(), wanted, hint)


def _stamps_as_ms(part: pa.Array) -> pa.Array:
    zone = getattr(part.type, "tz", None)  # instants are UTC inside, whatever zone they are shown in
    return _bounded(part.cast(pa.timestamp("ms", tz=zone)).cast(pa.int64()), part)


def _texts_as_ms(texts: pa.Array) -> pa.Array:
    for kind in (pa.int64(), pa.timestamp("ms", tz="UTC"), pa.timestamp("ms")):
        try:
            times = texts.cast(kind).cast(pa.int64())
        except pa.ArrowInvalid:
            continue
        return _bounded(times, texts)
    return pa.array([_instant(text, place) for place, text in enumerate(texts.to_pylist())], pa.int64())


def _instant(value: Any, place: int) -> int:
    try:
        return read_instant(value)
    except InvalidRangeError as error:
        refuse_row("open_time", place, value, f"is no time: {error.message.rstrip('.')}", error.hint)


def _bounded(times: pa.Array, written: pa.Array) -> pa.Array:
    wrong = first_true(pc.or_(pc.less(times, _EARLIEST_MS), pc.greater(times, LATEST_MS)))
    if wrong is not None:
        given = times[wrong].as_py()
        _instant(given, wrong)
        refuse_row("open_time", wrong, written[wrong].as_py(), "lies before March 1973", _TIME_HINT)
    return times
