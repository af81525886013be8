"""Raw rows of a venue → rows of a dataset, or rejected rows with a reason. Nothing is invented: null stays null."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from candlecloud.market.candle import Candle
from candlecloud.market.series import Instrument, Series

_LARGEST = 2**62  # beyond it lies nothing that a time or a count could mean, and an int64 column ends
_UNREADABLE = (TypeError, ValueError, OverflowError, IndexError, KeyError)


class RowLayout(Protocol):
    """How a raw row of a venue becomes a row of a dataset."""

    def reader(self, series: Instrument) -> Callable[[Any], tuple[Any, ...]]:
        """What reads one raw row; it raises TypeError, ValueError or a kind of them for what is no row."""

    def time_of(self, raw: Any) -> int:
        """Key time of a raw row, ms UTC, whatever else stands in it; raises like a reader."""


class RawBad(NamedTuple):
    """A row that cannot be read as one of the wanted series."""

    reason: str
    time: int | None
    row: Any


@dataclass(frozen=True)
class ReadRows:
    """Rows of one answer, in the order received; `raw[i]` is what `rows[i]` was read from."""

    rows: list[Any]
    raw: list[Any]
    bad: list[RawBad]


def read_rows(raw_rows: Sequence[Any], layout: RowLayout, series: Instrument) -> ReadRows:
    """Read the rows of one answer.

    Parameters
    ----------
    raw_rows : sequence
        The venue's rows as parsed from JSON; anything may stand in it.

    Returns
    -------
    ReadRows
        Values are not judged here (see `market.dataset.Dataset.refusal`), only read.
    """
    read = layout.reader(series)
    rows: list[Any] = []
    kept: list[Any] = []
    bad: list[RawBad] = []
    for raw in raw_rows:
        try:
            row = read(raw)
        except _UNREADABLE:
            bad.append(RawBad("malformed", _time_of(raw, layout), raw))
        else:
            rows.append(row)
            kept.append(raw)
    return ReadRows(rows, kept, bad)


def _time_of(raw: Any, layout: RowLayout) -> int | None:
    try:
        return layout.time_of(raw)
    except _UNREADABLE:
        return None


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


@dataclass(frozen=True)
class CandleLayout:
    """Position of each value in a raw candle; None where the venue does not say."""

    open_time: int
    open: int
    high: int
    low: int
    close: int
    volume_base: int
    volume_quote: int | None = None
    trades: int | None = None
    close_time: int | None = None
    time_unit_ms: int = 1

    @property
    def width(self) -> int:
        """Fewest values that a row must have."""
        named = (self.open, self.high, self.low, self.close, self.volume_base)
        optional = (self.volume_quote, self.trades, self.close_time)
        return 1 + max(self.open_time, *named, *(i for i in optional if i is not None))

    def time_of(self, raw: Any) -> int:
        """Open time, ms UTC."""
        return whole(raw[self.open_time]) * self.time_unit_ms

    def reader(self, series: Instrument) -> Callable[[Any], Candle]:
        """A reader with every position looked up once: it runs per row.

        A row that says it closes later than its interval ends is of another timeframe: it can't be read.
        """
        assert isinstance(series, Series)
        step, width, unit = series.timeframe.ms, self.width, self.time_unit_ms
        at_time, at_open, at_high, at_low, at_close = self.open_time, self.open, self.high, self.low, self.close
        at_base, at_quote, at_trades, at_end = self.volume_base, self.volume_quote, self.trades, self.close_time

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
