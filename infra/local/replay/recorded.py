"""The recorded files: a manifest, candle columns as exact integers, funding rates, and bodies."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

DEFAULT_FOLDER = Path(__file__).resolve().parents[3] / "tests" / "data" / "recorded"
STEP_MS = {"1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "1d": 86_400_000}


class Scales(NamedTuple):
    """Decimals of the scaled integers: prices, base volume, quote volume."""

    price: int
    base: int
    quote: int


@dataclass(frozen=True)
class Columns:
    """One series as integer columns: times in ms UTC, prices and volumes scaled by ``scales``.

    ``volume_quote`` and ``trades`` are None where the source does not say. ``complete`` counts the leading rows whose
    whole interval is recorded; a later row may only be served while it is running.
    """

    step: int
    scales: Scales
    open_time: Sequence[int]
    close_time: Sequence[int]
    open: Sequence[int]
    high: Sequence[int]
    low: Sequence[int]
    close: Sequence[int]
    volume_base: Sequence[int]
    volume_quote: Sequence[int] | None
    trades: Sequence[int] | None
    complete: int
    derived: bool = False

    @property
    def end(self) -> int:
        """End of what is recorded, ms UTC."""
        return self.open_time[self.complete - 1] + self.step


def integers(column: pa.ChunkedArray) -> Sequence[int]:
    """Return an int64 or DECIMAL(18, s) column without nulls as a view of its (scaled) integers."""
    array = column.combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    view = memoryview(array.buffers()[1]).cast("B").cast("q")
    width = 2 if pa.types.is_decimal(array.type) else 1  # little-endian 128 bits: the low word carries 18 digits
    return view[array.offset * width : (array.offset + len(array)) * width : width]


def scale_of(table: pa.Table, name: str) -> int:
    return int(table.schema.field(name).type.scale) if name in table.column_names else 0


def read_columns(path: Path, step: int) -> Columns:
    """Read one recorded candle file."""
    table = pq.read_table(path)

    def optional(name: str) -> Sequence[int] | None:
        return integers(table[name]) if name in table.column_names else None

    return Columns(
        step=step,
        scales=Scales(scale_of(table, "open"), scale_of(table, "volume_base"), scale_of(table, "volume_quote")),
        open_time=integers(table["open_time"]),
        close_time=integers(table["close_time"]),
        open=integers(table["open"]),
        high=integers(table["high"]),
        low=integers(table["low"]),
        close=integers(table["close"]),
        volume_base=integers(table["volume_base"]),
        volume_quote=optional("volume_quote"),
        trades=optional("trades"),
        complete=table.num_rows,
    )


class Funding(NamedTuple):
    """Funding rates of one perpetual: settlement times in ms UTC, rates as integers with ``scale`` decimals."""

    time: Sequence[int]
    rate: Sequence[int]
    scale: int


@dataclass(frozen=True)
class Recordings:
    """Everything recorded, by manifest; each file is read on first use and kept."""

    folder: Path
    entries: tuple[dict[str, Any], ...]
    _kept: dict[str, Any]
    _lock: threading.Lock

    @classmethod
    def open(cls, folder: Path | None = None) -> "Recordings":
        """Open a folder of recorded files.

        Raises
        ------
        FileNotFoundError
            When the folder holds no ``manifest.json``.
        """
        folder = folder or DEFAULT_FOLDER
        manifest = folder / "manifest.json"
        if not manifest.is_file():
            raise FileNotFoundError(f"{manifest} is missing: give the folder that make_recorded.py wrote")
        return cls(folder, tuple(json.loads(manifest.read_text())), {}, threading.Lock())

    def select(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """Return the manifest entries of a kind whose fields have the given values."""
        wanted = {"kind": kind} | fields
        return [entry for entry in self.entries if all(entry.get(name) == value for name, value in wanted.items())]

    def candles(self, entry: dict[str, Any]) -> Columns:
        columns: Columns = self._once(
            entry["file"], lambda: read_columns(self.folder / entry["file"], STEP_MS[entry["timeframe"]])
        )
        return columns

    def funding(self, entry: dict[str, Any]) -> Funding:
        def read() -> Funding:
            table = pq.read_table(self.folder / entry["file"])
            return Funding(
                integers(table["funding_time"]), integers(table["funding_rate"]), scale_of(table, "funding_rate")
            )

        funding: Funding = self._once(entry["file"], read)
        return funding

    def body(self, venue: str, path: str, **query: str) -> Any | None:
        """Return the recorded answer to a request as parsed JSON (do not change it), or None."""
        found = self.select("body", venue=venue, path=path, query=query)
        if not found:
            return None
        name = found[0]["file"]
        return self._once(name, lambda: json.loads((self.folder / name).read_text()))

    def _once(self, name: str, read: Callable[[], Any]) -> Any:
        with self._lock:
            if name not in self._kept:
                self._kept[name] = read()
            return self._kept[name]
