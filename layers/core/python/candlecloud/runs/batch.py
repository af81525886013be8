"""One batch of a sweep: its sets' rows, the same bytes whatever batch they are computed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from candlecloud.errors import InvalidParameterError
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.metrics.conventions import CONVENTIONS
from candlecloud.metrics.summary import summary_dicts
from candlecloud.runs.decide import decide, prove_causality
from candlecloud.runs.describe import describe_assumptions, describe_bars, describe_coverage
from candlecloud.runs.inputs import RunInputs
from candlecloud.runs.simulate import (
    BENCHMARK,
    benchmark_of,
    statistics_of_run,
    statistics_of_sets,
    summary_columns_of,
    summary_of_row,
)
from candlecloud.runs.sweep import SweepConfig

TESTED_EVERY = 1_000


def evaluate_batch(config: SweepConfig, inputs: RunInputs, start: int, end: int) -> dict[str, Any]:
    """Compute the parameter sets ``start`` to ``end - 1`` of a sweep.

    Parameters
    ----------
    config : SweepConfig
        Pinned.
    inputs : RunInputs
        Candles of the sweep's range and its longest warm-up.

    Returns
    -------
    dict
        JSON-able: ``rows`` in order of the sets, each with the numbers of a run of that set alone; the batch that
        holds set 0 also carries ``common``, what all sets share.

    Raises
    ------
    InvalidParameterError
        If there are no such sets.
    LookAheadError
        If the decisions of one of the tested sets depend on the future.
    """
    if not 0 <= start < end <= len(config.sets.valid):
        raise InvalidParameterError(
            f"A sweep of {len(config.sets.valid)} sets has no batch [{start}, {end}).", field="start"
        )
    bars = bars_from_table(inputs.candles)
    finer = None if inputs.finer is None else bars_from_table(inputs.finer)
    if config.setting.tripwire:
        for number in _tested_sets(config, start, end):
            one = config.run_config(number)
            prove_causality(decide(bars, one), one, np.random.default_rng([config.setting.seed, number]))
    rows = statistics_of_sets(bars, finer, config, range(start, end))
    columns = summary_columns_of(rows, bars, bars.index_of(config.range.start), config.setting)
    return {
        "start": start,
        "end": end,
        "rows": [
            {"set": number, "parameters": config.sets.valid[number], "metrics": metrics}
            for number, metrics in enumerate(summary_dicts(columns), start)
        ],
        "common": _common(config, bars, inputs) if start == 0 else None,
    }


def _tested_sets(config: SweepConfig, start: int, end: int) -> list[int]:
    """The sets of a batch that spring the tripwire: every thousandth of the sweep, and its last."""
    last = len(config.sets.valid) - 1
    return [number for number in range(start, end) if number % TESTED_EVERY == 0 or number == last]


def _common(config: SweepConfig, bars: Bars, inputs: RunInputs) -> Mapping[str, Any]:
    setting, benchmark = config.setting, benchmark_of(config.setting)
    decisions = decide(bars, benchmark)
    row = statistics_of_run(decisions, benchmark, None)
    metrics = summary_of_row(row, decisions.bars, decisions.first, setting).to_dict()
    coverage = describe_coverage(setting, config.warmup_bars, inputs)
    return {
        "assumptions": describe_assumptions(setting, decisions.bars) | _tripwire_of(config),
        "data": describe_bars(bars, bars.index_of(setting.range.start)) | coverage.to_dict(),
        "benchmark": {"strategy": BENCHMARK, "metrics": metrics},
        "conventions": dict(CONVENTIONS),
    }


def _tripwire_of(config: SweepConfig) -> dict[str, Any]:
    if not config.setting.tripwire:
        return {}
    total = len(config.sets.valid)
    tested = len(_tested_sets(config, 0, total))
    return {"tripwire": f"passed on {tested} of {total} sets: a garbage future moved none of their decisions"}
