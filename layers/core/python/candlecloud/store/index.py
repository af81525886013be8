"""The index of the lake: one head per series, one entry per stored object. S3 is the truth; this can be rebuilt.

An entry carries the write sequence of the object that it describes, and only a higher sequence replaces it: a writer
that was held up between S3 and here can't put an old description over a new one. A head is the sum of a series'
entries, read after the writer's own entry was written. Its guard is the sum of their sequences: whoever wrote the last
entry reads the highest sum, so the head that stays is the one that saw everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from typing import Any, Generic

from candlecloud.market.dataset import Dataset, S
from candlecloud.store import keys
from candlecloud.store.table import Item, Table

_NEWER = "attribute_not_exists(#pk) OR #sequence < :sequence"
_HEAD_TOTALS = ("first", "last", "rows", "updated_at", "price_scale")
_NEWER_HEAD = "attribute_not_exists(#sequences) OR #sequences < :new"


@dataclass(frozen=True)
class PeriodEntry:
    """What one stored object holds.

    Attributes
    ----------
    etag : str
        Names the version of the object that the rest describes.
    sequence : int
        Write sequence of that version.
    current : int
        Current rows.
    rows : int
        All rows, revisions included.
    first, last : int
        Key times, ms UTC.
    checksum : str
        `content_checksum` of the rows.
    price_scale : int
    updated_at : int
        ms UTC.
    """

    period: str
    etag: str
    sequence: int
    current: int
    rows: int
    first: int
    last: int
    checksum: str
    price_scale: int
    updated_at: int


@dataclass(frozen=True)
class SeriesHead(Generic[S]):
    """What is stored of a series.

    Attributes
    ----------
    first, last : int
        Key times, ms UTC, both inclusive.
    rows : int
        Current rows.
    listed_from : int, optional
        Key time of the first row that the exchange has, ms UTC, where it was asked.
    """

    series: S
    first: int
    last: int
    rows: int
    updated_at: int
    listed_from: int | None
    price_scale: int


@dataclass(frozen=True)
class SeriesIndex(Generic[S]):
    """Everything the index says about a series, from one consistent query per page."""

    series: S
    entries: Mapping[str, PeriodEntry] = field(default_factory=dict)
    head: SeriesHead[S] | None = None
    sequences: int | None = None

    @property
    def entry_sequences(self) -> int:
        return sum(entry.sequence for entry in self.entries.values())

    @property
    def head_is_true(self) -> bool:
        """Whether the head is what the entries add up to."""
        if not self.entries:
            return self.head is None
        totals = _totals(self.entries.values())
        head = self.head
        return (
            head is not None
            and self.sequences == self.entry_sequences
            and all(getattr(head, name) == value for name, value in totals.items())
        )


class IndexStore(Generic[S]):
    """Heads and period entries of a dataset's series in the table."""

    def __init__(self, table: Table, dataset: Dataset[S, Any]) -> None:
        self._table = table
        self._dataset = dataset
        # What an item says in the dataset's own words: `candles`, `first_open_time`, `last_open_time`.
        key = dataset.key
        self._attributes = {"current": dataset.name, "first": f"first_{key}", "last": f"last_{key}"}

    def read(self, series: S) -> SeriesIndex[S]:
        """Head and entries of a series, as of the newest writes."""
        entries: dict[str, PeriodEntry] = {}
        head: Item | None = None
        for item in self._table.query(keys.series_partition(self._dataset, series)):
            fields = keys.ITEMS["period"].sk.parse(item[keys.SK])
            if fields is not None:
                entries[fields["period"]] = self._entry(item)
            elif item[keys.SK] == keys.head_item(self._dataset, series)[keys.SK]:
                head = item
        return SeriesIndex(series, entries, self._head(head), head.get("sequences") if head else None)

    def put_entry(self, series: S, entry: PeriodEntry) -> bool:
        """Write an entry unless one of the same or a later write is there."""
        item = keys.period_item(self._dataset, series, entry.period) | self._named(vars(entry))
        return self._table.put(item, _NEWER, {"sequence": entry.sequence}).done

    def correct_entry(self, series: S, entry: PeriodEntry, seen: PeriodEntry | None) -> bool:
        """Write an entry in place of the one that was `seen`, whatever its sequence. For repair only."""
        if seen is None:
            return self.put_entry(series, entry)
        item = keys.period_item(self._dataset, series, entry.period) | self._named(vars(entry))
        return self._table.put(item, "#etag = :seen", {"seen": seen.etag}).done

    def remove_entry(self, series: S, seen: PeriodEntry) -> bool:
        """Remove an entry whose object is gone, if it still is the one that was `seen`."""
        return self._table.delete(
            keys.period_item(self._dataset, series, seen.period), "#etag = :seen", {"seen": seen.etag}
        ).done

    def refresh_head(self, series: S, *, correct: bool = False) -> None:
        """Make the head what the entries add up to.

        Parameters
        ----------
        correct : bool
            Replace a head that claims more than the entries do, as repair must after an object was removed.
        """
        found = self.read(series)
        if found.head_is_true:
            return
        if not found.entries:
            gone = (*map(self._attribute, _HEAD_TOTALS), *keys.head_listed(self._dataset, series), "sequences")
            self._table.update(
                keys.head_item(self._dataset, series),
                remove=gone,
                condition="#sequences = :seen",
                values={"seen": found.sequences},
            )
            return
        totals = _totals(found.entries.values())
        attributes = (
            self._named(totals)
            | keys.head_listed(self._dataset, series)
            | {"series": series.id, "sequences": found.entry_sequences}
        )
        condition, values = _NEWER_HEAD, {"new": found.entry_sequences}
        if correct and found.sequences is not None:
            condition, values = "#sequences = :seen", {"seen": found.sequences}
        self._table.update(keys.head_item(self._dataset, series), put=attributes, condition=condition, values=values)

    def head(self, series: S) -> SeriesHead[S] | None:
        """The series' head, or None if nothing is stored."""
        return self._head(self._table.get(keys.head_item(self._dataset, series)))

    def list_series(self, cursor: str | None = None, limit: int = 100) -> tuple[list[SeriesHead[S]], str | None]:
        """Heads in order of their ids, and the cursor of the next page (None at the end)."""
        pages = (
            self._table.query(keys.heads_partition(self._dataset, shard), indexed=True, after=cursor, limit=limit + 1)
            for shard in keys.shards()
        )
        items = list(islice(merge(*pages, key=lambda item: str(item[keys.GSI1_SK])), limit + 1))
        heads = [head for item in items[:limit] if (head := self._head(item)) is not None]
        return heads, items[limit - 1][keys.GSI1_SK] if len(items) > limit else None

    def set_listed_from(self, series: S, listed_from: int, now: int) -> None:
        """Note when the exchange's own history of a series begins (key time, ms UTC)."""
        self._table.update(
            keys.head_item(self._dataset, series), put={"listed_from": listed_from, "listed_checked_at": now}
        )

    def listed_from(self, series: S) -> int | None:
        """When the exchange's own history of a series begins (key time, ms UTC), if that was ever asked."""
        item = self._table.get(keys.head_item(self._dataset, series))
        return item.get("listed_from") if item else None

    def _attribute(self, name: str) -> str:
        return self._attributes.get(name, name)

    def _named(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {self._attribute(name): value for name, value in fields.items()}

    def _entry(self, item: Item) -> PeriodEntry:
        return PeriodEntry(**{name: item[self._attribute(name)] for name in PeriodEntry.__dataclass_fields__})

    def _head(self, item: Item | None) -> SeriesHead[S] | None:
        """The head in an item; an item that only notes the listing is none."""
        if item is None or "sequences" not in item:
            return None
        totals = {name: item[self._attribute(name)] for name in _HEAD_TOTALS}
        series = self._dataset.series.parse(item["series"])
        return SeriesHead(series, listed_from=item.get("listed_from"), **totals)


def _totals(found: Iterable[PeriodEntry]) -> dict[str, int]:
    entries = list(found)
    return {
        "first": min(entry.first for entry in entries),
        "last": max(entry.last for entry in entries),
        "rows": sum(entry.current for entry in entries),
        "updated_at": max(entry.updated_at for entry in entries),
        "price_scale": max(entry.price_scale for entry in entries),
    }
