"""What a fan-out works with: its plan, and each batch's result. What comes of them is an artifact of the run."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from candlecloud.store import keys
from candlecloud.store.objects import PARQUET, ObjectStore, StoredObject, WriteConflictError

_AHEAD = 8


class FanOutStore:
    """Plans and batches; the state of a fan-out is a record like any other, in `candlecloud.store.runs`."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self.bucket = objects.bucket

    def put_plan(self, run_id: str, fence: int, batches: Sequence[Mapping[str, Any]]) -> str:
        """Write the plan of a claim, a JSON array with one item per batch; returns its key.

        Each claim has its own: one that was taken over and writes late would put its dead fence into all batches.
        """
        key = keys.plan_object(run_id, fence)
        self._objects.put(key, json.dumps(list(batches), sort_keys=True).encode())
        return key

    def get_plan(self, run_id: str, fence: int) -> list[dict[str, Any]] | None:
        stored = self._objects.get(keys.plan_object(run_id, fence))
        return list(json.loads(stored.body)) if stored else None

    def get_batch(self, run_id: str, batch: int) -> StoredObject | None:
        return self._objects.get(keys.batch_object(run_id, batch))

    def put_batch(self, run_id: str, batch: int, content: bytes) -> None:
        """Write a batch's result under its fixed key; writing it again replaces it."""
        self._objects.put(keys.batch_object(run_id, batch), content, content_type=PARQUET)

    def put_failed_batch(self, run_id: str, batch: int, content: bytes, found: StoredObject | None) -> bool:
        """Write why a batch has no result, unless something else took the place of what was found; False then.

        Two may compute it at the same time: the failure of one must not replace the result of the other.
        """
        key, etag = keys.batch_object(run_id, batch), found.etag if found else None
        try:
            self._objects.replace(key, content, etag, content_type=PARQUET)
        except WriteConflictError:
            return False
        return True

    def read_batches(self, run_id: str, batches: Sequence[int]) -> Iterator[bytes | None]:
        """What each of these batches left, in their order; a few are asked for at a time."""
        with ThreadPoolExecutor(_AHEAD) as pool:
            asked: deque[Future[StoredObject | None]] = deque()
            for batch in batches:
                asked.append(pool.submit(self.get_batch, run_id, batch))
                if len(asked) == _AHEAD:
                    yield _body(asked.popleft())
            while asked:
                yield _body(asked.popleft())

    def present_batches(self, run_id: str) -> list[int]:
        """Numbers of the batches that have a result, in order."""
        found = (keys.FAN_OUT_BATCH.parse(key) for key, _ in self._objects.list(keys.batches_prefix(run_id)))
        return sorted(int(fields["batch"]) for fields in found if fields is not None)


def _body(asked: Future[StoredObject | None]) -> bytes | None:
    stored = asked.result()
    return None if stored is None else stored.body
