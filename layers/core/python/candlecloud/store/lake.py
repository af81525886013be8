"""Objects of a dataset by series and period: found by their keys, read whole or in part, described for the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.market.dataset import Dataset, S
from candlecloud.market.period import period_range, periods_between
from candlecloud.market.ranges import TimeRange
from candlecloud.market.revision import current_view
from candlecloud.store import keys
from candlecloud.store.index import PeriodEntry
from candlecloud.store.objects import PARQUET, ObjectStore
from candlecloud.store.parquet import Footer, PeriodFile, encode_rows, object_metadata

EVERYTHING = TimeRange(0, 253_402_300_800_000)  # until the year 10000
# Up to so many objects are asked for by their computed keys; for a longer range, what there is is listed first.
_PERIODS_BY_KEY = 13
_LONGEST_MS = {"month": 31 * 86_400_000, "year": 366 * 86_400_000}


@dataclass(frozen=True)
class StoredPeriod:
    """One object as it was read or written."""

    etag: str
    footer: Footer
    table: pa.Table
    key: str

    def entry(self, now: int) -> PeriodEntry:
        """Describe the object for the index."""
        times = pc.min_max(self.table.column(self.key).cast(pa.int64())).as_py()
        return PeriodEntry(
            period=self.footer.period,
            etag=self.etag,
            sequence=self.footer.sequence,
            current=current_view(self.table).num_rows,
            rows=self.table.num_rows,
            first=times["min"],
            last=times["max"],
            checksum=self.footer.checksum,
            price_scale=self.footer.price_scale,
            updated_at=now,
        )


class Lake(Generic[S]):
    """The objects of a dataset in the bucket. The index is not asked: what is there is what is found."""

    def __init__(self, dataset: Dataset[S, Any], objects: ObjectStore) -> None:
        self.dataset = dataset
        self._objects = objects
        self.bucket = objects.bucket

    def open(self, series: S, period: str) -> PeriodFile[S] | None:
        """An object to read a part of, or None if there is none."""
        stored = self._objects.get(keys.data_object(self.dataset, series, period))
        return None if stored is None else PeriodFile(self.dataset, stored.body, series, period)

    def load(self, series: S, period: str) -> StoredPeriod | None:
        """A whole object, its content held against the checksum in its footer.

        Raises
        ------
        CorruptObjectError
            If it is damaged or was edited.
        """
        stored = self._objects.get(keys.data_object(self.dataset, series, period))
        if stored is None:
            return None
        file = PeriodFile(self.dataset, stored.body, series, period)
        return StoredPeriod(stored.etag, file.footer, file.read_verified(), self.dataset.key)

    def replace(self, series: S, table: pa.Table, footer: Footer, etag: str | None) -> StoredPeriod:
        """Write an object in place of the version with this ETag (None: where there is none).

        Raises
        ------
        WriteConflictError
            If another version is there.
        TransientStoreError
            If no answer came: whether the write took place is then unknown.
        """
        written = self._objects.replace(
            keys.data_object(self.dataset, series, footer.period),
            encode_rows(self.dataset, table, footer),
            etag,
            content_type=PARQUET,
            metadata=object_metadata(footer),
        )
        return StoredPeriod(written, footer, table, self.dataset.key)

    def etags(self, series: S) -> dict[str, str]:
        """Period to ETag of every object of a series, in order."""
        found = {}
        for key, etag in self._objects.list(keys.data_prefix(self.dataset, series)):
            place = keys.parse_data_object(self.dataset, key)
            if place is not None and place[0] == series:
                found[place[1]] = etag
        return found

    def periods(self, series: S, wanted: TimeRange) -> list[str]:
        """Periods whose objects, if they exist, hold a part of a range; in order."""
        unit = self.dataset.period_of(series)
        if wanted.duration <= (_PERIODS_BY_KEY - 1) * _LONGEST_MS[unit]:
            return periods_between(unit, wanted)
        return [period for period in self.etags(series) if period_range(unit, period).intersect(wanted)]

    def series(self) -> list[S]:
        """Every series that has an object, in order of their ids."""
        places = (
            keys.parse_data_object(self.dataset, key) for key, _ in self._objects.list(keys.data_prefix(self.dataset))
        )
        return sorted({place[0] for place in places if place is not None}, key=str)
