"""The candle store: bitemporal Parquet objects that many writers may merge into at once.

A write is: read the object and its ETag, merge, put on the condition that the ETag still stands; if it does not, begin
again. Nothing is locked and nothing gets lost. The index is written after the object and never decides what is read.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.errors import CorruptObjectError, InvalidParameterError, TransientStoreError
from candlecloud.market.candle import (
    CANDLE_SCHEMA,
    detect_price_scale,
    empty_candles,
    period_of,
    period_range,
    periods_between,
    times_ms,
)
from candlecloud.market.checksum import content_checksum
from candlecloud.market.ranges import TimeRange
from candlecloud.market.revision import MergeResult, as_of_view, current_view, merge_candles
from candlecloud.market.series import Series
from candlecloud.market.timeframe import Timeframe
from candlecloud.store import keys
from candlecloud.store.aws import DEPLOYMENT_CODES
from candlecloud.store.index import IndexStore, PeriodEntry
from candlecloud.store.objects import ObjectStore, WriteConflictError
from candlecloud.store.parquet import (
    CONTENT_TYPE,
    WRITE_IDS_KEPT,
    CandleFile,
    Footer,
    encode_candles,
    object_metadata,
    within,
)

_ATTEMPTS = 100
_FAILURES = 5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 1.0
# Up to so many objects are asked for by their computed keys; a longer range lists what there is first.
_PERIODS_BY_KEY = 13
_READERS = 8
_VIEW_COLUMNS = ("open_time", "ingested_at", "superseded_at")
_TIME_END = 253_402_300_800_000  # the year 10000
EVERYTHING = TimeRange(0, _TIME_END)


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


@dataclass(frozen=True)
class _Stored:
    """One object as it was read."""

    etag: str
    footer: Footer
    table: pa.Table


@dataclass(frozen=True)
class _Merged:
    """One object after a merge: its entry, and what the merge did."""

    entry: PeriodEntry | None
    result: MergeResult
    written: bool


class CandleStore:
    """Candles of all series.

    Parameters
    ----------
    sleep, rng, new_id : optional
        How to wait between attempts, by how much, and how to name a write.
    """

    def __init__(
        self,
        objects: ObjectStore,
        index: IndexStore,
        *,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
        new_id: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._objects = objects
        self._index = index
        self.bucket = objects.bucket
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._new_id = new_id

    # --- write --------------------------------------------------------------------------------------------------------

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
        merged = [self._merge_period(series, period, part, now) for period, part in parts]
        self._tell_index(series, [m for m in merged if m.entry is not None])
        return MergeReport(
            added=sum(m.result.added for m in merged),
            revised=sum(m.result.revised for m in merged),
            unchanged=sum(m.result.unchanged for m in merged),
            periods=tuple(m.entry.period for m in merged if m.written and m.entry is not None),
        )

    def _merge_period(self, series: Series, period: str, incoming: pa.Table, now: int) -> _Merged:
        tried: dict[str, MergeResult] = {}
        failures = 0
        for attempt in range(_ATTEMPTS):
            try:
                stored = self._load(series, period)
                won = [tried[write_id] for write_id in (stored.footer.write_ids if stored else ()) if write_id in tried]
                if won and stored:  # our put took place after all; only its answer got lost
                    return _Merged(_entry_of(stored, now), won[0], written=True)
                result = merge_candles(stored.table if stored else empty_candles(), incoming, now)
                if not result.changed:
                    return _Merged(_entry_of(stored, now) if stored else None, result, written=False)
                write_id = self._new_id()
                tried[write_id] = result
                entry = self._write(series, period, stored, result, incoming, write_id, now)
                return _Merged(entry, result, written=True)
            except WriteConflictError:
                self._pause(attempt)
            except TransientStoreError as error:  # what a put did is then unknown; the next attempt reads it
                failures += 1
                if failures == _FAILURES or error.details.get("reason") in DEPLOYMENT_CODES:
                    raise
                self._pause(attempt)
        raise TransientStoreError(f"Other writers won {_ATTEMPTS} times.", series=series.id, period=period)

    def _write(
        self,
        series: Series,
        period: str,
        stored: _Stored | None,
        result: MergeResult,
        incoming: pa.Table,
        write_id: str,
        now: int,
    ) -> PeriodEntry:
        before = stored.footer if stored else Footer(series.id, period, 0, 0, "")
        footer = Footer(
            series=series.id,
            period=period,
            sequence=before.sequence + 1,
            price_scale=max(before.price_scale, detect_price_scale(incoming)),
            checksum=content_checksum(result.table),
            write_ids=(write_id, *before.write_ids)[:WRITE_IDS_KEPT],
        )
        etag = self._objects.replace(
            keys.candles_object(series, period),
            encode_candles(result.table, footer),
            stored.etag if stored else None,
            content_type=CONTENT_TYPE,
            metadata=object_metadata(footer),
        )
        return _entry_of(_Stored(etag, footer, result.table), now)

    def _pause(self, attempt: int) -> None:
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)
        self._sleep(longest * self._rng.uniform(0.1, 1.0))

    def _tell_index(self, series: Series, merged: Sequence[_Merged]) -> None:
        """Write entries of what was written, and of what was found unchanged but is not in the index."""
        entries = [m.entry for m in merged if m.written and m.entry]
        found = [m.entry for m in merged if not m.written and m.entry]
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

    # --- read ---------------------------------------------------------------------------------------------------------

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
        moment = None if as_of is None else max(0, min(as_of, _TIME_END))

        def part(period: str) -> pa.Table | None:
            stored = self._open(series, period)
            if stored is None:
                return None
            table = stored[1].read(needed, wanted)
            return (current_view(table) if moment is None else as_of_view(table, moment)).select(names)

        parts = [table for table in self._each(part, self._stored_periods(series, wanted)) if table is not None]
        schema = pa.schema([CANDLE_SCHEMA.field(name) for name in names])
        return pa.concat_tables([schema.empty_table(), *parts]).combine_chunks()

    def open_times(self, series: Series, wanted: TimeRange = EVERYTHING) -> list[int]:
        """Open times of the current candles in a range, ms UTC, in order."""
        return times_ms(self.read(series, wanted, ["open_time"]))

    def read_period_history(self, series: Series, period: str) -> pa.Table:
        """All rows of one object, superseded ones included, by (open_time, ingested_at)."""
        stored = self._load(series, period)
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

    # --- index --------------------------------------------------------------------------------------------------------

    def repair_index(self, series: Series, now: int) -> RepairReport:
        """Make the index of a series what its objects say. One query and one listing if it already is.

        Each object that the index does not know in this version is read whole and verified; a damaged one is reported
        and left out of the index.
        """
        known = self._index.read(series)
        etags = self._etags(series)
        stale = [p for p, etag in etags.items() if p not in known.entries or known.entries[p].etag != etag]
        repaired, corrupt = 0, []
        for period in stale:
            try:
                stored = self._load(series, period)
            except CorruptObjectError:
                corrupt.append(period)
                continue
            if stored is not None:
                repaired += self._index.correct_entry(series, _entry_of(stored, now), known.entries.get(period))
        gone = [entry for period, entry in known.entries.items() if period not in etags or period in corrupt]
        removed = sum(self._index.remove_entry(series, entry) for entry in gone)
        if repaired or removed or not known.head_is_true:
            self._index.refresh_head(series, correct=True)
        return RepairReport(len(etags), repaired, removed, tuple(corrupt))

    def stored_series(self) -> list[Series]:
        """Every series that has an object in the lake, whether the index knows it or not."""
        places = (keys.parse_candles_object(key) for key, _ in self._objects.list(keys.CANDLES.prefix()))
        return sorted({place[0] for place in places if place is not None}, key=str)

    def _true_entries(self, series: Series) -> list[PeriodEntry]:
        """An entry for every stored object: from the index where it knows this version, else from the object."""
        known = self._index.read(series).entries
        entries = []
        for period, etag in self._etags(series).items():
            if period in known and known[period].etag == etag:
                entries.append(known[period])
            elif (stored := self._load(series, period)) is not None:
                entries.append(_entry_of(stored, 0))
        return entries

    # --- objects ------------------------------------------------------------------------------------------------------

    def _etags(self, series: Series) -> dict[str, str]:
        """Period to ETag of every object of a series, in order."""
        found = {}
        for key, etag in self._objects.list(keys.candles_prefix(series)):
            place = keys.parse_candles_object(key)
            if place is not None and place[0] == series:
                found[place[1]] = etag
        return found

    def _stored_periods(self, series: Series, wanted: TimeRange) -> list[str]:
        """Periods that may hold a part of a range, in order."""
        longest_period = 31 if series.timeframe.period == "month" else 366
        if wanted.duration <= (_PERIODS_BY_KEY - 1) * longest_period * 86_400_000:
            return periods_between(series.timeframe, wanted)
        return [period for period in self._etags(series) if period_range(series.timeframe, period).intersect(wanted)]

    def _open(self, series: Series, period: str) -> tuple[str, CandleFile] | None:
        stored = self._objects.get(keys.candles_object(series, period))
        return None if stored is None else (stored.etag, CandleFile(stored.body, series, period))

    def _load(self, series: Series, period: str) -> _Stored | None:
        """A whole object, its content held against the checksum in its footer."""
        opened = self._open(series, period)
        if opened is None:
            return None
        etag, file = opened
        return _Stored(etag, file.footer, file.read_verified())

    @staticmethod
    def _each(read: Callable[[str], pa.Table | None], periods: Sequence[str]) -> Iterable[pa.Table | None]:
        """Read several objects at once, in order."""
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
    if period_of(timeframe, ends["min"]) == period_of(timeframe, ends["max"]):
        return [(period_of(timeframe, ends["min"]), table)]
    parts = []
    for period in periods_between(timeframe, TimeRange(ends["min"], ends["max"] + 1)):
        part = table.filter(within(table.column("open_time"), period_range(timeframe, period)))
        if part.num_rows:
            parts.append((period, part))
    return parts


def _entry_of(stored: _Stored, now: int) -> PeriodEntry:
    """Describe an object for the index."""
    times = pc.min_max(stored.table.column("open_time").cast(pa.int64())).as_py()
    return PeriodEntry(
        period=stored.footer.period,
        etag=stored.etag,
        sequence=stored.footer.sequence,
        candles=current_view(stored.table).num_rows,
        rows=stored.table.num_rows,
        first_open_time=times["min"],
        last_open_time=times["max"],
        checksum=stored.footer.checksum,
        price_scale=stored.footer.price_scale,
        updated_at=now,
    )
