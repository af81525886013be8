"""Sweeps: many parameter sets on the same candles, one row of figures each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.contract.setting import canonical_json
from candlecloud.contract.sweep import SweepConfig
from candlecloud.fan_out.batch_file import BatchResult
from candlecloud.fan_out.kind import FanOutKind, Results, Work
from candlecloud.fan_out.results_file import ResultsWriter
from candlecloud.runs.identity import Identity
from candlecloud.runs.lifecycle import State
from candlecloud.runs.result_rows import rows_as_dicts, rows_schema

RESULTS_SCHEMA = "candlecloud.sweep/2"
ROWS_FILE, HEADER_FILE = "results.parquet", "results.json"
BEST_BY = "sharpe"
_BEST = 5
# Bars times sets of one batch, a second or more of work at most, and seconds of one bar of one set at most: where the
# engine makes the signals itself, and where features are computed per set.
_FAST_BATCH, _FAST_S = 1_000_000_000, 1e-9
_BATCH, _SLOW_S = 100_000_000, 100e-9
_MOST_SETS = 10_000


def sweep_work(config: SweepConfig) -> Work:
    """Count the sets and estimate one; `batch_size` says how many make a batch, where the user says so."""
    bars = config.range.duration // config.series.timeframe.ms + config.warmup_bars
    batch, bar_s = (_BATCH, _SLOW_S) if config.strategy_rule.crossing is None else (_FAST_BATCH, _FAST_S)
    fitting = min(max(1, batch // bars), _MOST_SETS)
    size = config.size
    counts = {"sets": size.valid, "excluded": size.excluded}
    return Work(size.valid, bars * bar_s, config.batch_size or fitting, counts, "grid")


class SweepCollector:
    """Rows as one Parquet file, a header, and a summary.

    The summary holds counts, the benchmark, and the sets with the best Sharpe ratio. Ties go to the set with the lower
    number; sets without a Sharpe ratio are not ranked.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._config = cast(SweepConfig, identity.config)
        self._writer = ResultsWriter(rows_schema(self._config))
        self._best: list[dict[str, Any]] = []
        self._common: Mapping[str, Any] = {}

    def add(self, result: BatchResult) -> None:
        """Append a batch's rows."""
        self._writer.add(result.table)
        self._best = _best(self._best, result.table)
        self._common = result.common or self._common

    def close(self, missing: Sequence[Mapping[str, Any]], state: State) -> Results:
        """Write the files."""
        size, sweep_id = self._config.size, self._identity.id
        header = {
            "schema": RESULTS_SCHEMA,
            "sweep_id": sweep_id,
            **self._identity.deciding(),
            **self._common,
            "sets": size.valid,
            "excluded": size.excluded,
            "first_excluded": size.first_excluded,
            "missing": missing,
            "state": state,
        }
        summary = {
            "sets": size.valid,
            "rows": self._writer.rows,
            "excluded": size.excluded,
            "benchmark": self._common.get("benchmark"),
            "best_by": BEST_BY,
            "best": self._best,
        }
        notes = {"schema": RESULTS_SCHEMA, "sweep_id": sweep_id, "missing_batches": len(missing)}
        return Results({ROWS_FILE: self._writer.close(notes), HEADER_FILE: canonical_json(header)}, summary)


def _best(best: list[dict[str, Any]], table: pa.Table) -> list[dict[str, Any]]:
    """The best sets of those so far and of a batch of higher numbers."""
    order = pc.sort_indices(table, sort_keys=[(BEST_BY, "descending"), ("set", "ascending")])
    rows = rows_as_dicts(table.take(order[:_BEST]))
    ranked = best + [row for row in rows if row["metrics"][BEST_BY] is not None]
    ranked.sort(key=lambda row: (-row["metrics"][BEST_BY], row["set"]))
    return ranked[:_BEST]


KIND = FanOutKind(
    name="sweep",
    run_type="tune",
    config=SweepConfig,
    work=sweep_work,
    schema=rows_schema,
    evaluate="candlecloud.experiments.sweep:evaluate_batch",
    collector=SweepCollector,
    batch_job="run_sweep_batch",
    uses=("strategies/buy_and_hold", "sizing/fixed_fraction"),
)
