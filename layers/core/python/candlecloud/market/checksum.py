"""Content checksums: SHA-256 over every cell, a Merkle root over days, so that one edited cell is found and placed."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pyarrow as pa

from candlecloud.market.candle import CANDLE_SCHEMA, MARKET_COLUMNS
from candlecloud.market.revision import current_view

_DAY_MS = 86_400_000
_ORDER = [("open_time", "ascending"), ("ingested_at", "ascending")]


def content_checksum(table: pa.Table) -> str:
    """SHA-256 (hex) over all rows and all columns: revisions, ingestion times and sources included.

    Rows count in the order (open_time, ingested_at), so the order given does not matter.
    """
    return _root(_digests(table, CANDLE_SCHEMA.names))


def market_checksum(table: pa.Table) -> str:
    """SHA-256 (hex) of what a backtest can see: open time and market columns of the current rows.

    Two lakes that learned the same candles at different times agree. It is the data revision that a run records.
    """
    view = current_view(table) if "superseded_at" in table.column_names else table
    return _root(_digests(view, ("open_time", *MARKET_COLUMNS)))


def day_checksums(table: pa.Table) -> dict[str, str]:
    """The leaves of `content_checksum`: UTC day (``2024-01-31``) of the open time to SHA-256 (hex)."""
    return {
        datetime.fromtimestamp(day * _DAY_MS / 1000, UTC).strftime("%Y-%m-%d"): digest.hex()
        for day, digest in _digests(table, CANDLE_SCHEMA.names)
    }


def _root(leaves: Iterable[tuple[int, bytes]]) -> str:
    root = hashlib.sha256()
    for day, digest in leaves:
        root.update(struct.pack("<q", day) + digest)
    return root.hexdigest()


def _digests(table: pa.Table, names: Sequence[str]) -> list[tuple[int, bytes]]:
    """(day number, SHA-256) per UTC day, in order."""
    order = [key for key in _ORDER if key[0] in table.column_names]
    columns = [_cells(column) for column in table.sort_by(order).select(list(names)).columns]
    open_times = table.sort_by(order).column("open_time").cast(pa.int64()).to_pylist()
    leaves: list[tuple[int, bytes]] = []
    digest = hashlib.sha256()
    day: int | None = None
    for open_time, *cells in zip(open_times, *columns, strict=True):
        if day is not None and open_time // _DAY_MS != day:
            leaves.append((day, digest.digest()))
            digest = hashlib.sha256()
        day = open_time // _DAY_MS
        digest.update(b"".join(cells))
    if day is not None:
        leaves.append((day, digest.digest()))
    return leaves


def _cells(column: pa.ChunkedArray) -> list[bytes]:
    """Each cell as bytes that no other cell of the column shares: a null mark, then fixed width or length and text."""
    if pa.types.is_floating(column.type):
        return [b"\0" if v is None else b"\1" + struct.pack("<d", v) for v in column.to_pylist()]
    if pa.types.is_string(column.type):
        return [
            b"\0" if v is None else b"\1" + struct.pack("<I", len(v.encode())) + v.encode() for v in column.to_pylist()
        ]
    return [b"\0" if v is None else b"\1" + struct.pack("<q", v) for v in column.cast(pa.int64()).to_pylist()]
