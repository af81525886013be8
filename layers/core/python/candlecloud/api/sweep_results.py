"""A sweep's results in the order that a client asks for, as JSON, Arrow or Parquet."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]


@dataclass(frozen=True)
class RankedResults:
    """All rows in order, and how many batches left none."""

    rows: list[Row]
    missing_batches: int


def rank(content: bytes, sort: str, order: str) -> RankedResults:
    """Read a sweep's results and put the rows in order.

    Parameters
    ----------
    content : bytes
        What `jobs.collect_sweep` stored.
    sort : str
        A metric, or ``set``.
    order : {'asc', 'desc'}
        Rows without the metric come last either way; ties go by the set's number.
    """
    results = json.loads(content)
    rows: list[Row] = results["rows"]
    if sort == "set":
        rows = sorted(rows, key=lambda row: int(row["set"]), reverse=order == "desc")
    else:
        sign = -1 if order == "desc" else 1
        known = [row for row in rows if row["metrics"][sort] is not None]
        known.sort(key=lambda row: (sign * row["metrics"][sort], row["set"]))
        rows = known + [row for row in rows if row["metrics"][sort] is None]
    return RankedResults(rows, len(results["missing"]))


def as_table(rows: Sequence[Row]) -> pa.Table:
    """One column per number: ``set``, ``parameter_<name>``, and each metric under its name."""
    columns: dict[str, list[Any]] = {"set": [row["set"] for row in rows]}
    if rows:
        for name in rows[0]["parameters"]:
            columns[f"parameter_{name}"] = [row["parameters"][name] for row in rows]
        for name in rows[0]["metrics"]:
            columns[name] = [row["metrics"][name] for row in rows]
    return pa.table(columns)


def as_arrow(rows: Sequence[Row]) -> bytes:
    """An Arrow IPC stream."""
    table, sink = as_table(rows), io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def as_parquet(rows: Sequence[Row]) -> bytes:
    """A Parquet file."""
    sink = io.BytesIO()
    pq.write_table(as_table(rows), sink, compression="zstd")
    return sink.getvalue()
