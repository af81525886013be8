"""Runs: one item for the state of everything that runs, objects for what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from candlecloud.errors import ConflictError
from candlecloud.runs.lifecycle import (
    FAN_OUT_LEASE_MS,
    HEARTBEAT_MS,
    PENDING_LEASE_MS,
    TRANSITIONS,
)
from candlecloud.store import keys
from candlecloud.store.objects import JSON, PARQUET, ObjectStore
from candlecloud.store.range_reads import RangedObject
from candlecloud.store.run_record import NewRun, Opened, RunRecord, read_record
from candlecloud.store.table import Table, as_text

_CONTENT_TYPES = {"html": "text/html; charset=utf-8", "json": JSON, "parquet": PARQUET}
_OF_AN_ATTEMPT = ("owner", "started_at", "ended_at", "error")
"""What goes when the next begins. Results with holes stay until better ones take their place."""


class RunStore:
    """State of everything that runs, and its artifacts. Each write is a row of `TRANSITIONS`."""

    def __init__(self, table: Table, objects: ObjectStore) -> None:
        self._table = table
        self._objects = objects

    def open(self, new: NewRun, now: int) -> Opened:
        """Begin a run, or begin one anew that failed, was cancelled, has holes, or was given up."""
        begun = {
            "state": "pending",
            "document": as_text(dict(new.document)),
            "functions": as_text(dict(new.functions)),
            "counts": as_text(dict(new.counts)),
            "git_hash": new.git_hash,
            "lease_until": now + PENDING_LEASE_MS,
            "heartbeat_at": now,
            "updated_at": now,
            **keys.run_listed(new.run_id),
        }
        item = keys.run_item(new.run_id) | begun
        item |= {"run_id": new.run_id, "type": new.type, "created_at": now, "attempt": 1, "fence": 0}
        write = self._table.put(item, "attribute_not_exists(#pk)")
        if write.done:
            return Opened(read_record(item), True)
        assert write.old is not None
        changed = {name: value for name, value in begun.items() if value is not None}
        again = self._move(
            "reopen", new.run_id, now, changed, add={"attempt": 1}, remove=(*_OF_AN_ATTEMPT, "recoveries")
        )
        if again:
            return Opened(again, True)
        # Another may have begun it anew since: its old end is not to be told as the end of the new attempt.
        return Opened(read_record(self._table.get(keys.run_item(new.run_id)) or write.old), False)

    def recover(self, run_id: str, now: int) -> RunRecord | None:
        """Begin the next attempt of a run that was given up; None if it was not, or another did so."""
        begun = {"lease_until": now + PENDING_LEASE_MS, "heartbeat_at": now}
        return self._move("recover", run_id, now, begun, add={"attempt": 1, "recoveries": 1}, remove=_OF_AN_ATTEMPT)

    def get(self, run_id: str) -> RunRecord | None:
        """Read a record.

        Raises
        ------
        ConflictError
            If it is one of an earlier version that can't be read any more; the hint says what to do.
        """
        item = self._table.get(keys.run_item(run_id))
        if item is None and self._table.get(keys.old_sweep_item(run_id)) is not None:
            raise ConflictError(
                f"{run_id} was made by an earlier version, which this version cannot read.",
                hint="Send the same request again: it is then computed again.",
            )
        return read_record(item) if item else None

    def active(self) -> Iterator[RunRecord]:
        """Everything that has not ended."""
        for shard in keys.shards():
            yield from map(read_record, self._table.query(keys.active_runs_partition(shard), indexed=True))

    def claim(self, run_id: str, attempt: int, owner: str, now: int, lease_until: int) -> RunRecord | None:
        """Take a run to work on; None if it has ended, belongs to a later attempt, or another holds it."""
        held = {"owner": owner, "lease_until": lease_until, "heartbeat_at": now, "started_at": now}
        return self._move("claim", run_id, now, held, {"attempt": attempt, "owner": owner}, add={"fence": 1})

    def heartbeat(self, record: RunRecord, now: int, lease_ms: int = FAN_OUT_LEASE_MS) -> bool:
        """Say that a fan-out lives; False if this worker was given up. At most one write in ten seconds."""
        if now - record.heartbeat_at < HEARTBEAT_MS:
            return True
        alive = {"heartbeat_at": now, "lease_until": now + lease_ms}
        return self._move("heartbeat", record.run_id, now, alive, {"fence": record.fence}) is not None

    def finish(
        self,
        record: RunRecord,
        now: int,
        *,
        summary: Mapping[str, Any],
        result_key: str | None = None,
        missing_batches: int = 0,
    ) -> bool:
        """Mark as succeeded; False if this worker was given up or the run was cancelled: then nothing is written."""
        ended: dict[str, Any] = {"summary": as_text(summary), "missing_batches": missing_batches}
        ended |= {} if result_key is None else {"result_key": result_key}
        return self._end("finish", record.run_id, now, ended, {"fence": record.fence})

    def fail(self, record: RunRecord, error: Mapping[str, Any], now: int) -> bool:
        """Mark as failed, as the worker that holds it; False as in `finish`."""
        return self._end("fail", record.run_id, now, {"error": as_text(error)}, {"fence": record.fence})

    def abandon(self, run_id: str, attempt: int, error: Mapping[str, Any], now: int) -> bool:
        """Mark as failed, as the one who started an attempt or saw it break."""
        return self._end("abandon", run_id, now, {"error": as_text(error)}, {"attempt": attempt})

    def give_up(self, run_id: str, attempt: int, error: Mapping[str, Any], now: int) -> bool:
        """Mark as failed, as one who saw its lease run out; False if it was heard of since."""
        return self._end("give_up", run_id, now, {"error": as_text(error)}, {"attempt": attempt})

    def cancel(self, run_id: str, now: int) -> bool:
        """Mark as cancelled; whoever works on it finds its fence broken."""
        return self._end("cancel", run_id, now, {}, {}, add={"fence": 1})

    def put_artifact(self, run_id: str, name: str, content: bytes) -> str:
        """Write a file of a run, such as ``result.json`` or ``report.html``; returns its key."""
        key = keys.run_object(run_id, name)
        self._objects.put(key, content, content_type=_CONTENT_TYPES[name.rpartition(".")[2]])
        return key

    def get_artifact(self, run_id: str, name: str) -> bytes | None:
        stored = self._objects.get(keys.run_object(run_id, name))
        return stored.body if stored else None

    def open_result(self, record: RunRecord, name: str) -> RangedObject | None:
        """A file of what a fan-out gave, by the name that its kind gives it, to be read by ranges; None without one."""
        stored = (record.summary or {}).get("files", {}).get(name)
        return None if stored is None else self._objects.open(keys.run_object(record.run_id, stored))

    def _end(
        self,
        name: str,
        run_id: str,
        now: int,
        put: Mapping[str, Any],
        guard: Mapping[str, int | str],
        add: Mapping[str, int] | None = None,
    ) -> bool:
        ended, unlisted = {**put, "ended_at": now}, (keys.GSI1_PK, keys.GSI1_SK)
        return self._move(name, run_id, now, ended, guard, add=add, remove=unlisted) is not None

    def _move(
        self,
        name: str,
        run_id: str,
        now: int,
        put: Mapping[str, Any],
        guard: Mapping[str, int | str] = MappingProxyType({}),
        *,
        add: Mapping[str, int] | None = None,
        remove: tuple[str, ...] = (),
    ) -> RunRecord | None:
        """One transition: the record after it, or None where the table does not allow it.

        Parameters
        ----------
        guard
            Attempt, fence or owner of the caller, which the record must have.
        """
        transition = TRANSITIONS[name]
        values: dict[str, Any] = {f"is_{state}": state for state in {*transition.sources, *transition.stale}}
        ways = [f"#state = :is_{state}" for state in transition.sources]
        ran_out = "(attribute_not_exists(#lease_until) OR #lease_until <= :now)"
        ways += [f"(#state = :is_{state} AND {ran_out})" for state in transition.stale]
        if "owner" in guard:
            ways.append("(#state = :is_running AND #owner = :owner)")
            values["owner"] = guard["owner"]
        if transition.holes:
            ways.append("(#state = :is_succeeded AND #missing_batches > :none)")
            values |= {"is_succeeded": "succeeded", "none": 0}
        if transition.stale:
            values["now"] = now
        condition = f"({' OR '.join(ways)})"
        if transition.guard != "nothing":
            condition += f" AND #{transition.guard} = :{transition.guard}"
            values[transition.guard] = guard[transition.guard]
        changed = {**put, "state": transition.to, "updated_at": now}
        write = self._table.update(
            keys.run_item(run_id), put=changed, add=add, remove=remove, condition=condition, values=values
        )
        if not write.done or write.old is None:
            return None
        grown = {name: write.old.get(name, 0) + step for name, step in (add or {}).items()}
        return read_record({name: value for name, value in write.old.items() if name not in remove} | changed | grown)
