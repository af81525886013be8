"""The record of something that runs: what it begins with, what is known of it, and how it stands in the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from candlecloud.runs.lifecycle import RunType, State, kind_of
from candlecloud.store.table import Item, from_text

TEXTS = ("document", "functions", "counts", "summary", "error")
"""Fields that are kept as JSON."""


@dataclass(frozen=True)
class RunRecord:
    """Something that runs; times are ms UTC.

    Attributes
    ----------
    document : mapping
        Its identity: config, data revision, code version. All that is needed to compute it.
    functions : mapping
        Job to the version of the function that computes it: a deploy meanwhile changes nothing.
    git_hash : str, optional
        Commit of the code that took the request; no part of the identity.
    counts : mapping
        Whole numbers that are known at submission, such as a sweep's sets.
    attempt : int
        1, and one more each time it was begun anew; written before its work starts.
    fence : int
        One more with each claim; only its newest holder writes.
    lease_until : int
        From here on the holder is given up, and others may take over.
    heartbeat_at : int
        When the holder was last heard of.
    recoveries : int
        Attempts that were begun without anybody asking, since somebody last asked.
    summary, error : mapping, optional
        How it ended: figures, or ``code``, ``message``, ``hint``, ``details``.
    """

    run_id: str
    type: RunType
    state: State
    document: Mapping[str, Any]
    functions: Mapping[str, str]
    git_hash: str | None
    counts: Mapping[str, int]
    attempt: int
    fence: int
    owner: str | None
    lease_until: int
    heartbeat_at: int
    created_at: int
    updated_at: int
    started_at: int | None
    ended_at: int | None
    result_key: str | None
    missing_batches: int
    recoveries: int
    summary: Mapping[str, Any] | None
    error: Mapping[str, Any] | None

    @property
    def kind(self) -> str:
        """``run``, or the kind of a fan-out."""
        return kind_of(self.run_id)


class Opened(NamedTuple):
    """Outcome of `RunStore.open`: the record, and whether this call opened it; exactly one of several callers does."""

    record: RunRecord
    is_new: bool


@dataclass(frozen=True)
class NewRun:
    """What a record begins with."""

    run_id: str
    type: RunType
    document: Mapping[str, Any]
    functions: Mapping[str, str]
    counts: Mapping[str, int]
    git_hash: str | None = None


def read_record(item: Item) -> RunRecord:
    """An item as a record; one of an earlier version lacks what came later."""
    texts = {name: from_text(item.get(name)) for name in TEXTS}
    return RunRecord(
        run_id=item["run_id"],
        type=item.get("type", "backtest"),
        state=item["state"],
        document=texts["document"] or from_text(item.get("config")) or {},
        functions=texts["functions"] or {},
        git_hash=item.get("git_hash"),
        counts=texts["counts"] or {},
        attempt=item["attempt"],
        fence=item.get("fence", 0),
        owner=item.get("owner"),
        lease_until=int(item["lease_until"] if "lease_until" in item else item["updated_at"]),
        heartbeat_at=int(item["heartbeat_at"] if "heartbeat_at" in item else item["updated_at"]),
        created_at=item["created_at"],
        updated_at=item["updated_at"],
        started_at=item.get("started_at"),
        ended_at=item.get("ended_at"),
        result_key=item.get("result_key"),
        missing_batches=item.get("missing_batches", 0),
        recoveries=item.get("recoveries", 0),
        summary=texts["summary"],
        error=texts["error"],
    )
