"""Bitemporal merging: a restated row supersedes the old one, and both stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.market.dataset import Column, Dataset
from candlecloud.market.rows import instant


@dataclass(frozen=True)
class MergeResult:
    """A merged table and what became of the incoming rows; the three counts add up to the distinct incoming rows."""

    table: pa.Table
    added: int
    revised: int
    unchanged: int

    @property
    def changed(self) -> bool:
        return bool(self.added or self.revised)


def merge_rows(dataset: Dataset[Any, Any], existing: pa.Table, incoming: pa.Table, now: int) -> MergeResult:
    """Merge validated rows into a stored table.

    An incoming row with a new key time is added. One that equals the current row in every value changes nothing. One
    that differs supersedes it: the old row gets ``superseded_at = now``, the new one the same instant as
    ``ingested_at``. Applying the same rows twice is the same as once.

    A current row that was learned after `now` stays: the incoming one is an older look at the same thing, by a writer
    that another one has overtaken, and counts as unchanged.

    Parameters
    ----------
    existing : pyarrow.Table
        Rows of one object; at most one current row per key time.
    incoming : pyarrow.Table
        New current rows; of several with one key time the last counts.
    now : int
        When the incoming rows were learned, ms UTC.

    Returns
    -------
    MergeResult
        Its table is sorted by (key time, ingested_at).
    """
    key = dataset.key
    incoming = _last_of_each(incoming, key)
    current_at = pc.indices_nonzero(pc.is_null(existing.column("superseded_at")))
    current = existing.take(current_at)
    match = pc.index_in(incoming.column(key), value_set=current.column(key))
    new = incoming.filter(pc.is_null(match))
    known = incoming.filter(pc.is_valid(match))
    position = pc.drop_null(match)
    stored = current.take(position)
    known, differs = _compare(stored, known, dataset.values)
    differs = pc.and_(differs, pc.less_equal(stored.column("ingested_at"), instant(now)))

    kept = _supersede(existing, pc.take(current_at, position.filter(differs)), now)
    revised = _stamp(known.filter(differs), now)
    merged = pa.concat_tables([kept, _stamp(new, now), revised]).sort_by(
        [(key, "ascending"), ("ingested_at", "ascending")]
    )
    return MergeResult(merged.combine_chunks(), new.num_rows, revised.num_rows, known.num_rows - revised.num_rows)


def current_view(table: pa.Table) -> pa.Table:
    """Rows that nothing has superseded: one per key time."""
    return table.filter(pc.is_null(table.column("superseded_at")))


def as_of_view(table: pa.Table, as_of: int) -> pa.Table:
    """Rows that were current at `as_of` (ms UTC): known by then, and not yet superseded."""
    at = instant(as_of)
    superseded = table.column("superseded_at")
    known = pc.less_equal(table.column("ingested_at"), at)
    standing = pc.or_kleene(pc.is_null(superseded), pc.greater(superseded, at))
    return table.filter(pc.and_(known, standing))


def _last_of_each(table: pa.Table, key: str) -> pa.Table:
    """Of rows with one key time, the last; the order is by key time."""
    at = pa.table({"key": table.column(key), "row": pa.array(range(table.num_rows), pa.int64())})
    last = at.group_by("key").aggregate([("row", "max")]).sort_by("key")
    return table.take(last.column("row_max"))


def _compare(current: pa.Table, incoming: pa.Table, values: Sequence[Column]) -> tuple[pa.Table, pa.ChunkedArray]:
    """Fill unknown values of `incoming` from `current`, and say which rows then differ.

    Null means "the exchange does not say": it adds nothing to a known value and so never supersedes it.
    """
    differs = pa.chunked_array([pa.repeat(False, incoming.num_rows)])
    for name, _, _, nullable in values:
        if nullable:
            filled = pc.coalesce(incoming.column(name), current.column(name))
            incoming = _with_column(incoming, name, filled)
        unequal = pc.not_equal(incoming.column(name), current.column(name))
        appeared = pc.and_(pc.is_null(current.column(name)), pc.is_valid(incoming.column(name)))
        differs = pc.or_(differs, pc.or_(pc.fill_null(unequal, False), appeared))
    return incoming, differs


def _supersede(table: pa.Table, rows: pa.Array, now: int) -> pa.Table:
    """Close the named rows at `now`."""
    position = pa.array(range(table.num_rows), pa.int64())
    hit = pc.is_in(position, value_set=pc.cast(rows, pa.int64()))
    return _with_column(table, "superseded_at", pc.if_else(hit, instant(now), table.column("superseded_at")))


def _stamp(table: pa.Table, now: int) -> pa.Table:
    """The rows as learned at `now`."""
    return _with_column(table, "ingested_at", pa.repeat(instant(now), table.num_rows))


def _with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """The table with other values in a column that it has."""
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(at), values)
