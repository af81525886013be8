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

from candlecloud.contract.run_spec import canonical_json
from candlecloud.errors import CorruptObjectError

NOTES = "candlecloud.batch"


@dataclass(frozen=True)
class BatchResult:
    """What the units ``start`` to ``end - 1`` of a fan-out gave.

    Attributes
    ----------
    table : pa.Table
        The kind's columns, one row per unit in their order.
    common : mapping, optional
        What all units share; the batch with unit 0 has it.
    """

    start: int
    end: int
    table: pa.Table
    common: Mapping[str, Any] | None = None

    def misfit(self, start: int, end: int, schema: pa.Schema) -> str | None:
        """Why it is not the result of these units; None if it is."""
        if (self.start, self.end, self.table.num_rows) != (start, end, end - start):
            return f"{self.table.num_rows} rows of units {self.start} to {self.end}, not {end - start} from {start} on"
        if not self.table.schema.equals(schema):
            return f"columns {', '.join(self.table.column_names)}, not {', '.join(schema.names)}, or of other types"
        return None


def write_batch(result: BatchResult) -> bytes:
    """The object: the same result is the same bytes in any process."""
    notes = {"start": result.start, "end": result.end, "common": result.common}
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
            "The stored object is not the result of a batch.",
            hint="Send the same request again: it is then computed again.",
        ) from error
