"""A batch's result as one Parquet object: its rows as columns, and in the footer what is no row. No NumPy.

Plain pages under LZ4: dictionaries cost five times as much time as they save bytes, and nobody filters a batch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from candlecloud.contract.setting import canonical_json
from candlecloud.errors import CorruptObjectError
from candlecloud.runs.result_rows import SET

NOTES = "candlecloud.batch"


@dataclass(frozen=True)
class BatchResult:
    """What the sets ``start`` to ``end - 1`` of a sweep gave.

    Attributes
    ----------
    table : pa.Table
        Columns of `rows_schema`, one row per set in their order; no rows of a batch that failed.
    common : mapping, optional
        What all sets share; the batch with set 0 has it.
    error : mapping, optional
        Why there are no rows.
    """

    start: int
    end: int
    table: pa.Table
    common: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None

    def fits(self, item: Mapping[str, Any], schema: pa.Schema) -> bool:
        """Whether it is a good result, and the one of this batch of a plan."""
        rows = (self.start, self.end, self.table.num_rows)
        return (
            self.error is None
            and rows == (item["start"], item["end"], item["end"] - item["start"])
            and self.table.schema.equals(schema)
        )


def failed_batch(start: int, end: int, error: Mapping[str, Any]) -> BatchResult:
    """The result of a batch that could not be evaluated."""
    return BatchResult(start, end, pa.schema([(SET, pa.int64())]).empty_table(), error=error)


def write_batch(result: BatchResult) -> bytes:
    """The object: the same result is the same bytes in any process."""
    notes = {"start": result.start, "end": result.end, "common": result.common, "error": result.error}
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        result.table.schema,
        compression="lz4",
        use_dictionary=False,
        write_statistics=False,
        store_schema=False,
        write_page_checksum=True,
    ) as writer:
        writer.write_table(result.table, row_group_size=max(1, result.table.num_rows))
        writer.add_key_value_metadata({NOTES: canonical_json(notes).decode()})
    content: bytes = sink.getvalue().to_pybytes()
    return content


def read_batch(content: bytes) -> BatchResult:
    """Read what `write_batch` wrote.

    Raises
    ------
    CorruptObjectError
        If it is something else, or torn.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        notes = json.loads(file.metadata.metadata[NOTES.encode()])
        return BatchResult(table=file.read(use_threads=False).replace_schema_metadata(None), **notes)
    except (pa.ArrowException, OSError, TypeError, KeyError, ValueError) as error:
        raise CorruptObjectError(
            "The stored result of a batch is none.", hint="Send the same request again: that computes it anew."
        ) from error
