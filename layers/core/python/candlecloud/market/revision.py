"""Bitemporal merging: a restated candle supersedes the old row, and both stay."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.market.candle import CANDLE_SCHEMA, MARKET_COLUMNS

_TIME = CANDLE_SCHEMA.field("open_time").type
_ORDER = [("open_time", "ascending"), ("ingested_at", "ascending")]
# Null means "the exchange does not say": it adds nothing to a known value and so never supersedes it.
_NULLABLE = ("volume_base", "volume_quote", "trades")


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


def merge_candles(existing: pa.Table, incoming: pa.Table, now: int) -> MergeResult:
    """Merge validated candles into a stored table.

    An incoming candle with a new open time is added. One that equals the current row in every market column changes
    nothing. One that differs supersedes it: the old row gets ``superseded_at = now``, the new one the same instant as
    ``ingested_at``. Applying the same rows twice is the same as once.

    A current row that was learned after `now` stays: the incoming one is an older look at the candle, by a writer that
    another one has overtaken, and counts as unchanged.

    Parameters
    ----------
    existing : pyarrow.Table
        Rows of one object, `CANDLE_SCHEMA`; at most one current row per open time.
    incoming : pyarrow.Table
        New current rows; of several with one open time the last counts.
    now : int
        When the incoming rows were learned, ms UTC.

    Returns
    -------
    MergeResult
        Its table is sorted by (open_time, ingested_at).
    """
    incoming = _last_of_each(incoming)
    current_at = pc.indices_nonzero(pc.is_null(existing.column("superseded_at")))
    current = existing.take(current_at)
    match = pc.index_in(incoming.column("open_time"), value_set=current.column("open_time"))
    new = incoming.filter(pc.is_null(match))
    known = incoming.filter(pc.is_valid(match))
    position = pc.drop_null(match)
    stored = current.take(position)
    known, differs = _compare(stored, known)
    differs = pc.and_(differs, pc.less_equal(stored.column("ingested_at"), _instant(now)))

    kept = _supersede(existing, pc.take(current_at, position.filter(differs)), now)
    revised = _stamp(known.filter(differs), now)
    merged = pa.concat_tables([kept, _stamp(new, now), revised]).sort_by(_ORDER)
    return MergeResult(merged.combine_chunks(), new.num_rows, revised.num_rows, known.num_rows - revised.num_rows)


def current_view(table: pa.Table) -> pa.Table:
    """Rows that nothing has superseded: one per open time."""
    return table.filter(pc.is_null(table.column("superseded_at")))


def as_of_view(table: pa.Table, as_of: int) -> pa.Table:
    """Rows that were current at `as_of` (ms UTC): known by then, and not yet superseded."""
    instant = _instant(as_of)
    superseded = table.column("superseded_at")
    known = pc.less_equal(table.column("ingested_at"), instant)
    standing = pc.or_kleene(pc.is_null(superseded), pc.greater(superseded, instant))
    return table.filter(pc.and_(known, standing))


def _last_of_each(table: pa.Table) -> pa.Table:
    """Of rows with one open time, the last; the order is by open time."""
    at = pa.table({"open_time": table.column("open_time"), "row": pa.array(range(table.num_rows), pa.int64())})
    last = at.group_by("open_time").aggregate([("row", "max")]).sort_by("open_time")
    return table.take(last.column("row_max"))


def _compare(current: pa.Table, incoming: pa.Table) -> tuple[pa.Table, pa.ChunkedArray]:
    """Fill unknown values of `incoming` from `current`, and say which rows then differ."""
    differs = pa.chunked_array([pa.repeat(False, incoming.num_rows)])
    for name in MARKET_COLUMNS:
        if name in _NULLABLE:
            filled = pc.coalesce(incoming.column(name), current.column(name))
            incoming = incoming.set_column(incoming.schema.get_field_index(name), CANDLE_SCHEMA.field(name), filled)
        unequal = pc.not_equal(incoming.column(name), current.column(name))
        appeared = pc.and_(pc.is_null(current.column(name)), pc.is_valid(incoming.column(name)))
        differs = pc.or_(differs, pc.or_(pc.fill_null(unequal, False), appeared))
    return incoming, differs


def _supersede(table: pa.Table, rows: pa.Array, now: int) -> pa.Table:
    """Close the named rows at `now`."""
    position = pa.array(range(table.num_rows), pa.int64())
    hit = pc.is_in(position, value_set=pc.cast(rows, pa.int64()))
    column = pc.if_else(hit, _instant(now), table.column("superseded_at"))
    field = CANDLE_SCHEMA.field("superseded_at")
    return table.set_column(table.schema.get_field_index(field.name), field, column)


def _stamp(table: pa.Table, now: int) -> pa.Table:
    """The rows as learned at `now`."""
    field = CANDLE_SCHEMA.field("ingested_at")
    return table.set_column(table.schema.get_field_index(field.name), field, pa.repeat(_instant(now), table.num_rows))


def _instant(time_ms: int) -> pa.Scalar:
    return pa.scalar(time_ms, pa.int64()).cast(_TIME)
