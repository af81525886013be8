"""Runs: one item for the state, objects for the artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from candlecloud.store import keys
from candlecloud.store.objects import JSON, ObjectStore
from candlecloud.store.table import Item, Table, as_text, from_text

RunState = Literal["running", "succeeded", "failed"]
STALE_MS = 20 * 60_000
_HTML = "text/html; charset=utf-8"  # a link to it opens as a page


@dataclass(frozen=True)
class RunRecord:
    """A run; times are ms UTC.

    Attributes
    ----------
    attempt : int
        1, and one more each time it was started anew.
    result_key : str, optional
        Key of the result object, once it succeeded.
    error : dict, optional
        Why it failed: `code`, `message`, ...
    """

    run_id: str
    state: RunState
    config: Mapping[str, Any]
    attempt: int
    created_at: int
    updated_at: int
    result_key: str | None
    summary: Mapping[str, Any] | None
    error: Mapping[str, Any] | None


class RunStore:
    """State and artifacts of runs."""

    def __init__(self, table: Table, objects: ObjectStore) -> None:
        self._table = table
        self._objects = objects

    def create(self, run_id: str, config: Mapping[str, Any], now: int, stale_ms: int = STALE_MS) -> bool:
        """Begin a run; True for exactly one of several callers.

        A run that failed, or that has been running for longer than `stale_ms` without an end, is begun anew.
        """
        return begin(self._table, keys.run_item(run_id) | {"run_id": run_id}, config, now, stale_ms)

    def get(self, run_id: str) -> RunRecord | None:
        item = self._table.get(keys.run_item(run_id))
        return _run(item) if item else None

    def finish(self, run_id: str, result_key: str, summary: Mapping[str, Any], now: int) -> None:
        """Mark a run as succeeded."""
        done = {"state": "succeeded", "result_key": result_key, "summary": as_text(summary), "updated_at": now}
        self._table.update(keys.run_item(run_id), put=done, remove=("error",), condition="attribute_exists(#pk)")

    def fail(self, run_id: str, error: Mapping[str, Any], now: int) -> None:
        """Mark a run as failed, unless it succeeded."""
        self._table.update(
            keys.run_item(run_id),
            put={"state": "failed", "error": as_text(error), "updated_at": now},
            condition="attribute_exists(#pk) AND #state <> :done",
            values={"done": "succeeded"},
        )

    def put_artifact(self, run_id: str, name: str, content: bytes) -> str:
        """Write ``manifest.json``, ``result.json`` or ``report.html`` of a run; returns its key."""
        key = keys.run_object(run_id, name)
        self._objects.put(key, content, content_type=_HTML if name.endswith(".html") else JSON)
        return key

    def get_artifact(self, run_id: str, name: str) -> bytes | None:
        stored = self._objects.get(keys.run_object(run_id, name))
        return stored.body if stored else None


def begin(table: Table, item: dict[str, str], config: Mapping[str, Any], now: int, stale_ms: int) -> bool:
    """Create the item of a run or a sweep (key and id given), or begin one anew that failed or was given up."""
    attributes = {"state": "running", "config": as_text(config), "updated_at": now}
    if table.put(item | attributes | {"created_at": now, "attempt": 1}, "attribute_not_exists(#pk)").done:
        return True
    ended = "#state = :failed OR #state = :partial OR (#state <> :succeeded AND #updated_at <= :stale)"
    values = {"failed": "failed", "partial": "partial", "succeeded": "succeeded", "stale": now - stale_ms}
    key = {name: item[name] for name in (keys.PK, keys.SK)}
    return table.update(
        key, put=attributes, add={"attempt": 1}, remove=("error", "summary"), condition=ended, values=values
    ).done


def is_given_up(state: str, updated_at: int, now: int, stale_ms: int = STALE_MS) -> bool:
    """Whether a run or a sweep has not ended for so long that `begin` would begin it anew."""
    return state in ("running", "planned") and updated_at <= now - stale_ms


def _run(item: Item) -> RunRecord:
    return RunRecord(
        run_id=item["run_id"],
        state=item["state"],
        config=from_text(item["config"]),
        attempt=item["attempt"],
        created_at=item["created_at"],
        updated_at=item["updated_at"],
        result_key=item.get("result_key"),
        summary=from_text(item.get("summary")),
        error=from_text(item.get("error")),
    )
