"""Rows of a dataset as Arrow tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pyarrow as pa

from candlecloud.market.dataset import Dataset, Row, S

TIME = pa.timestamp("ms", tz="UTC")
_TYPES = {"time": TIME, "float": pa.float64(), "int": pa.int64(), "text": pa.string()}
_MAX_PRICE_SCALE = 12


@cache
def schema_of(dataset: Dataset[Any, Any]) -> pa.Schema:
    """Columns of a dataset at rest."""
    return pa.schema([pa.field(name, _TYPES[kind], nullable=nullable) for name, kind, _, nullable in dataset.columns])


def rows_table(dataset: Dataset[S, Row], rows: Sequence[Row], series: S, ingested_at: int, source: str) -> pa.Table:
    """Make current rows of validated ones.

    Parameters
    ----------
    rows : sequence, length n
    ingested_at : int
        When we learned them, ms UTC.
    source : str
        ``native`` page, ``derived``, or another venue by name.

    Returns
    -------
    pyarrow.Table
        n rows of the dataset's schema, in the order given.
    """
    n = len(rows)
    names = (dataset.key, *(column.name for column in dataset.values))
    given: dict[str, Sequence[Any]] = dict(
        zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True)
    )
    if dataset.available.name not in given:
        given[dataset.available.name] = [dataset.when_available(row, series) for row in rows]
    given |= {"ingested_at": [ingested_at] * n, "superseded_at": [None] * n, "source": [source] * n}
    arrays = [_array(given[name], kind) for name, kind, *_ in dataset.columns]
    return pa.Table.from_arrays(arrays, schema=schema_of(dataset))


def empty_table(dataset: Dataset[Any, Any]) -> pa.Table:
    """A table of the dataset's schema without rows."""
    return schema_of(dataset).empty_table()


def times_ms(table: pa.Table, column: str = "open_time") -> list[int]:
    """A time column as ms UTC integers."""
    values: list[int] = table.column(column).cast(pa.int64()).to_pylist()
    return values


def instant(time_ms: int) -> pa.Scalar:
    """A time to compare a time column with."""
    return pa.scalar(time_ms, pa.int64()).cast(TIME)


def price_scale(table: pa.Table, columns: Sequence[str]) -> int:
    """Smallest number of decimals that writes every price of some columns exactly, at most 12."""
    prices: set[float] = set()
    for name in columns:
        prices.update(table.column(name).unique().to_pylist())
    return max((_decimals(price) for price in prices if price is not None), default=0)


def _array(values: Sequence[Any], kind: str) -> pa.Array:
    """Arrow makes a time of a whole number only by a cast."""
    array = pa.array(list(values), pa.int64() if kind == "time" else _TYPES[kind])
    return array.cast(TIME) if kind == "time" else array


def _decimals(price: float) -> int:
    text = repr(price)
    if "e" in text:
        text = f"{price:.{_MAX_PRICE_SCALE}f}".rstrip("0")
    fraction = text.partition(".")[2]
    return 0 if fraction == "0" else min(len(fraction), _MAX_PRICE_SCALE)
