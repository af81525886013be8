"""Raw rows of a venue → candles, or rejected rows with a reason. Nothing is invented: null stays null."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from candlecloud.exchange.venue_profile import RowLayout
from candlecloud.market.candle import Candle
from candlecloud.market.timeframe import Timeframe

_LARGEST = 2**62  # beyond it lies nothing that a time or a count could mean, and an int64 column ends


class RawBad(NamedTuple):
    """A row that cannot be read as a candle of the wanted series."""

    reason: str
    open_time: int | None
    row: Any


@dataclass(frozen=True)
class ReadRows:
    """Rows of one answer, in the order received; `raw[i]` is what `candles[i]` was read from."""

    candles: list[Candle]
    raw: list[Any]
    bad: list[RawBad]


def read_rows(raw_rows: Sequence[Any], layout: RowLayout, timeframe: Timeframe) -> ReadRows:
    """Read the rows of one answer.

    Parameters
    ----------
    raw_rows : sequence
        The venue's rows as parsed from JSON; anything may stand in it.
    timeframe : Timeframe
        A row that says it closes later than its interval ends is of another timeframe: ``malformed``.

    Returns
    -------
    ReadRows
        Values are not judged here (see `market.dataset.Dataset.refusal`), only read.
    """
    read = _reader(layout, timeframe.ms)
    candles: list[Candle] = []
    kept: list[Any] = []
    bad: list[RawBad] = []
    for row in raw_rows:
        try:
            candle = read(row)
        except (TypeError, ValueError, OverflowError):
            bad.append(RawBad("malformed", _open_time_of(row, layout), row))
        else:
            candles.append(candle)
            kept.append(row)
    return ReadRows(candles, kept, bad)


def number(value: Any) -> float:
    """A venue's decimal string or JSON number as float; exact for what a float can hold.

    Raises
    ------
    TypeError, ValueError, OverflowError
        If it is neither. ``"1_000"``, which Python's own float reads, is not a number of any venue.
    """
    kind = type(value)
    if kind is str:
        if "_" in value:
            raise ValueError(value)
        return float(value)
    if kind is float or kind is int:
        return float(value)
    raise TypeError(value)


def whole(value: Any) -> int:
    """A count or a time as int; ``"7"`` and 7.0 are 7, 7.5 and True raise."""
    if type(value) is int:
        count: int = value
    else:
        as_float = number(value)
        if not as_float.is_integer():
            raise ValueError(value)
        count = int(value) if type(value) is str and value.isdecimal() else int(as_float)
    if not -_LARGEST < count < _LARGEST:
        raise OverflowError(value)
    return count


def _reader(layout: RowLayout, step: int) -> Callable[[Any], Candle]:
    """A reader for one layout, with every position looked up once: this runs per row."""
    width, unit = layout.width, layout.time_unit_ms
    at_time, at_open, at_high, at_low, at_close = (
        layout.open_time, layout.open, layout.high, layout.low, layout.close,
    )  # fmt: skip
    at_base, at_quote, at_trades, at_end = layout.volume_base, layout.volume_quote, layout.trades, layout.close_time

    def read(row: Any) -> Candle:
        if type(row) is not list or len(row) < width:
            raise TypeError(row)
        open_time = whole(row[at_time]) * unit
        if at_end is not None and not open_time < whole(row[at_end]) * unit < open_time + step:
            raise ValueError(row)
        base = row[at_base]
        quote = None if at_quote is None else row[at_quote]
        trades = None if at_trades is None else row[at_trades]
        return Candle(
            open_time,
            number(row[at_open]),
            number(row[at_high]),
            number(row[at_low]),
            number(row[at_close]),
            None if base is None else number(base),
            None if quote is None else number(quote),
            None if trades is None else whole(trades),
        )

    return read


def _open_time_of(row: Any, layout: RowLayout) -> int | None:
    try:
        return whole(row[layout.open_time]) * layout.time_unit_ms
    except (TypeError, ValueError, OverflowError, IndexError, KeyError):
        return None
