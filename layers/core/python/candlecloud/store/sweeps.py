"""What a sweep leaves in the lake: its plan, each batch's result, and the collected results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from candlecloud.store import keys
from candlecloud.store.objects import ObjectStore
from candlecloud.store.parquet import CONTENT_TYPE
from candlecloud.store.ranged import RangedObject

_ROWS, _HEADER = "results.parquet", "results.json"


class SweepStore:
    """Artifacts of sweeps; their state is a record like any other, in `candlecloud.store.runs`."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self.bucket = objects.bucket

    def put_plan(self, sweep_id: str, fence: int, batches: Sequence[Mapping[str, Any]]) -> str:
        """Write the plan of a claim, a JSON array with one item per batch; returns its key.

        Each claim has its own: one that was taken over and writes late would put its dead fence into all batches.
        """
        key = keys.sweep_object(sweep_id, _plan(fence))
        self._objects.put(key, json.dumps(list(batches), sort_keys=True).encode())
        return key

    def get_plan(self, sweep_id: str, fence: int) -> list[dict[str, Any]] | None:
        stored = self._objects.get(keys.sweep_object(sweep_id, _plan(fence)))
        return list(json.loads(stored.body)) if stored else None

    def put_batch_result(self, sweep_id: str, batch: int, content: bytes) -> str:
        """Write a batch's result under its fixed key; writing it again replaces it."""
        key = keys.sweep_batch_object(sweep_id, batch)
        self._objects.put(key, content, content_type=CONTENT_TYPE)
        return key

    def get_batch_result(self, sweep_id: str, batch: int) -> bytes | None:
        stored = self._objects.get(keys.sweep_batch_object(sweep_id, batch))
        return stored.body if stored else None

    def present_batches(self, sweep_id: str) -> list[int]:
        """Numbers of the batches that have a result, in order."""
        found = (keys.SWEEP_BATCH.parse(key) for key, _ in self._objects.list(keys.sweep_batches_prefix(sweep_id)))
        return sorted(int(fields["batch"]) for fields in found if fields is not None)

    def put_results(self, sweep_id: str, rows: bytes, header: bytes) -> None:
        """Write the collected results: first the rows, a Parquet file, then the header, JSON."""
        self._objects.put(keys.sweep_object(sweep_id, _ROWS), rows, content_type=CONTENT_TYPE)
        self._objects.put(keys.sweep_object(sweep_id, _HEADER), header)

    def open_rows(self, sweep_id: str) -> RangedObject | None:
        """The collected rows, to be read by ranges; None if there are none."""
        return self._objects.open(keys.sweep_object(sweep_id, _ROWS))

    def get_rows(self, sweep_id: str) -> bytes | None:
        """All collected rows as they are stored."""
        stored = self._objects.get(keys.sweep_object(sweep_id, _ROWS))
        return stored.body if stored else None

    def get_header(self, sweep_id: str) -> bytes | None:
        """What the results say beside their rows."""
        stored = self._objects.get(keys.sweep_object(sweep_id, _HEADER))
        return stored.body if stored else None


def _plan(fence: int) -> str:
    return f"plan-{fence}.json"
