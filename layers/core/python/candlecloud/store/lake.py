"""Candle objects by series and period: found by their keys, read whole or in part, described for the index."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.market.candle import period_range, periods_between
from candlecloud.market.ranges import TimeRange
from candlecloud.market.revision import current_view
from candlecloud.market.series import Series
from candlecloud.store import keys
from candlecloud.store.index import PeriodEntry
from candlecloud.store.objects import PARQUET, ObjectStore
from candlecloud.store.parquet import CandleFile, Footer, encode_candles, object_metadata

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

    def entry(self, now: int) -> PeriodEntry:
        """Describe the object for the index."""
        times = pc.min_max(self.table.column("open_time").cast(pa.int64())).as_py()
        return PeriodEntry(
            period=self.footer.period,
            etag=self.etag,
            sequence=self.footer.sequence,
            candles=current_view(self.table).num_rows,
            rows=self.table.num_rows,
            first_open_time=times["min"],
            last_open_time=times["max"],
            checksum=self.footer.checksum,
            price_scale=self.footer.price_scale,
            updated_at=now,
        )


class Lake:
    """The candle objects in the bucket. The index is not asked: what is there is what is found."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self.bucket = objects.bucket

    def open(self, series: Series, period: str) -> CandleFile | None:
        """An object to read a part of, or None if there is none."""
        stored = self._objects.get(keys.candles_object(series, period))
        return None if stored is None else CandleFile(stored.body, series, period)

    def load(self, series: Series, period: str) -> StoredPeriod | None:
        """A whole object, its content held against the checksum in its footer.

        Raises
        ------
        CorruptObjectError
            If it is damaged or was edited.
        """
        stored = self._objects.get(keys.candles_object(series, period))
        if stored is None:
            return None
        file = CandleFile(stored.body, series, period)
        return StoredPeriod(stored.etag, file.footer, file.read_verified())

    def replace(self, series: Series, table: pa.Table, footer: Footer, etag: str | None) -> StoredPeriod:
        """Write an object in place of the version with this ETag (None: where there is none).

        Raises
        ------
        WriteConflictError
            If another version is there.
        TransientStoreError
            If no answer came: whether the write took place is then unknown.
        """
        written = self._objects.replace(
            keys.candles_object(series, footer.period),
            encode_candles(table, footer),
            etag,
            content_type=PARQUET,
            metadata=object_metadata(footer),
        )
        return StoredPeriod(written, footer, table)

    def etags(self, series: Series) -> dict[str, str]:
        """Period to ETag of every object of a series, in order."""
        found = {}
        for key, etag in self._objects.list(keys.candles_prefix(series)):
            place = keys.parse_candles_object(key)
            if place is not None and place[0] == series:
                found[place[1]] = etag
        return found

    def periods(self, series: Series, wanted: TimeRange) -> list[str]:
        """Periods whose objects, if they exist, hold a part of a range; in order."""
        if wanted.duration <= (_PERIODS_BY_KEY - 1) * _LONGEST_MS[series.timeframe.period]:
            return periods_between(series.timeframe, wanted)
        return [period for period in self.etags(series) if period_range(series.timeframe, period).intersect(wanted)]

    def series(self) -> list[Series]:
        """Every series that has an object, in order of their ids."""
        places = (keys.parse_candles_object(key) for key, _ in self._objects.list(keys.CANDLES.prefix()))
        return sorted({place[0] for place in places if place is not None}, key=str)
