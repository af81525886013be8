"""A sweep's collection as tests look at it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from candlecloud.fan_out.collect import Collected, collect_batches
from candlecloud.fan_out.kinds.sweep import HEADER_FILE, KIND, ROWS_FILE
from candlecloud.runs.identity import Identity
from candlecloud.store.stores import Stores


class Swept(NamedTuple):
    """Both files as they are stored, what the second says, and the record's summary."""

    rows: bytes
    header_file: bytes
    header: dict[str, Any]
    summary: Mapping[str, Any]


def collect_sweep(
    identity: Identity,
    plan: Sequence[Mapping[str, Any]],
    stored: Iterable[bytes | None],
    failures: Mapping[tuple[int, int], Mapping[str, Any]] | None = None,
) -> Swept:
    """Collect batches as `write_batch` wrote them, in the order of the plan."""
    known = failures or {}
    return swept(collect_batches(KIND, identity, plan, stored, lambda start, end: known.get((start, end))))


def swept(found: Collected) -> Swept:
    rows, header = (found.results.files[name] for name in (ROWS_FILE, HEADER_FILE))
    return Swept(rows, header, json.loads(header), found.results.summary)


def stored_files(stores: Stores, sweep_id: str) -> tuple[bytes, bytes]:
    """Rows and header of a sweep, as its record names them."""
    record = stores.runs.get(sweep_id)
    assert record is not None
    assert record.summary is not None
    rows, header = (
        stores.runs.get_artifact(sweep_id, record.summary["files"][name]) for name in (ROWS_FILE, HEADER_FILE)
    )
    assert rows is not None
    assert header is not None
    return rows, header
