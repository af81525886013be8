"""Sweeps: many parameter sets on the same candles, one row of figures each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.contract.execution_settings import MarketRules, Stops, fixed_fraction
from candlecloud.contract.run_spec import canonical_json
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
_MOST_SETS = 10_000
# Seconds at most, on one vCPU; `python -m tests.evidence.estimates` holds them against what is measured.
_COLD_START_S = 2.0
_CANDLE_S = 1e-6  # to read one and check its part of the revision
_AVERAGES_S = 2e-9  # per bar and set, where the engine makes the signals itself
_VARIANT_S, _VARIANT_BAR_S = 2e-3, 100e-9  # per variant, and per bar of it: what its sets share is made ready
_BAR_S = 150e-9  # per bar and set by any of our strategies, with every size and cost
_FEATURE_S = 150e-9  # per bar and set, for each feature that rules name
_TEST_BARS, _TEST_WARMUPS = 30_000, 35  # bars and warm-ups that the look-ahead test of a set computes each signal on
_TEST_CALLS_S = 5e-3  # its calls, for each feature and the targets
_DRAWN_TESTS = 3  # tested sets beside those that hold the lowest and highest value of each parameter
_BATCH_S, _AVERAGES_BATCH_S = 15.0, 2.0  # a second or more of work in truth


def sweep_work(config: SweepConfig) -> Work:
    """Count the sets and estimate one; `batch_size` says how many make a batch, where the user says so.

    The slowest engine that any variant needs counts: a batch holds neighbours, and these share their settings.
    """
    bars = config.range.duration // config.series.timeframe.ms + config.warmup_bars
    finer = config.finer_series
    candles = bars + (0 if finer is None else config.range.duration // finer.timeframe.ms)
    features = 0 if config.rules is None else len(config.rules["features"])
    set_s = by_bar_s = bars * (_BAR_S + features * _FEATURE_S)
    batch_s, size = _BATCH_S, config.size
    if all(has_averages_alone(config.spec_with(variant.fields)) for variant in config.variants):
        set_s, batch_s = bars * _AVERAGES_S, _AVERAGES_BATCH_S
    if config.setting_axes:
        set_s += (_VARIANT_S + bars * _VARIANT_BAR_S) * len(config.variants) / size.valid
    fitting = min(max(1, int(batch_s / set_s)), _MOST_SETS)
    per_batch = config.batch_size or fitting
    tested = config.look_ahead_test and config.signals is None
    test_s = _test_s(config, by_bar_s / bars, features) if tested else 0.0
    return Work(
        units=size.valid,
        unit_s=set_s,
        start_s=_COLD_START_S + candles * _CANDLE_S + test_s * min(per_batch, _most_tested(config)),
        per_batch=per_batch,
        counts={"sets": size.valid, "excluded": size.excluded},
        field="grid",
    )


def has_averages_alone(config: SweepConfig) -> bool:
    """Whether the engine can make all signals itself: moving averages, long with all equity, at plain costs."""
    stops, rules = config.stops, config.market_rules
    return (
        config.strategy_rule.crossing is not None
        and config.direction == "long"
        and config.sizing == fixed_fraction()
        and config.slippage.model == "fixed_bps"
        and stops == Stops()
        and rules == MarketRules()
        and config.entry is None
        and config.drawdown_limit is None
        and config.rebalance_band is None
        and (config.funding is None or config.funding.model == "ignored")
    )


def _most_tested(config: SweepConfig) -> int:
    """Sets that the look-ahead test runs on, if no set holds two extreme values."""
    return min(config.size.valid, _DRAWN_TESTS + 2 * sum(len(values) > 1 for values in config.values.values()))


def _test_s(config: SweepConfig, bar_s: float, features: int) -> float:
    """The look-ahead test of one set: features, targets, and where sizes vary the targets again."""
    computed = _TEST_BARS + _TEST_WARMUPS * config.warmup_bars
    signals = 2 if config.sizing == fixed_fraction() else 4
    return signals * (computed * bar_s + (1 + features) * _TEST_CALLS_S)


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
            **self._identity.identity_payload(),
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
