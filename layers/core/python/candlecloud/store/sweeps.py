"""Sweeps: one item for the state; the plan, each batch's result and the collected results are objects."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from candlecloud.store import keys
from candlecloud.store.objects import ObjectStore
from candlecloud.store.parquet import CONTENT_TYPE
from candlecloud.store.ranged import RangedObject
from candlecloud.store.runs import STALE_MS, begin
from candlecloud.store.table import Item, Table, as_text, from_text

SweepState = Literal["running", "planned", "succeeded", "partial", "failed"]
_PLAN, _ROWS, _HEADER = "plan.json", "results.parquet", "results.json"


@dataclass(frozen=True)
class SweepRecord:
    """A sweep; times are ms UTC.

    Attributes
    ----------
    attempt : int
        1, and one more each time it was started anew; part of the execution's name.
    summary : dict, optional
        Batches planned, batches missing, the best parameter sets, ...
    """

    sweep_id: str
    state: SweepState
    config: Mapping[str, Any]
    attempt: int
    created_at: int
    updated_at: int
    summary: Mapping[str, Any] | None
    error: Mapping[str, Any] | None


class SweepStore:
    """State and artifacts of sweeps."""

    def __init__(self, table: Table, objects: ObjectStore) -> None:
        self._table = table
        self._objects = objects
        self.bucket = objects.bucket

    def create(self, sweep_id: str, config: Mapping[str, Any], now: int, stale_ms: int = STALE_MS) -> bool:
        """Begin a sweep; True for exactly one of several callers.

        A sweep that failed, ended partial, or did not change for longer than `stale_ms`, is begun anew.
        """
        return begin(self._table, keys.sweep_item(sweep_id) | {"sweep_id": sweep_id}, config, now, stale_ms)

    def get(self, sweep_id: str) -> SweepRecord | None:
        item = self._table.get(keys.sweep_item(sweep_id))
        return _sweep(item) if item else None

    def set_state(
        self,
        sweep_id: str,
        state: SweepState,
        now: int,
        *,
        summary: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
        attempt: int | None = None,
    ) -> bool:
        """Move a sweep on; a sweep that succeeded stays so. Says whether it was moved.

        Parameters
        ----------
        attempt : int, optional
            Only if this still is its attempt: what ends late must not close the one that was begun after it.
        """
        put: dict[str, Any] = {"state": state, "updated_at": now}
        put |= {} if summary is None else {"summary": as_text(summary)}
        put |= {} if error is None else {"error": as_text(error)}
        condition = "attribute_exists(#pk) AND (#state <> :done OR :to = :done)"
        values: dict[str, Any] = {"done": "succeeded", "to": state}
        if attempt is not None:
            condition, values = f"{condition} AND #attempt = :attempt", values | {"attempt": attempt}
        return self._table.update(keys.sweep_item(sweep_id), put=put, condition=condition, values=values).done

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

    def has_old_results(self, sweep_id: str) -> bool:
        """Whether there is a header without rows: results of schema ``candlecloud.sweep/1``, which held both."""
        return any(True for _ in self._objects.list(keys.sweep_object(sweep_id, _HEADER)))


def _sweep(item: Item) -> SweepRecord:
    return SweepRecord(
        sweep_id=item["sweep_id"],
        state=item["state"],
        config=from_text(item["config"]),
        attempt=item["attempt"],
        created_at=item["created_at"],
        updated_at=item["updated_at"],
        summary=from_text(item.get("summary")),
        error=from_text(item.get("error")),
    )
