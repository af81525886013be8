"""Content checksums: SHA-256 over every cell, a Merkle root over days, so that one edited cell is found and placed."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.market.candle import MARKET_COLUMNS
from candlecloud.market.revision import current_view

_DAY_MS = 86_400_000
_LEARNED = ("ingested_at", "superseded_at")


def content_checksum(table: pa.Table, key: str) -> str:
    """SHA-256 (hex) over all rows and all columns: revisions, ingestion times and sources included.

    Rows count in the order (key time, ingested_at), so the order given does not matter.

    Parameters
    ----------
    key : str
        Column of the key time.
    """
    return _root(_digests(table, key, table.column_names))


def value_checksum(table: pa.Table, key: str, values: Sequence[str]) -> str:
    """SHA-256 (hex) of what a backtest can see: key time and values of the current rows.

    Two lakes that learned the same values at different times agree.
    """
    view = current_view(table) if "superseded_at" in table.column_names else table
    return _root(_digests(view, key, (key, *values)))


def market_checksum(candles: pa.Table) -> str:
    """`value_checksum` of candles: the data revision that a run records."""
    return value_checksum(candles, "open_time", MARKET_COLUMNS)


def day_checksums(table: pa.Table, key: str) -> dict[str, str]:
    """The leaves of `content_checksum`: UTC day (``2024-01-31``) of the key time to SHA-256 (hex)."""
    return {
        datetime.fromtimestamp(day * _DAY_MS / 1000, UTC).strftime("%Y-%m-%d"): digest.hex()
        for day, digest in _digests(table, key, table.column_names)
    }


def _root(leaves: Iterable[tuple[int, bytes]]) -> str:
    root = hashlib.sha256()
    for day, digest in leaves:
        root.update(struct.pack("<q", day) + digest)
    return root.hexdigest()


def _digests(table: pa.Table, key: str, names: Sequence[str]) -> list[tuple[int, bytes]]:
    """(day number, SHA-256) per UTC day, in order.

    A day's bytes are its number of rows, then column by column the null marks and the values, little-endian.
    """
    order = (key, *(name for name in _LEARNED if name in table.column_names))
    table = table.sort_by([(name, "ascending") for name in order])
    columns = [_image(table.column(name).combine_chunks()) for name in names]
    leaves: list[tuple[int, bytes]] = []
    for day, start, end in _days(table.column(key).combine_chunks()):
        digest = hashlib.sha256(struct.pack("<q", end - start))
        for column in columns:
            for part in column(start, end):
                digest.update(part)
        leaves.append((day, digest.digest()))
    return leaves


def _days(times: pa.Array) -> Iterator[tuple[int, int, int]]:
    """(day number, first row, row after the last) of each run of one day."""
    runs = pc.run_end_encode(pc.divide(times.cast(pa.int64()), _DAY_MS))
    start = 0
    for day, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        yield day, start, end
        start = end


def _image(column: pa.Array) -> Callable[[int, int], Iterable[memoryview]]:
    """A column as bytes of any range of its rows, such that no two different columns have the same."""
    marks = _fixed(pc.is_null(column).cast(pa.uint8()), 1)
    if pa.types.is_string(column.type):
        texts = pc.fill_null(column, "")
        lengths = _fixed(pc.binary_length(texts), 4)
        return lambda start, end: (
            marks(start, end),
            lengths(start, end),
            memoryview("".join(texts.slice(start, end - start).to_pylist()).encode()),
        )
    numbers = column if pa.types.is_floating(column.type) else column.cast(pa.int64())
    values = _fixed(pc.fill_null(numbers, 0), 8)
    return lambda start, end: (marks(start, end), values(start, end))


def _fixed(array: pa.Array, width: int) -> Callable[[int, int], memoryview]:
    """Bytes of any range of an array without nulls whose values are `width` bytes wide."""
    if len(array) == 0:
        return lambda start, end: memoryview(b"")
    view = memoryview(array.buffers()[1])
    first = array.offset
    return lambda start, end: view[(first + start) * width : (first + end) * width]
