"""What a dataset is: one kind of stored rows, such as candles or funding rates, described as data. Needs no Arrow.

Lake, commits, Parquet files, index, keys and Glue tables know a dataset by its description alone. Each dataset is a
module of `market.datasets`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from candlecloud.market.period import Period
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Instrument, Series

S = TypeVar("S", bound=Instrument)
Row = TypeVar("Row", bound=tuple[Any, ...])


class Column(NamedTuple):
    """A column at rest; a null among the values means that the exchange does not say."""

    name: str
    kind: Literal["time", "float", "int", "text"]
    meaning: str
    nullable: bool = False


BOOKKEEPING = (
    Column("ingested_at", "time", "when we learned this row"),
    Column("superseded_at", "time", "when a corrected row took its place; null: current", nullable=True),
    Column("source", "text", "`native` page, `derived`, or another venue by name"),
)
"""What every dataset has besides its own columns."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset(Generic[S, Row]):
    """One kind of stored rows.

    Attributes
    ----------
    name : str
        Also the name of its objects: ``candles.parquet``.
    description : str
        What a row is, in a sentence.
    prefix : str
        What its S3 keys begin with.
    schema_id : str
        Of the columns as they are now; it stands in each object's footer.
    series : type
        What a series of it is: `Series`, whose rows lie on the grid of a timeframe, or `Instrument`, whose rows come
        when they come.
    row : type
        A named tuple of the key time (ms UTC) and the values, in that order: what is read from an exchange.
    key_time : Column
        The time that a row is found by: a series has one current row per key time.
    values : tuple of Column
        A row whose values differ from those of the current row restates it. A null adds nothing to a known value.
    available : Column
        The time from which a strategy may know the row; it may be the key time.
    when_available : callable
        Row and series to that time, ms UTC.
    fault : callable
        A row to the reason why its values can't be, or None.
    period : {"month", "year"}, optional
        How much one object holds; by the timeframe when left out.
    prices : tuple of str
        Columns of prices, in order of time where a row has several: their decimals are noted in the footer, as its
        price scale, and a fetch holds them against those of other rows.
    qualifier : str, optional
        What stands before a series id in footers and in the index; ``<name>:`` when left out.
    upgrades : mapping
        Schema id of the past to what brings its table to the columns as they are now.
    """

    name: str
    description: str
    prefix: str
    schema_id: str
    series: type[S]
    row: type[Row]
    key_time: Column
    values: tuple[Column, ...]
    available: Column
    when_available: Callable[[Row, S], int]
    fault: Callable[[Row], str | None]
    period: Period | None = None
    prices: tuple[str, ...] = ()
    qualifier: str | None = None
    upgrades: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = (self.key, *(column.name for column in self.values))
        if getattr(self.row, "_fields", None) != names:
            raise TypeError(f"A row of {self.name} must be a named tuple of {', '.join(names)}.")
        if self.period is None and self.series is Instrument:
            raise TypeError(f"{self.name} has no timeframe and must say its period.")

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns at rest, in order."""
        return (*dict.fromkeys((self.key_time, self.available)), *self.values, *BOOKKEEPING)

    @property
    def key(self) -> str:
        """Name of the column of the key time."""
        return self.key_time.name

    @cached_property
    def prices_of(self) -> Callable[[Row], list[float]]:
        """A row to its prices, less those that the exchange does not say."""
        columns = [self.row._fields.index(name) for name in self.prices]  # type: ignore[attr-defined]
        return lambda row: [row[i] for i in columns if row[i] is not None]

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def qualified(self, text: str) -> str:
        """A text as one of this dataset, for the index."""
        return (f"{self.name}:" if self.qualifier is None else self.qualifier) + text

    def id_of(self, series: S) -> str:
        """What names a series among those of all datasets."""
        return self.qualified(series.id)

    def step(self, series: S) -> int | None:
        """Distance of the key times on their grid, ms; None if they come when they come."""
        return series.timeframe.ms if isinstance(series, Series) else None

    def period_of(self, series: S) -> Period:
        """How much of the series one object holds."""
        if self.period is not None or not isinstance(series, Series):
            assert self.period is not None
            return self.period
        return series.timeframe.period

    def covered(self, series: S, first: int, last: int) -> TimeRange:
        """The time that rows from one key time to another stand for; a row without a grid stands for its instant."""
        return TimeRange(first, last + (self.step(series) or 1))

    def refusal(
        self, row: Row, series: S, *, wanted: TimeRange | None, closed_before: int, now: int | None = None
    ) -> str | None:
        """Say why a row must not be stored.

        Parameters
        ----------
        wanted : TimeRange, optional
            Key times that were asked for; None accepts any.
        closed_before : int
            The exchange's time less the settle lag, ms UTC: a row that is available later is not final.
        now : int, optional
            The exchange's time, ms UTC: a key time later than it is in the future. Default `closed_before`.

        Returns
        -------
        str or None
            The reason (`REASONS`, or one of `fault`), or None for a good row.
        """
        time = row[0]
        step = self.step(series)
        if step is not None and time % step:
            return "off_grid"
        if time > (closed_before if now is None else now):
            return "in_future"
        if self.when_available(row, series) > closed_before:
            return "not_closed"
        if wanted is not None and not wanted.contains(time):
            return "out_of_range"
        return self.fault(row)

    def same(self, one: Row, other: Row) -> bool:
        """Whether two answers agree on a row; what one of them does not say is not held against it."""
        if one[0] != other[0]:
            return False
        pairs = zip(self.values, one[1:], other[1:], strict=True)
        return all(a == b or (column.nullable and (a is None or b is None)) for column, a, b in pairs)


REASONS = ("malformed", "wrong_symbol", "off_grid", "out_of_range", "in_future", "not_closed")
"""Why a row of any dataset may be refused, besides its values."""
