"""Checked signals at rest: one Parquet file under the hash of its content, one row group per set.

The id is made of what decides: the series and, set by set, open times, targets and sizes. A CSV and a Parquet file of
the same targets are one file here, and one with another cell is another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from candlecloud.errors import CorruptObjectError, InvalidParameterError
from candlecloud.market.instant import iso
from candlecloud.market.rows import TIME
from candlecloud.market.series import Series

SCHEMA = "candlecloud.signals/1"
_FOOTER = b"candlecloud.signals"
_GAPS_SHOWN = 20


@dataclass(frozen=True)
class Rows:
    """The rows of one set, ascending.

    Attributes
    ----------
    open_time : pyarrow.Array
        int64, ms UTC.
    target : pyarrow.Array
        float64 in [-1, 1].
    size : pyarrow.Array or None
        float64 in [0, 1]; None where the file has no sizes.
    """

    open_time: pa.Array
    target: pa.Array
    size: pa.Array | None

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the cells."""
        found = hashlib.sha256(f"{len(self.open_time)} ".encode())
        for column in (self.open_time, self.target, self.size):
            if column is not None:
                found.update(_bytes(column))
        return found.hexdigest()


def write_signals(series: Series, sets: Sequence[Rows]) -> bytes:
    """Write checked sets as they are stored."""
    digests = [rows.digest for rows in sets]
    document = {
        "schema": SCHEMA,
        "series": series.id,
        "sized": sets[0].size is not None,
        "sets": [_described(rows, digest) for rows, digest in zip(sets, digests, strict=True)],
    }
    columns = [("open_time", TIME), ("target", pa.float64())]
    columns += [("size", pa.float64())] if document["sized"] else []
    schema = pa.schema(columns, metadata={_FOOTER: json.dumps(document)})
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema, version="2.6", compression="zstd", write_page_checksum=True) as writer:
        for rows in sets:
            cells = [rows.open_time.cast(TIME), rows.target, *([] if rows.size is None else [rows.size])]
            writer.write_table(pa.Table.from_arrays(cells, schema=schema), row_group_size=len(rows.open_time))
    content: bytes = sink.getvalue().to_pybytes()
    return content


class SignalsFile:
    """A stored file, opened; a set's rows are decoded and held against their hash when they are asked for.

    Raises
    ------
    CorruptObjectError
        If it is no file of signals, or not the one that its id names.
    """

    def __init__(self, body: bytes, signals_id: str | None = None) -> None:
        self.body = body
        try:
            self._file = pq.ParquetFile(pa.BufferReader(body), page_checksum_verification=True)
            self._document: Mapping[str, Any] = json.loads(self._file.metadata.metadata[_FOOTER])
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
            raise self._corrupt("is no file of signals", signals_id) from error
        if self._document.get("schema") != SCHEMA or (signals_id is not None and signals_id != self.id):
            raise self._corrupt("is not what its id says", signals_id)

    @cached_property
    def id(self) -> str:
        """``signals_`` and 128 bits of SHA-256 in hex."""
        named = [SCHEMA, self._document["series"], "sized" if self.sized else "unsized"]
        lines = "\n".join([*named, *(entry["digest"] for entry in self._document["sets"])])
        return f"signals_{hashlib.sha256(lines.encode()).hexdigest()[:32]}"

    @property
    def series(self) -> Series:
        """Of the candles that the rows belong to."""
        return Series.parse(self._document["series"])

    @property
    def sized(self) -> bool:
        """Whether the rows have sizes, which replace the sizing model."""
        return bool(self._document["sized"])

    def __len__(self) -> int:
        """Number of sets."""
        return len(self._document["sets"])

    def rows(self, number: int) -> Rows:
        """The rows of one set.

        Raises
        ------
        InvalidParameterError
            If there is no such set.
        CorruptObjectError
            If they are not what the id stands for.
        """
        if not 0 <= number < len(self):
            raise InvalidParameterError(
                f"There is no set {number} in {self.id}: it has {len(self)}.",
                hint=f"Sets are numbered from 0; the last is {len(self) - 1}.",
                field="parameters.set",
                allowed=len(self) - 1,
            )
        try:
            table = self._file.read_row_group(number).combine_chunks()
        except (pa.ArrowException, OSError) as error:
            raise self._corrupt("has a damaged page", self.id) from error
        columns = [column.chunk(0) for column in table.columns]
        rows = Rows(columns[0].cast(pa.int64()), columns[1], columns[2] if self.sized else None)
        if rows.digest != self._document["sets"][number]["digest"]:
            raise self._corrupt("does not have the content that its id says", self.id)
        return rows

    def describe(self) -> dict[str, Any]:
        """What it holds, JSON-able: series, rows, sets, range, and the places of the grid without a row."""
        sets, series = self._document["sets"], self.series
        first, last = min(entry["first"] for entry in sets), max(entry["last"] for entry in sets)
        rows, places = sum(entry["rows"] for entry in sets), sum(_places(entry, series) for entry in sets)
        return {
            "signals_id": self.id,
            "exchange": series.exchange,
            "symbol": series.symbol.key,
            "timeframe": series.timeframe.name,
            "columns": ["open_time", "target", *(["size"] if self.sized else [])],
            "sets": len(sets),
            "rows": rows,
            "first_open": first,
            "last_open": last,
            "first_decision": series.timeframe.close_time(first),
            "missing_rows": places - rows,
            "first_missing": list(islice(self._missing(), _GAPS_SHOWN)),
        }

    def _missing(self) -> Iterator[dict[str, Any]]:
        step = self.series.timeframe.ms
        for number, entry in enumerate(self._document["sets"]):
            if _places(entry, self.series) == entry["rows"]:
                continue
            times = self.rows(number).open_time.to_pylist()
            for before, after in pairwise(times):
                if after - before > step:
                    yield {"set": number, "start": iso(before + step), "end": iso(after)}

    @staticmethod
    def _corrupt(what: str, signals_id: str | None) -> CorruptObjectError:
        return CorruptObjectError(
            f"The stored file of signals {what}.", hint="Upload the file again.", signals_id=signals_id
        )


def _described(rows: Rows, digest: str) -> dict[str, Any]:
    first, last = rows.open_time[0].as_py(), rows.open_time[-1].as_py()
    return {"rows": len(rows.open_time), "first": first, "last": last, "digest": digest}


def _places(entry: Mapping[str, Any], series: Series) -> int:
    """Places of the grid from a set's first row to its last."""
    return int((entry["last"] - entry["first"]) // series.timeframe.ms) + 1


def _bytes(column: pa.Array) -> memoryview:
    """The cells of an array without nulls, 8 bytes each, little-endian."""
    return memoryview(column.buffers()[1])[column.offset * 8 : (column.offset + len(column)) * 8]
