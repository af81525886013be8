"""Put a sweep's batches together: the same bytes whatever the batches were, and what is missing by name. No NumPy.

One batch at a time is in memory, beside the file that grows and the best sets so far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import CorruptObjectError
from candlecloud.runs.batch_file import BatchResult
from candlecloud.runs.identity import Identity
from candlecloud.runs.lifecycle import describe_failure
from candlecloud.runs.result_rows import rows_as_dicts, rows_schema
from candlecloud.runs.results_file import ResultsWriter

RESULTS_SCHEMA = "candlecloud.sweep/2"
BEST_BY = "sharpe"
_BEST = 5
_NO_RESULT = {"code": "no_result", "message": "The batch left no result."}
_OTHER_PLAN = {"code": "other_plan", "message": "The result belongs to another plan."}


@dataclass(frozen=True)
class CollectedSweep:
    """A sweep that has ended.

    Attributes
    ----------
    rows : bytes
        ``results.parquet``.
    header : dict
        ``results.json``, JSON-able: all but the rows.
    summary : dict
        The few numbers that fit into the sweep's record: counts, the benchmark, and the sets with the best Sharpe
        ratio. Ties go to the set with the lower number; sets without a Sharpe ratio are not ranked.
    """

    rows: bytes
    header: dict[str, Any]
    summary: dict[str, Any]


def collect_results(
    identity: Identity, plan: Sequence[Mapping[str, Any]], read: Callable[[int], BatchResult | None]
) -> CollectedSweep:
    """Read the batches of a plan in the order of their sets, each once, and write their rows as one file.

    Parameters
    ----------
    plan : sequence of dict
        ``batch``, ``start``, ``end`` each.
    read : callable
        Number of a batch to its result, None if it left none. It may raise `CorruptObjectError`.
    """
    config = cast(SweepConfig, identity.config)
    schema = rows_schema(config)
    writer = ResultsWriter(schema)
    best: list[dict[str, Any]] = []
    missing: list[dict[str, Any]] = []
    common: Mapping[str, Any] = {}
    for item in sorted(plan, key=lambda item: int(item["start"])):
        result = _read_good(item, schema, read)
        if isinstance(result, BatchResult):
            writer.add(result.table)
            best = _best(best, result.table)
            common = result.common or common
        else:
            missing.append({"batch": item["batch"], "start": item["start"], "end": item["end"], "error": result})
    size = config.size
    header = {
        "schema": RESULTS_SCHEMA,
        "sweep_id": identity.id,
        **identity.deciding(),
        **common,
        "sets": size.valid,
        "excluded": size.excluded,
        "first_excluded": size.first_excluded,
        "missing": missing,
        "state": "succeeded" if len(missing) < len(plan) else "failed",
    }
    summary = {
        "sets": size.valid,
        "rows": writer.rows,
        "excluded": size.excluded,
        "batches": len(plan),
        "missing": missing[:20],
        "missing_batches": len(missing),
        "benchmark": common.get("benchmark"),
        "best_by": BEST_BY,
        "best": best,
    }
    notes = {"schema": RESULTS_SCHEMA, "sweep_id": identity.id, "missing_batches": len(missing)}
    return CollectedSweep(writer.close(notes), header, summary)


def _read_good(
    item: Mapping[str, Any], schema: pa.Schema, read: Callable[[int], BatchResult | None]
) -> BatchResult | Mapping[str, Any]:
    """The batch's result; if there is no good one of this plan, why."""
    try:
        result = read(item["batch"])
    except CorruptObjectError as error:
        return describe_failure(error)
    if result is None:
        return _NO_RESULT
    return result if result.fits(item, schema) else result.error or _OTHER_PLAN


def _best(best: list[dict[str, Any]], table: pa.Table) -> list[dict[str, Any]]:
    """The best sets of those so far and of a batch of higher numbers."""
    order = pc.sort_indices(table, sort_keys=[(BEST_BY, "descending"), ("set", "ascending")])
    rows = rows_as_dicts(table.take(order[:_BEST]))
    ranked = best + [row for row in rows if row["metrics"][BEST_BY] is not None]
    ranked.sort(key=lambda row: (-row["metrics"][BEST_BY], row["set"]))
    return ranked[:_BEST]
