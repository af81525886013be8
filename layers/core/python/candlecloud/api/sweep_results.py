"""A page of a sweep's results: from the stored file only what ranks the rows, and the row groups that hold the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from candlecloud.fan_out.results_file import read_notes
from candlecloud.store.range_reads import RangedObject

_GROUPS_AT_ONCE = 8


@dataclass(frozen=True)
class ResultsPage:
    """Rows in order, out of how many, and how many batches left none."""

    rows: pa.Table
    total: int
    missing_batches: int


def read_page(stored: RangedObject, sort: str, order: str, start: int, limit: int) -> ResultsPage:
    """Put a sweep's rows in order and read some of them.

    Parameters
    ----------
    stored : RangedObject
        What `jobs.collect_fan_out` stored.
    sort : str
        A metric, or ``set``.
    order : {'asc', 'desc'}
        Rows without the metric come last either way; ties go by the set's number.
    start, limit : int
        Place of the first row in that order, and how many at most.
    """
    file = _ResultsFile(stored)
    if sort == "set":
        first, last = start, min(start + limit, file.total)
        places = range(first, last) if order == "asc" else range(file.total - 1 - first, file.total - 1 - last, -1)
        chosen = pa.array(places, pa.int64())
    else:
        chosen = _ranking(file.column(sort), order).slice(start, limit)
    return ResultsPage(file.take(chosen), file.total, file.missing_batches)


def _ranking(column: pa.ChunkedArray, order: str) -> pa.Array:
    """Places of the rows in order, nulls last. The file has rows by set and the sort is stable: ties go by the set."""
    by = "ascending" if order == "asc" else "descending"
    ranked: pa.Array = pc.sort_indices(pa.table({"by": column}), sort_keys=[("by", by)])
    return ranked.cast(pa.int64())


class _ResultsFile:
    """Columns and rows of a stored file by the ranges that hold them."""

    def __init__(self, stored: RangedObject) -> None:
        self._stored = stored
        self._file = pq.ParquetFile(pa.PythonFile(stored, "r"), page_checksum_verification=True)
        self._metadata = self._file.metadata
        self._groups = range(self._metadata.num_row_groups)
        sizes = (self._metadata.row_group(group).num_rows for group in self._groups)
        self._begins = list(accumulate(sizes, initial=0))
        self.total: int = self._metadata.num_rows
        self.missing_batches: int = read_notes(self._metadata)["missing_batches"]

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of all rows."""
        at = self._metadata.schema.names.index(name)
        self._stored.prefetch(self._range(group, at, at) for group in self._groups)
        return self._file.read(columns=[name], use_threads=False).column(name)

    def take(self, places: pa.Array) -> pa.Table:
        """These rows, in this order."""
        by_place = pc.sort_indices(places)
        parts = self._file.schema_arrow.empty_table(), *self._parts(places.take(by_place).to_pylist())
        rows = pa.concat_tables(parts).replace_schema_metadata(None)
        return rows.take(pc.sort_indices(by_place))

    def _parts(self, places: Sequence[int]) -> Iterator[pa.Table]:
        """Rows at ascending places, row group by row group."""
        wanted: dict[int, list[int]] = {}
        group = 0
        for place in places:
            while place >= self._begins[group + 1]:
                group += 1
            wanted.setdefault(group, []).append(place - self._begins[group])
        last = self._metadata.num_columns - 1
        groups = list(wanted)
        for first in range(0, len(groups), _GROUPS_AT_ONCE):
            some = groups[first : first + _GROUPS_AT_ONCE]
            self._stored.prefetch(self._range(group, 0, last) for group in some)
            for group in some:
                yield self._file.read_row_group(group, use_threads=False).take(pa.array(wanted[group]))

    def _range(self, group: int, first: int, last: int) -> tuple[int, int]:
        """Where the chunks of some neighbouring columns of a row group lie."""
        head, tail = (self._metadata.row_group(group).column(at) for at in (first, last))
        return _begin(head), _begin(tail) + tail.total_compressed_size


def _begin(chunk: pq.ColumnChunkMetaData) -> int:
    dictionary = chunk.dictionary_page_offset
    return int(chunk.data_page_offset if dictionary is None else dictionary)
