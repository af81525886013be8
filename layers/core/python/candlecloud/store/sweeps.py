"""What a sweep leaves in the lake: its plan, each batch's result, and the collected results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from candlecloud.store import keys
from candlecloud.store.objects import ObjectStore

_PLAN, _RESULTS = "plan.json", "results.json"


class SweepStore:
    """Artifacts of sweeps; their state is a record like any other, in `candlecloud.store.runs`."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self.bucket = objects.bucket

    def put_plan(self, sweep_id: str, batches: Sequence[Mapping[str, Any]]) -> str:
        """Write the plan, a JSON array with one item per batch; returns its key."""
        key = keys.sweep_object(sweep_id, _PLAN)
        self._objects.put(key, json.dumps(list(batches), sort_keys=True).encode())
        return key

    def get_plan(self, sweep_id: str) -> list[dict[str, Any]] | None:
        stored = self._objects.get(keys.sweep_object(sweep_id, _PLAN))
        return list(json.loads(stored.body)) if stored else None

    def put_batch_result(self, sweep_id: str, batch: int, content: bytes) -> str:
        """Write a batch's result under its fixed key; writing it again replaces it."""
        key = keys.sweep_batch_object(sweep_id, batch)
        self._objects.put(key, content)
        return key

    def get_batch_result(self, sweep_id: str, batch: int) -> bytes | None:
        stored = self._objects.get(keys.sweep_batch_object(sweep_id, batch))
        return stored.body if stored else None

    def present_batches(self, sweep_id: str) -> list[int]:
        """Numbers of the batches that have a result, in order."""
        found = (keys.SWEEP_BATCH.parse(key) for key, _ in self._objects.list(keys.sweep_batches_prefix(sweep_id)))
        return sorted(int(fields["batch"]) for fields in found if fields is not None)

    def put_results(self, sweep_id: str, content: bytes) -> str:
        """Write the collected results; returns their key."""
        key = keys.sweep_object(sweep_id, _RESULTS)
        self._objects.put(key, content)
        return key

    def get_results(self, sweep_id: str) -> bytes | None:
        stored = self._objects.get(keys.sweep_object(sweep_id, _RESULTS))
        return stored.body if stored else None
