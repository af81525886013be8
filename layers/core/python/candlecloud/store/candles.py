"""The candle store: bitemporal Parquet objects that many writers may merge into at once.

Nothing is locked and nothing gets lost: see `commits`. The index is written after the object and never decides what is
read; where it is asked, its answer counts only for the version of the object that the lake has.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.errors import CorruptObjectError, InvalidParameterError
from candlecloud.market.candle import CANDLE_SCHEMA, empty_candles, period_range, periods_between, times_ms
from candlecloud.market.ranges import TimeRange
from candlecloud.market.revision import as_of_view, current_view
from candlecloud.market.series import Series
from candlecloud.market.timeframe import Timeframe
from candlecloud.store.commits import Commit, Committer
from candlecloud.store.index import IndexStore, PeriodEntry
from candlecloud.store.lake import EVERYTHING, Lake
from candlecloud.store.objects import ObjectStore
from candlecloud.store.parquet import within

_READERS = 8
_VIEW_COLUMNS = ("open_time", "ingested_at", "superseded_at")


@dataclass(frozen=True)
class MergeReport:
    """What became of the candles given to `merge`; `periods` names the objects that were written."""

    added: int
    revised: int
    unchanged: int
    periods: tuple[str, ...]


@dataclass(frozen=True)
class RepairReport:
    """What `repair_index` found: objects checked, entries put right, entries without an object, damaged objects."""

    checked: int
    repaired: int
    removed: int
    corrupt: tuple[str, ...] = ()


class CandleStore:
    """Candles of all series.

    Parameters
    ----------
    sleep, rng, new_id : optional
        How a writer waits between attempts, by how much, and how it names a write.
    """

    def __init__(
        self,
        objects: ObjectStore,
        index: IndexStore,
        *,
        sleep: Callable[[float], None] | None = None,
        rng: random.Random | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self._lake = Lake(objects)
        self._committer = Committer(self._lake, sleep, rng, new_id)
        self._index = index
        self.bucket = objects.bucket

    def merge(self, series: Series, table: pa.Table, now: int) -> MergeReport:
        """Merge validated candles into the lake, then tell the index.

        Calling it again with the same candles changes nothing but an index that missed the first call.

        Parameters
        ----------
        table : pyarrow.Table
            Current rows of `CANDLE_SCHEMA`, in any order, of any number of periods.
        now : int
            When we learned them, ms UTC.

        Raises
        ------
        InvalidParameterError
            If the table has another schema.
        CorruptObjectError
            If a stored object can't be merged into.
        TransientStoreError
            If the store did not answer, or other writers won every attempt. What was stored before that stays stored.
        """
        parts = _by_period(series.timeframe, _checked(table))
        commits = [self._committer.commit(series, period, part, now) for period, part in parts]
        self._tell_index(series, commits)
        return MergeReport(
            added=sum(commit.result.added for commit in commits),
            revised=sum(commit.result.revised for commit in commits),
            unchanged=sum(commit.result.unchanged for commit in commits),
            periods=tuple(commit.entry.period for commit in commits if commit.written and commit.entry),
        )

    def _tell_index(self, series: Series, commits: Sequence[Commit]) -> None:
        """Write entries of what was written, and of what was found unchanged but is not in the index."""
        entries = [commit.entry for commit in commits if commit.entry and commit.written]
        found = [commit.entry for commit in commits if commit.entry and not commit.written]
        if found:
            known = self._index.read(series)
            missed = [e for e in found if e.period not in known.entries or known.entries[e.period].etag != e.etag]
            if not entries and not missed and known.head_is_true:
                return
            entries += missed
        for entry in entries:
            self._index.put_entry(series, entry)
        if entries or found:
            self._index.refresh_head(series)

    def read(
        self,
        series: Series,
        wanted: TimeRange = EVERYTHING,
        columns: Sequence[str] | None = None,
        as_of: int | None = None,
    ) -> pa.Table:
        """Candles that open within a range.

        Objects are found by their keys, not by the index, so what is stored is what is read.

        Parameters
        ----------
        wanted : TimeRange
            Half-open range of open times, ms UTC.
        columns : sequence of str, optional
            Columns of `CANDLE_SCHEMA` to return, in this order; default all.
        as_of : int, optional
            ms UTC: the candles as they were known then. Default: as they are known now.

        Returns
        -------
        pyarrow.Table
            One row per open time, in order. Without rows if nothing is stored there.

        Raises
        ------
        InvalidParameterError
            If a column is unknown.
        CorruptObjectError
            If a stored object is damaged.
        """
        names = list(columns) if columns is not None else CANDLE_SCHEMA.names
        unknown = [name for name in names if name not in CANDLE_SCHEMA.names]
        if unknown:
            raise InvalidParameterError(
                f"{unknown[0]!r} is not a column.", parameter="columns", allowed=list(CANDLE_SCHEMA.names)
            )
        needed = list(dict.fromkeys([*names, *_VIEW_COLUMNS]))
        wanted = wanted.intersect(EVERYTHING)
        moment = None if as_of is None else max(0, min(as_of, EVERYTHING.end))

        def part(period: str) -> pa.Table | None:
            file = self._lake.open(series, period)
            if file is None:
                return None
            table = file.read(needed, wanted)
            return (current_view(table) if moment is None else as_of_view(table, moment)).select(names)

        parts = [table for table in _each(part, self._lake.periods(series, wanted)) if table is not None]
        schema = pa.schema([CANDLE_SCHEMA.field(name) for name in names])
        return pa.concat_tables([schema.empty_table(), *parts]).combine_chunks()

    def open_times(self, series: Series, wanted: TimeRange = EVERYTHING) -> list[int]:
        """Open times of the current candles in a range, ms UTC, in order."""
        return times_ms(self.read(series, wanted, ["open_time"]))

    def read_period_history(self, series: Series, period: str) -> pa.Table:
        """All rows of one object, superseded ones included, by (open_time, ingested_at)."""
        stored = self._lake.load(series, period)
        return stored.table if stored else empty_candles()

    def available_range(self, series: Series) -> TimeRange | None:
        """From the first candle's open time to the last candle's close time; None if nothing is stored."""
        entries = self._true_entries(series)
        if not entries:
            return None
        last = max(entry.last_open_time for entry in entries)
        return TimeRange(min(entry.first_open_time for entry in entries), series.timeframe.close_time(last))

    def count(self, series: Series, wanted: TimeRange | None = None) -> int:
        """Number of current candles, in a range of open times if one is given."""
        total = 0
        for entry in self._true_entries(series):
            held = TimeRange(entry.first_open_time, entry.last_open_time + 1)
            common = held if wanted is None else held.intersect(wanted)
            if common == held:
                total += entry.candles
            elif common:
                total += len(self.open_times(series, common))
        return total

    def price_scale(self, series: Series) -> int:
        """Decimals that write every stored price exactly; 0 if nothing is stored."""
        return max((entry.price_scale for entry in self._true_entries(series)), default=0)

    def repair_index(self, series: Series, now: int) -> RepairReport:
        """Make the index of a series what its objects say. One query and one listing if it already is.

        Each object that the index does not know in this version is read whole and verified; a damaged one is reported
        and left out of the index.
        """
        known = self._index.read(series)
        etags = self._lake.etags(series)
        stale = [p for p, etag in etags.items() if p not in known.entries or known.entries[p].etag != etag]
        repaired, corrupt = 0, []
        for period in stale:
            try:
                stored = self._lake.load(series, period)
            except CorruptObjectError:
                corrupt.append(period)
                continue
            if stored is not None:
                repaired += self._index.correct_entry(series, stored.entry(now), known.entries.get(period))
        gone = [entry for period, entry in known.entries.items() if period not in etags or period in corrupt]
        removed = sum(self._index.remove_entry(series, entry) for entry in gone)
        if repaired or removed or not known.head_is_true:
            self._index.refresh_head(series, correct=True)
        return RepairReport(len(etags), repaired, removed, tuple(corrupt))

    def stored_series(self) -> list[Series]:
        """Every series that has an object in the lake, whether the index knows it or not."""
        return self._lake.series()

    def _true_entries(self, series: Series) -> list[PeriodEntry]:
        """An entry for every stored object: from the index where it knows this version, else from the object."""
        known = self._index.read(series).entries
        entries = []
        for period, etag in self._lake.etags(series).items():
            if period in known and known[period].etag == etag:
                entries.append(known[period])
            elif (stored := self._lake.load(series, period)) is not None:
                entries.append(stored.entry(0))
        return entries


def _each(read: Callable[[str], pa.Table | None], periods: Sequence[str]) -> list[pa.Table | None]:
    """Read several objects at once; results in their order."""
    if len(periods) <= 1:
        return [read(period) for period in periods]
    with ThreadPoolExecutor(min(_READERS, len(periods))) as pool:
        return list(pool.map(read, periods))


def _checked(table: pa.Table) -> pa.Table:
    if table.schema.remove_metadata() != CANDLE_SCHEMA:
        raise InvalidParameterError("Candles must have the columns and types of CANDLE_SCHEMA.", parameter="table")
    return table


def _by_period(timeframe: Timeframe, table: pa.Table) -> list[tuple[str, pa.Table]]:
    """Split rows by the object that holds them."""
    if table.num_rows == 0:
        return []
    ends = pc.min_max(table.column("open_time").cast(pa.int64())).as_py()
    parts = []
    for period in periods_between(timeframe, TimeRange(ends["min"], ends["max"] + 1)):
        part = table.filter(within(table.column("open_time"), period_range(timeframe, period)))
        if part.num_rows:
            parts.append((period, part))
    return parts
