"""Committing rows to one object while others do the same: read, merge, put if unchanged, else begin again."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

import pyarrow as pa

from candlecloud.errors import TransientStoreError
from candlecloud.market.checksum import content_checksum
from candlecloud.market.dataset import S
from candlecloud.market.revision import MergeResult, merge_rows
from candlecloud.market.rows import empty_table, price_scale
from candlecloud.store.aws import DEPLOYMENT_CODES
from candlecloud.store.index import PeriodEntry
from candlecloud.store.lake import Lake
from candlecloud.store.objects import WriteConflictError
from candlecloud.store.parquet import WRITE_IDS_KEPT, Footer

_ATTEMPTS = 100  # against other writers: each of them that wins has made progress
_FAILURES = 5  # of the store itself
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 1.0


@dataclass(frozen=True)
class Commit:
    """What a merge did to one object, and the entry that describes the object now (None: there is still none)."""

    entry: PeriodEntry | None
    result: MergeResult
    written: bool


class Committer(Generic[S]):
    """Merges rows into objects.

    Parameters
    ----------
    sleep, rng, new_id : optional
        How to wait between attempts, by how much, and how to name a write.
    """

    def __init__(
        self,
        lake: Lake[S],
        sleep: Callable[[float], None] | None = None,
        rng: random.Random | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self._lake = lake
        self._sleep = sleep or time.sleep
        self._rng = rng or random.Random()
        self._new_id = new_id or (lambda: secrets.token_hex(8))

    def commit(self, series: S, period: str, incoming: pa.Table, now: int) -> Commit:
        """Merge rows of one period; nothing is written if nothing changes.

        Raises
        ------
        CorruptObjectError
            If the stored object can't be merged into.
        TransientStoreError
            If the store did not answer, or other writers won every attempt.
        """
        tried: dict[str, MergeResult] = {}
        failures = 0
        for attempt in range(_ATTEMPTS):
            try:
                return self._attempt(series, period, incoming, now, tried)
            except WriteConflictError:
                self._pause(attempt)
            except TransientStoreError as error:  # what a put did is then unknown; the next attempt reads it
                failures += 1
                if failures == _FAILURES or error.details.get("reason") in DEPLOYMENT_CODES:
                    raise
                self._pause(attempt)
        raise TransientStoreError(f"Other writers won {_ATTEMPTS} times.", series=series.id, period=period)

    def _attempt(self, series: S, period: str, incoming: pa.Table, now: int, tried: dict[str, MergeResult]) -> Commit:
        dataset = self._lake.dataset
        stored = self._lake.load(series, period)
        before = stored.footer if stored else Footer(dataset.schema_id, dataset.id_of(series), period, 0, 0, "")
        won = [tried[write_id] for write_id in before.write_ids if write_id in tried]
        if stored and won:  # an earlier put took place after all; only its answer got lost
            return Commit(stored.entry(now), won[0], written=True)
        result = merge_rows(dataset, stored.table if stored else empty_table(dataset), incoming, now)
        if not result.changed:
            return Commit(stored.entry(now) if stored else None, result, written=False)
        write_id = self._new_id()
        tried[write_id] = result
        footer = Footer(
            schema=dataset.schema_id,
            series=before.series,
            period=period,
            sequence=before.sequence + 1,
            price_scale=max(before.price_scale, price_scale(incoming, dataset.prices)),
            checksum=content_checksum(result.table, dataset.key),
            write_ids=(write_id, *before.write_ids)[:WRITE_IDS_KEPT],
        )
        written = self._lake.replace(series, result.table, footer, stored.etag if stored else None)
        return Commit(written.entry(now), result, written=True)

    def _pause(self, attempt: int) -> None:
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)
        self._sleep(longest * self._rng.uniform(0.1, 1.0))
