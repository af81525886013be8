"""What a fan-out works with: its plans, and each batch's result. What comes of them is an artifact of the run."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from candlecloud.store import keys
from candlecloud.store.objects import PARQUET, ObjectStore

_AHEAD = 8
Units = tuple[int, int]
"""A half-open range."""


class FanOutStore:
    """Plans and batches; the state of a fan-out is a record like any other, in `candlecloud.store.runs`."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self.bucket = objects.bucket

    def put_plan(self, run_id: str, fence: int, round_: int, batches: Sequence[Mapping[str, Any]]) -> str:
        """Write what a round of a claim starts, a JSON array with one item per batch; returns its key.

        Each claim has its own: one that was taken over and writes late would put its dead fence into all batches.
        """
        key = keys.plan_object(run_id, fence, round_)
        self._objects.put(key, json.dumps(list(batches), sort_keys=True).encode())
        return key

    def get_plan(self, run_id: str, fence: int, round_: int = 0) -> list[dict[str, Any]] | None:
        """What a round started; that of round 0 has every batch."""
        stored = self._objects.get(keys.plan_object(run_id, fence, round_))
        return list(json.loads(stored.body)) if stored else None

    def put_batch(self, run_id: str, units: Units, content: bytes) -> None:
        """Write a batch's result under the key of its units: whoever computes them writes the same."""
        self._objects.put(keys.batch_object(run_id, *units), content, content_type=PARQUET)

    def get_batch(self, run_id: str, units: Units) -> bytes | None:
        stored = self._objects.get(keys.batch_object(run_id, *units))
        return stored.body if stored else None

    def put_failure(self, run_id: str, fence: int, units: Units, error: Mapping[str, Any]) -> None:
        """Write why a batch has no result under a claim; by its key it never takes the place of a result."""
        self._objects.put(keys.failure_object(run_id, fence, *units), json.dumps(dict(error), sort_keys=True).encode())

    def get_failure(self, run_id: str, fence: int, units: Units) -> dict[str, Any] | None:
        """Why a batch gave no result under a claim."""
        stored = self._objects.get(keys.failure_object(run_id, fence, *units))
        return dict(json.loads(stored.body)) if stored else None

    def read_batches(self, run_id: str, batches: Sequence[Units]) -> Iterator[bytes | None]:
        """What each of these batches left, in their order; a few are asked for at a time."""
        with ThreadPoolExecutor(_AHEAD) as pool:
            asked: deque[Future[bytes | None]] = deque()
            for units in batches:
                asked.append(pool.submit(self.get_batch, run_id, units))
                if len(asked) == _AHEAD:
                    yield asked.popleft().result()
            while asked:
                yield asked.popleft().result()

    def present_batches(self, run_id: str) -> list[Units]:
        """Units of the batches that have a result, in order, of every cut."""
        return self._units_below(keys.batches_prefix(run_id))

    def failed_batches(self, run_id: str, fence: int) -> list[Units]:
        """Units of the batches that failed under a claim, in order."""
        return self._units_below(keys.failures_prefix(run_id, fence))

    def _units_below(self, prefix: str) -> list[Units]:
        found = (keys.parse_units(key) for key, _ in self._objects.list(prefix))
        return sorted(units for units in found if units is not None)
