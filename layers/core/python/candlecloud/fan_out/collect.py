"""Put the batches of a fan-out together: in the order of their units, whatever the batches were; holes by name.

A few batches at a time are in memory, beside what the kind makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from candlecloud.errors import CorruptObjectError
from candlecloud.fan_out.batch_file import BatchResult, read_batch
from candlecloud.fan_out.kind import FanOutKind, Results
from candlecloud.runs.identity import Identity
from candlecloud.runs.lifecycle import State, describe_failure


@dataclass(frozen=True)
class Collected:
    """A fan-out that has ended.

    Attributes
    ----------
    state : {"succeeded", "failed"}
        Failed if no batch gave a result, or one gave none and the kind needs all.
    missing : list of dict
        The batches without a result: ``batch``, ``start``, ``end`` and the ``error``.
    """

    results: Results
    state: State
    missing: list[dict[str, Any]]


def collect_batches(
    kind: FanOutKind[Any],
    identity: Identity,
    plan: Sequence[Mapping[str, Any]],
    stored: Iterable[bytes | None],
    failure: Callable[[int, int], Mapping[str, Any] | None],
) -> Collected:
    """Read the batches of a plan, each once.

    Parameters
    ----------
    plan : sequence of dict
        ``batch``, ``start``, ``end`` each, in the order of their units.
    stored : iterable
        What each left, in the same order: `write_batch`, or None.
    failure : callable
        Units to why they left nothing, where that is known.
    """
    schema, collector = kind.schema(identity.config), kind.collector(identity)
    missing: list[dict[str, Any]] = []
    for item, content in zip(plan, stored, strict=True):
        start, end = item["start"], item["end"]
        result = _read_good(start, end, schema, content)
        if isinstance(result, BatchResult):
            collector.add(result)
        else:
            error = failure(start, end) or result
            missing.append({"batch": item["batch"], "start": start, "end": end, "error": error})
    void = len(missing) == len(plan) or (bool(missing) and kind.needs_all)
    state: State = "failed" if void else "succeeded"
    return Collected(collector.close(missing, state), state, missing)


def _read_good(start: int, end: int, schema: pa.Schema, content: bytes | None) -> BatchResult | Mapping[str, Any]:
    """The batch's result; if there is no good one, why."""
    if content is None:
        return {"code": "no_result", "message": "The batch left no result."}
    try:
        result = read_batch(content)
    except CorruptObjectError as error:
        return describe_failure(error)
    misfit = result.misfit(start, end, schema)
    return result if misfit is None else {"code": "wrong_result", "message": f"The batch left {misfit}."}
