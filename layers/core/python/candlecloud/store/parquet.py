"""Objects of a dataset as Parquet: the writer's options, the footer, and readers for every schema id so far.

The options are what DuckDB, Athena, Polars and pandas all read: version 2.6, zstd, millisecond timestamps in UTC,
float64, row groups of a week of minutes, statistics, sorted by (key time, `ingested_at`), a CRC on every page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from candlecloud.errors import CorruptObjectError
from candlecloud.market.checksum import content_checksum
from candlecloud.market.dataset import Dataset, S
from candlecloud.market.ranges import TimeRange
from candlecloud.market.rows import instant, schema_of

ROW_GROUP_ROWS = 10_080
# Enough to recognise an own commit that several other writers have built upon since.
WRITE_IDS_KEPT = 8
_PREFIX = "candlecloud."


@dataclass(frozen=True)
class Footer:
    """What an object says about itself; it stands in the Parquet footer.

    Attributes
    ----------
    schema : str
        Schema id of the dataset.
    series : str
        Id of the series, so that a renamed object can't be taken for another one.
    period : str
    sequence : int
        1 for the first write of the object, one more with each further write.
    price_scale : int
        Decimals that write every price of the object exactly.
    checksum : str
        `content_checksum` of the rows.
    write_ids : tuple of str
        The newest commits, newest first: how a writer whose answer got lost finds out that it won.
    """

    schema: str
    series: str
    period: str
    sequence: int
    price_scale: int
    checksum: str
    write_ids: tuple[str, ...] = ()

    def to_metadata(self) -> dict[str, str]:
        """Keys and values of the Parquet footer; the same without prefix stand in the S3 user metadata."""
        return {
            f"{_PREFIX}schema": self.schema,
            f"{_PREFIX}series": self.series,
            f"{_PREFIX}period": self.period,
            f"{_PREFIX}sequence": str(self.sequence),
            f"{_PREFIX}price_scale": str(self.price_scale),
            f"{_PREFIX}checksum": self.checksum,
            f"{_PREFIX}write_ids": json.dumps(self.write_ids),
        }


FOOTER_KEYS = tuple(Footer("", "", "", 0, 0, "").to_metadata())


def object_metadata(footer: Footer) -> dict[str, str]:
    """S3 user metadata: what is worth knowing without opening the object."""
    return {"schema": footer.schema, "sequence": str(footer.sequence), "checksum": footer.checksum}


def encode_rows(dataset: Dataset[Any, Any], table: pa.Table, footer: Footer) -> bytes:
    """Write sorted rows as one Parquet file."""
    schema = schema_of(dataset)
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(footer.to_metadata()),
        sink,
        version="2.6",
        compression="zstd",
        row_group_size=ROW_GROUP_ROWS,
        use_dictionary=["source", "ingested_at", "superseded_at"],
        write_statistics=True,
        write_page_checksum=True,
        sorting_columns=[pq.SortingColumn(schema.get_field_index(name)) for name in (dataset.key, "ingested_at")],
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


class PeriodFile(Generic[S]):
    """A stored Parquet file, opened and checked.

    Raises
    ------
    CorruptObjectError
        If it is torn, is no object of this series and period, or has a schema id that the dataset never had.
    """

    def __init__(self, dataset: Dataset[S, Any], body: bytes, series: S, period: str) -> None:
        self._dataset = dataset
        self._place = {"series": dataset.id_of(series), "period": period}
        try:
            self._file = pq.ParquetFile(pa.BufferReader(body), page_checksum_verification=True)
        except (pa.ArrowException, OSError) as error:
            raise self._corrupt("is not a whole Parquet file") from error
        self.footer = self._read_footer()
        if (self.footer.series, self.footer.period) != (self._place["series"], period):
            raise self._corrupt(f"holds {self.footer.series} {self.footer.period}")

    def read(self, columns: Sequence[str] | None = None, span: TimeRange | None = None) -> pa.Table:
        """Rows whose key time lies in `span`, revisions included; row groups outside it are not decoded.

        Parameters
        ----------
        columns : sequence of str, optional
            Columns wanted besides those that the filter needs; default all.
        """
        key = self._dataset.key
        wanted = list(columns or self._dataset.column_names)
        wanted += [key] if key not in wanted else []
        groups = list(range(self._file.num_row_groups)) if span is None else self._row_groups(span)
        table = self._upgraded(self._decoded(groups, wanted)).select(wanted)
        return table if span is None else table.filter(within(table.column(key), span))

    def read_verified(self) -> pa.Table:
        """All rows and columns, if they are what the footer's checksum says.

        Raises
        ------
        CorruptObjectError
            If a cell was edited.
        """
        table = self._decoded(range(self._file.num_row_groups))
        if content_checksum(table, self._dataset.key) != self.footer.checksum:
            raise self._corrupt("does not have the content that its checksum says")
        return self._upgraded(table).select(self._dataset.column_names)

    def _decoded(self, groups: Iterable[int], columns: Sequence[str] | None = None) -> pa.Table:
        """Rows as they were written."""
        try:
            return self._file.read_row_groups(list(groups), columns=columns).replace_schema_metadata(None)
        except (pa.ArrowException, OSError) as error:
            raise self._corrupt("has a damaged page") from error

    def _row_groups(self, span: TimeRange) -> Iterable[int]:
        metadata = self._file.metadata
        at = metadata.schema.names.index(self._dataset.key)
        for group in range(metadata.num_row_groups):
            known = metadata.row_group(group).column(at).statistics
            if known is None or (known.min_raw < span.end and known.max_raw >= span.start):
                yield group

    def _read_footer(self) -> Footer:
        metadata = {k.decode(): v.decode() for k, v in (self._file.metadata.metadata or {}).items()}
        schema = metadata.get(f"{_PREFIX}schema")
        if schema is None or (schema != self._dataset.schema_id and schema not in self._dataset.upgrades):
            raise self._corrupt(f"has the schema id {schema!r}, which no reader knows")
        try:
            return Footer(
                schema=schema,
                series=metadata[f"{_PREFIX}series"],
                period=metadata[f"{_PREFIX}period"],
                sequence=int(metadata[f"{_PREFIX}sequence"]),
                price_scale=int(metadata[f"{_PREFIX}price_scale"]),
                checksum=metadata[f"{_PREFIX}checksum"],
                write_ids=tuple(json.loads(metadata[f"{_PREFIX}write_ids"])),
            )
        except (KeyError, ValueError) as error:
            raise self._corrupt("has an incomplete footer") from error

    def _upgraded(self, table: pa.Table) -> pa.Table:
        """The table with the columns of the dataset as they are now."""
        upgrade = self._dataset.upgrades.get(self.footer.schema)
        return table if upgrade is None else upgrade(table)

    def _corrupt(self, what: str) -> CorruptObjectError:
        place = self._place
        return CorruptObjectError(f"The object of {place['series']} {place['period']} {what}.", **place)


def within(times: pa.ChunkedArray, span: TimeRange) -> pa.ChunkedArray:
    """Mask of the times that lie in a half-open range."""
    start, end = (instant(t) for t in (span.start, span.end))
    return pc.and_(pc.greater_equal(times, start), pc.less(times, end))
