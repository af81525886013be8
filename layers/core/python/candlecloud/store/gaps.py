"""Gap items: what a series lacks, since when that is known, and what was found out about it."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice

from candlecloud.market.gap import GAP_STATES, Gap, GapState
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series
from candlecloud.store import keys
from candlecloud.store.table import Item, Table, as_text, from_text


class GapStore:
    """Gaps of all series. A gap is named by its series and its range."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, gap: Gap) -> bool:
        """Write a gap, unless a version with a later `updated_at` is stored; says whether it was written."""
        item = (
            keys.gap_item(gap.series, gap.range)
            | keys.gap_listed(gap.series, gap.range, gap.state)
            | {
                "series": gap.series.id,
                "start": gap.range.start,
                "end": gap.range.end,
                "state": gap.state,
                "cause": gap.cause,
                "detected_at": gap.detected_at,
                "updated_at": gap.updated_at,
                "evidence": as_text(gap.evidence),
            }
        )
        newer = "attribute_not_exists(#pk) OR #updated_at <= :updated_at"
        return self._table.put(item, newer, {"updated_at": gap.updated_at}).done

    def get(self, series: Series, span: TimeRange) -> Gap | None:
        """The gap with exactly this range."""
        item = self._table.get(keys.gap_item(series, span))
        return _gap(item) if item else None

    def delete(self, series: Series, span: TimeRange) -> None:
        """Forget a gap, because others with narrower ranges describe it now."""
        self._table.delete(keys.gap_item(series, span))

    def list(
        self,
        series: Series | None = None,
        state: GapState | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> tuple[list[Gap], str | None]:
        """Gaps by series and start, and the cursor of the next page (None at the end).

        Of one series the list is as of the newest write; over all series it may be a moment behind.
        """
        items = self._of_series(series, state, cursor) if series else self._of_all(state, cursor, limit + 1)
        found = list(islice(items, limit + 1))
        last = found[limit - 1] if len(found) > limit else None
        return [_gap(item) for item in found[:limit]], last[keys.SK if series else keys.GSI1_SK] if last else None

    def explained(self, series: Series) -> IntervalSet:
        """Ranges that are proven absent at the exchange: nothing there is worth asking for again."""
        items = self._of_series(series, "explained", None)
        return IntervalSet(TimeRange(item["start"], item["end"]) for item in items)

    def _of_series(self, series: Series, state: GapState | None, after: str | None) -> Iterator[Item]:
        where, values = ("#state = :state", {"state": state}) if state else (None, None)
        return self._table.query(keys.gap_partition(series), after=after, where=where, values=values)

    def _of_all(self, state: GapState | None, after: str | None, limit: int) -> Iterator[Item]:
        states = [state] if state else GAP_STATES
        partitions = [keys.gaps_partition(one, shard) for one in states for shard in keys.shards()]
        pages = [self._table.query(p, indexed=True, after=after, limit=limit) for p in partitions]
        return merge(*pages, key=lambda item: str(item[keys.GSI1_SK]))


def _gap(item: Item) -> Gap:
    return Gap(
        series=Series.parse(item["series"]),
        range=TimeRange(item["start"], item["end"]),
        state=item["state"],
        cause=item.get("cause"),
        detected_at=item["detected_at"],
        updated_at=item["updated_at"],
        evidence=from_text(item["evidence"]),
    )
