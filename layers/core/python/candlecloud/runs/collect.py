"""Put a sweep's batches together: the same document whatever the batches were, and what is missing by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from candlecloud.contract.sweep import SweepConfig
from candlecloud.runs.identity import Identity

RESULTS_SCHEMA = "candlecloud.sweep/2"
_BEST = 5


def match_batches(
    plan: Sequence[Mapping[str, Any]], results: Mapping[int, Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], list[dict[str, Any]]]:
    """Compare planned batches with present results.

    Parameters
    ----------
    plan : sequence of dict
        ``batch``, ``start``, ``end`` each.
    results : mapping
        Batch number to its result or to its recorded failure.

    Returns
    -------
    list, list
        Good results, and what is missing: ``batch``, ``start``, ``end``, ``error``.
    """
    good: list[Mapping[str, Any]] = []
    missing: list[dict[str, Any]] = []
    for item in plan:
        result = results.get(item["batch"])
        if result is not None and fits(item, result):
            good.append(result)
            continue
        error = {"code": "no_result", "message": "The batch left no result."}
        if result is not None:
            error = result.get("error") or {"code": "other_plan", "message": "The result belongs to another plan."}
        missing.append({"batch": item["batch"], "start": item["start"], "end": item["end"], "error": error})
    return good, missing


def fits(item: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    """Whether a result is a good one, and of this batch of the plan."""
    return "rows" in result and (result["start"], result["end"]) == (item["start"], item["end"])


def collect_results(
    identity: Identity, good: Sequence[Mapping[str, Any]], missing: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The sweep's result, JSON-able: rows in the order of the parameter sets."""
    config = cast(SweepConfig, identity.config)
    in_order = sorted(good, key=lambda batch: int(batch["start"]))
    common: Mapping[str, Any] = next((batch["common"] for batch in in_order if batch.get("common")), {})
    return {
        "schema": RESULTS_SCHEMA,
        "sweep_id": identity.id,
        **identity.deciding(),
        **common,
        "sets": config.size.valid,
        "rows": [row for batch in in_order for row in batch["rows"]],
        "excluded": config.size.excluded,
        "first_excluded": config.size.first_excluded,
        "missing": list(missing),
        "state": "succeeded" if good else "failed",
    }


def summarise_sweep(results: Mapping[str, Any], batches: int) -> dict[str, Any]:
    """The few numbers that fit into the sweep's record: counts, the benchmark, and the sets with the best Sharpe ratio.

    Ties go to the set with the lower number; sets without a Sharpe ratio are not ranked.
    """
    ranked = [row for row in results["rows"] if row["metrics"]["sharpe"] is not None]
    ranked.sort(key=lambda row: (-row["metrics"]["sharpe"], row["set"]))
    return {
        "sets": results["sets"],
        "rows": len(results["rows"]),
        "excluded": results["excluded"],
        "batches": batches,
        "missing": results["missing"][:20],
        "missing_batches": len(results["missing"]),
        "benchmark": results.get("benchmark"),
        "best_by": "sharpe",
        "best": ranked[:_BEST],
    }
