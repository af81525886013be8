"""Collected rows as one Parquet file, written as they come and cut where their number says. No NumPy.

A row group ends after every `ROW_GROUP_ROWS` rows, wherever a batch ends, so that the bytes do not tell the batches.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from candlecloud.contract.run_spec import canonical_json

ROW_GROUP_ROWS = 5_000
NOTES = "candlecloud.results"


class ResultsWriter:
    """Takes rows in the order of the units; holds those that do not fill a row group yet.

    Parameters
    ----------
    schema : pa.Schema
        The kind's columns.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._sink = io.BytesIO()
        self._writer = pq.ParquetWriter(
            self._sink,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=False,
            write_statistics=False,
            store_schema=False,
            write_page_checksum=True,
        )
        self._waiting = schema.empty_table()
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        """Append rows."""
        self.rows += table.num_rows
        self._waiting = pa.concat_tables([self._waiting, table])
        while self._waiting.num_rows >= ROW_GROUP_ROWS:
            self._write(self._waiting.slice(0, ROW_GROUP_ROWS))
            self._waiting = self._waiting.slice(ROW_GROUP_ROWS)

    def close(self, notes: Mapping[str, Any]) -> bytes:
        """Write what is left and the footer, JSON-able ``notes`` in it; returns the file."""
        if self._waiting.num_rows:
            self._write(self._waiting)
        self._writer.add_key_value_metadata({NOTES: canonical_json(notes).decode()})
        self._writer.close()
        return self._sink.getvalue()

    def _write(self, rows: pa.Table) -> None:
        self._writer.write_table(rows.combine_chunks(), row_group_size=ROW_GROUP_ROWS)


def read_notes(metadata: pq.FileMetaData) -> dict[str, Any]:
    """What `ResultsWriter.close` was given."""
    notes: dict[str, Any] = json.loads(metadata.metadata[NOTES.encode()])
    return notes
