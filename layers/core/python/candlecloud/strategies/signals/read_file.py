"""An uploaded file as the columns that it may have, as they lie in it: CSV, Parquet or Arrow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from candlecloud.strategies.signals.refusals import refuse_file
from candlecloud.strategies.signals.spec import MAX_SETS

CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
ARROW_STREAM = "application/vnd.apache.arrow.stream"
ARROW_FILE = "application/vnd.apache.arrow.file"
MEDIA_TYPES = (CSV, PARQUET, ARROW_STREAM, ARROW_FILE)

MAX_ROWS = 5_000_000
"""Rows of all sets together."""
_MAX_CELL_BYTES = 1_000_000_000
_LONG = ("open_time", "target", "size", "set")
_WIDE = re.compile(r"(target|size)_(0|[1-9]\d{0,3})\Z", re.ASCII)
_COLUMNS_HINT = (
    "Columns: open_time, target, and size or set if you have them; or open_time, target_0, target_1 and so on for "
    "several sets (and size_0, size_1)."
)


def read_file(body: bytes, media_type: str) -> pa.Table:
    """Read a file's columns; times and numbers are still as they were written.

    Parameters
    ----------
    media_type : str
        One of `MEDIA_TYPES`.

    Raises
    ------
    InvalidParameterError
        If it is no such file, has other columns, or too many rows.
    """
    if not body:
        refuse_file("The file is empty.", _COLUMNS_HINT)
    reader = {CSV: _read_csv, PARQUET: _read_parquet, ARROW_STREAM: _read_arrow, ARROW_FILE: _read_arrow}[media_type]
    try:
        table = reader(body)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        refuse_file(
            f"The file is not readable as {media_type}.",
            "Send the Content-Type that the file has, and the whole file.",
            reason=str(error)[:200],
        )
    check_columns(table.column_names)
    check_rows(table.num_rows)
    if table.num_rows == 0:
        refuse_file("The file has no rows.", _COLUMNS_HINT)
    return table


def check_columns(names: list[str]) -> None:
    """Check which columns there are.

    Raises
    ------
    InvalidParameterError
        Naming those that are unknown, missing or there twice.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        refuse_file(f"The column {_told(twice)} is there twice.", "Give each column a name of its own.", columns=twice)
    unknown = [name for name in names if name not in _LONG and not _WIDE.match(name)]
    if unknown:
        refuse_file(
            f"The file has a column that is not known: {_told(unknown)}.",
            f"{_COLUMNS_HINT} Write the file without an index (pandas: index=False).",
            columns=unknown[:20],
        )
    wide = sorted(int(name.partition("_")[2]) for name in names if name.startswith("target_"))
    if "open_time" not in names or ("target" not in names and not wide):
        lacking = "open_time" if "open_time" not in names else "target"
        refuse_file(f"The file has no column {lacking}.", _COLUMNS_HINT, columns=names[:20])
    sizes = sorted(int(name.partition("_")[2]) for name in names if name.startswith("size_"))
    if (wide or sizes) and any(name in names for name in ("target", "size", "set")):
        refuse_file("The file has both target and target_0, or a set beside them.", _COLUMNS_HINT, columns=names[:20])
    if wide and (wide != list(range(len(wide))) or len(wide) > MAX_SETS):
        refuse_file(
            "The columns target_0, target_1 and so on must be numbered from 0 without a hole, "
            f"at most {MAX_SETS:,} of them.",
            _COLUMNS_HINT,
        )
    if sizes and sizes != wide:
        refuse_file("Each target_k needs its size_k, or none has one.", _COLUMNS_HINT)


def check_rows(rows: int) -> None:
    """Refuse more rows than a file may have.

    Raises
    ------
    InvalidParameterError
        With the limit.
    """
    if rows > MAX_ROWS:
        refuse_file(
            f"The file has {rows:,} rows; at most {MAX_ROWS:,} fit.",
            "Split it: by time, or by sets.",
            rows=rows,
            allowed=MAX_ROWS,
        )


def _told(names: Iterable[str]) -> str:
    return ", ".join(repr(name[:40]) for name in list(names)[:5])


def _read_csv(body: bytes) -> pa.Table:
    """Every cell as text, so that a wrong one can be shown as it was written."""
    from pyarrow import csv  # only here: Parquet and Arrow do without it

    wrong: list[Any] = []

    def note(row: Any) -> str:
        wrong.append(row)
        return "error"

    names = [name.strip() for name in body.split(b"\n", 1)[0].decode("utf-8-sig").strip().split(",")]
    plain = [name.strip('"') for name in names]
    try:
        return csv.read_csv(
            pa.BufferReader(body.removeprefix(b"\xef\xbb\xbf")),
            read_options=csv.ReadOptions(use_threads=False, column_names=plain, skip_rows=1),
            parse_options=csv.ParseOptions(invalid_row_handler=note),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(plain, pa.string()), strings_can_be_null=False, null_values=[]
            ),
        )
    except pa.ArrowInvalid:
        if not wrong:
            raise
        row = wrong[0]
        refuse_file(
            f"Line {row.number} of the file has {row.actual_columns} cells, the header has {row.expected_columns}.",
            "Give every line one cell per column, parted by commas.",
            line=row.number,
        )


def _read_parquet(body: bytes) -> pa.Table:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(body))
    check_rows(file.metadata.num_rows)
    check_columns(file.schema_arrow.names)
    groups = range(file.metadata.num_row_groups)
    size = sum(file.metadata.row_group(group).total_byte_size for group in groups)
    if size > _MAX_CELL_BYTES:
        refuse_file(f"The file unpacks to {size:,} bytes.", "Write times as timestamps and targets as numbers.")
    return file.read()


def _read_arrow(body: bytes) -> pa.Table:
    source = pa.BufferReader(body)
    if body.startswith(b"ARROW1"):
        file = pa.ipc.open_file(source)
        batches = (file.get_batch(number) for number in range(file.num_record_batches))
        return _joined(file.schema, batches)
    stream = pa.ipc.open_stream(source)
    return _joined(stream.schema, stream)


def _joined(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> pa.Table:
    check_columns(schema.names)
    found, rows = [], 0
    for batch in batches:
        rows += batch.num_rows
        check_rows(rows)
        found.append(batch)
    return pa.Table.from_batches(found, schema)
