"""Put the batches of a fan-out together: in the order of their units, whatever the batches were; holes by name.

A few batches at a time are in memory, beside what the kind makes of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from candlecloud.errors import CorruptObjectError
from candlecloud.fan_out.batch_file import BatchResult, read_batch
from candlecloud.fan_out.kind import FanOutKind, Results
from candlecloud.runs.identity import Identity
from candlecloud.runs.lifecycle import State, describe_failure

_NAMED = 20
"""Missing batches that the record names; the kind's results name all."""
_NO_RESULT = {"code": "no_result", "message": "The batch left no result."}
_OTHER_PLAN = {"code": "other_plan", "message": "The result belongs to another plan."}


@dataclass(frozen=True)
class Collected:
    """A fan-out that has ended.

    Attributes
    ----------
    results : Results
        Its summary tells the batches too: how many, how many are missing, and the first of those with the reason.
    state : {"succeeded", "failed"}
        Failed if no batch gave a result.
    """

    results: Results
    state: State
    missing_batches: int


def collect_batches(
    kind: FanOutKind[Any], identity: Identity, plan: Sequence[Mapping[str, Any]], stored: Iterable[bytes | None]
) -> Collected:
    """Read the batches of a plan, each once.

    Parameters
    ----------
    plan : sequence of dict
        ``batch``, ``start``, ``end`` each, in the order of their units.
    stored : iterable
        What each left, in the same order: `write_batch`, or None.
    """
    schema, collector = kind.schema(identity.config), kind.collector(identity)
    missing: list[dict[str, Any]] = []
    for item, content in zip(plan, stored, strict=True):
        result = _read_good(item, schema, content)
        if isinstance(result, BatchResult):
            collector.add(result)
        else:
            missing.append({"batch": item["batch"], "start": item["start"], "end": item["end"], "error": result})
    state: State = "succeeded" if len(missing) < len(plan) else "failed"
    results = collector.close(missing, state)
    batches = {"batches": len(plan), "missing": missing[:_NAMED], "missing_batches": len(missing)}
    return Collected(Results(results.files, {**results.summary, **batches}), state, len(missing))


def _read_good(item: Mapping[str, Any], schema: pa.Schema, content: bytes | None) -> BatchResult | Mapping[str, Any]:
    """The batch's result; if there is no good one of this plan, why."""
    if content is None:
        return _NO_RESULT
    try:
        result = read_batch(content)
    except CorruptObjectError as error:
        return describe_failure(error)
    return result if result.fits(item, schema) else result.error or _OTHER_PLAN
