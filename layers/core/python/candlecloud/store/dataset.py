"""The store of a dataset: bitemporal Parquet objects that many writers may merge into at once.

Nothing is locked and nothing gets lost: see `commits`. The index is written after the object and never decides what is
read; where it is asked, its answer counts only for the version of the object that the lake has.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.errors import CorruptObjectError, InvalidParameterError
from candlecloud.market.dataset import Dataset, S
from candlecloud.market.period import period_range, periods_between
from candlecloud.market.ranges import TimeRange
from candlecloud.market.revision import as_of_view, current_view
from candlecloud.market.rows import empty_table, schema_of, times_ms
from candlecloud.store.commits import Commit, Committer
from candlecloud.store.index import IndexStore, PeriodEntry
from candlecloud.store.lake import EVERYTHING, Lake
from candlecloud.store.objects import ObjectStore
from candlecloud.store.parquet import within

_READERS = 8
_VIEW_COLUMNS = ("ingested_at", "superseded_at")


@dataclass(frozen=True)
class MergeReport:
    """What became of the rows given to `merge`; `periods` names the objects that were written."""

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


class DatasetStore(Generic[S]):
    """Rows of all series of a dataset.

    Parameters
    ----------
    sleep, rng, new_id : optional
        How a writer waits between attempts, by how much, and how it names a write.
    """

    def __init__(
        self,
        dataset: Dataset[S, Any],
        objects: ObjectStore,
        index: IndexStore[S],
        *,
        sleep: Callable[[float], None] | None = None,
        rng: random.Random | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self.dataset = dataset
        self._lake = Lake(dataset, objects)
        self._committer = Committer(self._lake, sleep, rng, new_id)
        self.index = index
        self.bucket = objects.bucket

    def merge(self, series: S, table: pa.Table, now: int) -> MergeReport:
        """Merge validated rows into the lake, then tell the index.

        Calling it again with the same rows changes nothing but an index that missed the first call.

        Parameters
        ----------
        table : pyarrow.Table
            Current rows of the dataset's schema, in any order, of any number of periods.
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
        parts = self._by_period(series, table)
        commits = [self._committer.commit(series, period, part, now) for period, part in parts]
        self._tell_index(series, commits)
        return MergeReport(
            added=sum(commit.result.added for commit in commits),
            revised=sum(commit.result.revised for commit in commits),
            unchanged=sum(commit.result.unchanged for commit in commits),
            periods=tuple(commit.entry.period for commit in commits if commit.written and commit.entry),
        )

    def _tell_index(self, series: S, commits: Sequence[Commit]) -> None:
        """Write entries of what was written, and of what was found unchanged but is not in the index."""
        entries = [commit.entry for commit in commits if commit.entry and commit.written]
        found = [commit.entry for commit in commits if commit.entry and not commit.written]
        if found:
            known = self.index.read(series)
            missed = [e for e in found if e.period not in known.entries or known.entries[e.period].etag != e.etag]
            if not entries and not missed and known.head_is_true:
                return
            entries += missed
        for entry in entries:
            self.index.put_entry(series, entry)
        if entries or found:
            self.index.refresh_head(series)

    def read(
        self,
        series: S,
        wanted: TimeRange = EVERYTHING,
        columns: Sequence[str] | None = None,
        as_of: int | None = None,
    ) -> pa.Table:
        """Rows whose key time lies in a range.

        Objects are found by their keys, not by the index, so what is stored is what is read.

        Parameters
        ----------
        wanted : TimeRange
            Half-open range of key times, ms UTC.
        columns : sequence of str, optional
            Columns to return, in this order; default all.
        as_of : int, optional
            ms UTC: the rows as they were known then. Default: as they are known now.

        Returns
        -------
        pyarrow.Table
            One row per key time, in order. Without rows if nothing is stored there.

        Raises
        ------
        InvalidParameterError
            If a column is unknown.
        CorruptObjectError
            If a stored object is damaged.
        """
        stored = schema_of(self.dataset)
        names = list(columns) if columns is not None else stored.names
        unknown = [name for name in names if name not in stored.names]
        if unknown:
            raise InvalidParameterError(f"{unknown[0]!r} is not a column.", parameter="columns", allowed=stored.names)
        needed = list(dict.fromkeys([*names, self.dataset.key, *_VIEW_COLUMNS]))
        wanted = wanted.intersect(EVERYTHING)
        moment = None if as_of is None else max(0, min(as_of, EVERYTHING.end))

        def part(period: str) -> pa.Table | None:
            file = self._lake.open(series, period)
            if file is None:
                return None
            table = file.read(needed, wanted)
            return (current_view(table) if moment is None else as_of_view(table, moment)).select(names)

        parts = [table for table in _each(part, self._lake.periods(series, wanted)) if table is not None]
        schema = pa.schema([stored.field(name) for name in names])
        return pa.concat_tables([schema.empty_table(), *parts]).combine_chunks()

    def times(self, series: S, wanted: TimeRange = EVERYTHING) -> list[int]:
        """Key times of the current rows in a range, ms UTC, in order."""
        key = self.dataset.key
        return times_ms(self.read(series, wanted, [key]), key)

    def read_period_history(self, series: S, period: str) -> pa.Table:
        """All rows of one object, superseded ones included, by (key time, ingested_at)."""
        stored = self._lake.load(series, period)
        return stored.table if stored else empty_table(self.dataset)

    def available_range(self, series: S) -> TimeRange | None:
        """From the first key time to the end of the last row (a candle's close time); None if nothing is stored."""
        entries = self._true_entries(series)
        if not entries:
            return None
        first, last = min(entry.first for entry in entries), max(entry.last for entry in entries)
        return self.dataset.covered(series, first, last)

    def count(self, series: S, wanted: TimeRange | None = None) -> int:
        """Number of current rows, in a range of key times if one is given."""
        total = 0
        for entry in self._true_entries(series):
            held = TimeRange(entry.first, entry.last + 1)
            common = held if wanted is None else held.intersect(wanted)
            if common == held:
                total += entry.current
            elif common:
                total += len(self.times(series, common))
        return total

    def price_scale(self, series: S) -> int:
        """Decimals that write every stored price exactly; 0 if nothing is stored."""
        return max((entry.price_scale for entry in self._true_entries(series)), default=0)

    def repair_index(self, series: S, now: int) -> RepairReport:
        """Make the index of a series what its objects say. One query and one listing if it already is.

        Each object that the index does not know in this version is read whole and verified; a damaged one is reported
        and left out of the index.
        """
        known = self.index.read(series)
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
                repaired += self.index.correct_entry(series, stored.entry(now), known.entries.get(period))
        gone = [entry for period, entry in known.entries.items() if period not in etags or period in corrupt]
        removed = sum(self.index.remove_entry(series, entry) for entry in gone)
        if repaired or removed or not known.head_is_true:
            self.index.refresh_head(series, correct=True)
        return RepairReport(len(etags), repaired, removed, tuple(corrupt))

    def stored_series(self) -> list[S]:
        """Every series that has an object in the lake, whether the index knows it or not."""
        return self._lake.series()

    def _by_period(self, series: S, table: pa.Table) -> list[tuple[str, pa.Table]]:
        """Split rows by the object that holds them."""
        if table.schema.remove_metadata() != schema_of(self.dataset):
            raise InvalidParameterError(
                f"The table must have the columns and types of {self.dataset.name}.", parameter="table"
            )
        if table.num_rows == 0:
            return []
        key, unit = table.column(self.dataset.key), self.dataset.period_of(series)
        ends = pc.min_max(key.cast(pa.int64())).as_py()
        parts = []
        for period in periods_between(unit, TimeRange(ends["min"], ends["max"] + 1)):
            part = table.filter(within(key, period_range(unit, period)))
            if part.num_rows:
                parts.append((period, part))
        return parts

    def _true_entries(self, series: S) -> list[PeriodEntry]:
        """An entry for every stored object: from the index where it knows this version, else from the object."""
        known = self.index.read(series).entries
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
