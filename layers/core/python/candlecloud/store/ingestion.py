"""What the scheduled jobs remember: slots done, how each job fares, where a series' ingestion stands, and an
exchange's faults."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from candlecloud.market.series import Series
from candlecloud.store import keys
from candlecloud.store.table import Item, Table, as_text, from_text

_DAY_S = 86_400
SLOT_DAYS = 7
FAULT_DAYS = 90
_LONGEST_ERROR = 2000


@dataclass(frozen=True)
class JobStatus:
    """How a job fares; times are ms UTC.

    Attributes
    ----------
    last_summary : dict, optional
        What the last success reported.
    last_error : str, optional
        What the last failure said; kept after a later success.
    consecutive_failures : int
        Failures since the last success.
    """

    job: str
    last_success: int | None
    last_summary: Mapping[str, Any] | None
    last_failure: int | None
    last_error: str | None
    consecutive_failures: int


@dataclass(frozen=True)
class ExchangeFault:
    """One time that an exchange made us wait."""

    exchange: str
    kind: str
    at: int
    details: Mapping[str, Any]


class IngestionStore:
    """Slots, job statuses, cursors and exchange faults."""

    def __init__(self, table: Table, *, new_id: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        self._table = table
        self._new_id = new_id

    # --- slots --------------------------------------------------------------------------------------------------------

    def claim_slot(self, job: str, slot: str, now: int, lease_ms: int) -> bool:
        """Take a slot, such as one time of a schedule for one series.

        False if it is done, or if another invocation holds it and its lease is not over.
        """
        owner = self._new_id()
        item = keys.slot_item(job, slot) | {
            "owner": owner,
            "done": False,
            "lease_until": now + lease_ms,
            keys.TTL: now // 1000 + SLOT_DAYS * _DAY_S,
        }
        free = "attribute_not_exists(#pk) OR (#done = :no AND #lease_until <= :now)"
        write = self._table.put(item, free, {"no": False, "now": now})
        # The client repeats a request whose answer got lost, and then meets its own item.
        return write.done or bool(write.old and write.old.get("owner") == owner)

    def is_slot_done(self, job: str, slot: str) -> bool:
        """Whether a slot is done for good; False also for one that is held, or free."""
        item = self._table.get(keys.slot_item(job, slot))
        return bool(item and item.get("done"))

    def finish_slot(self, job: str, slot: str, now: int) -> None:
        """Mark a slot done for good."""
        self._table.update(
            keys.slot_item(job, slot),
            put={"done": True, "done_at": now, keys.TTL: now // 1000 + SLOT_DAYS * _DAY_S},
        )

    def release_slot(self, job: str, slot: str) -> None:
        """Give back a slot that was not done, so that the platform's own retry of the event may take it."""
        self._table.delete(keys.slot_item(job, slot), "#done = :no", {"no": False})

    # --- jobs ---------------------------------------------------------------------------------------------------------

    def record_success(self, job: str, now: int, summary: Mapping[str, Any]) -> None:
        """Note that a job succeeded; an older success than the noted one changes nothing."""
        self._table.update(
            keys.job_item(job),
            put=keys.job_listed(job)
            | {"job": job, "last_success": now, "last_summary": as_text(summary), "consecutive_failures": 0},
            condition="attribute_not_exists(#last_success) OR #last_success <= :now",
            values={"now": now},
        )

    def record_failure(self, job: str, now: int, error: str) -> None:
        """Note that a job failed; `error` is cut to 2,000 characters."""
        self._table.update(
            keys.job_item(job),
            put=keys.job_listed(job) | {"job": job, "last_failure": now, "last_error": error[:_LONGEST_ERROR]},
            add={"consecutive_failures": 1},
        )

    def job_statuses(self) -> dict[str, JobStatus]:
        """Status of every job that ever ended, by name."""
        return {item["job"]: _job(item) for item in self._table.query(keys.jobs_partition(), indexed=True)}

    # --- cursors ------------------------------------------------------------------------------------------------------

    def put_cursor(self, series: Series, cursor: Mapping[str, Any], now: int) -> None:
        """Commit how far the ingestion of a series has come (JSON-able)."""
        self._table.put(keys.cursor_item(series) | {"cursor": as_text(cursor), "updated_at": now})

    def get_cursor(self, series: Series) -> dict[str, Any] | None:
        item = self._table.get(keys.cursor_item(series))
        return dict(from_text(item["cursor"])) if item else None

    def clear_cursor(self, series: Series) -> None:
        self._table.delete(keys.cursor_item(series))

    # --- exchange faults ----------------------------------------------------------------------------------------------

    def record_exchange_fault(self, exchange: str, kind: str, now: int, details: Mapping[str, Any]) -> None:
        """Note that an exchange made us wait (429, 418, 503, ...); kept for 90 days."""
        text = as_text(details)
        digest = hashlib.sha256(f"{exchange} {kind} {now} {text}".encode()).hexdigest()[:16]
        item = {"exchange": exchange, "kind": kind, "at": now, "details": text}
        ends = {keys.TTL: now // 1000 + FAULT_DAYS * _DAY_S}
        self._table.put(keys.exchange_fault_item(exchange, now, digest) | item | ends)

    def exchange_faults(self, exchange: str, limit: int = 100) -> list[ExchangeFault]:
        """The newest faults of an exchange, newest first."""
        pages = (
            self._table.query(keys.exchange_fault_partition(exchange, shard), newest_first=True, limit=limit)
            for shard in keys.shards()
        )
        newest = islice(merge(*pages, key=lambda item: str(item[keys.SK]), reverse=True), limit)
        return [ExchangeFault(i["exchange"], i["kind"], i["at"], from_text(i["details"])) for i in newest]


def _job(item: Item) -> JobStatus:
    return JobStatus(
        job=item["job"],
        last_success=item.get("last_success"),
        last_summary=from_text(item.get("last_summary")),
        last_failure=item.get("last_failure"),
        last_error=item.get("last_error"),
        consecutive_failures=item.get("consecutive_failures", 0),
    )
