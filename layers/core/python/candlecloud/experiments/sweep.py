"""One batch of a sweep: its sets' rows as columns, the same bits whatever batch they are computed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from candlecloud.arrays import FloatArray
from candlecloud.contract.grid_axes import Value
from candlecloud.contract.sweep import SweepConfig
from candlecloud.experiments.decisions import make_decisions, run_look_ahead_test
from candlecloud.experiments.describe import describe_assumptions, describe_bars, describe_coverage
from candlecloud.experiments.execution import BENCHMARK, benchmark_of
from candlecloud.experiments.look_ahead import choose_tested_sets
from candlecloud.experiments.own_signals import bind_signals, describe_signals
from candlecloud.experiments.simulate import statistics_of_run, summary_columns_of, summary_of_row
from candlecloud.experiments.variants import Block, SweptSets, columns_of_blocks, statistics_of_blocks
from candlecloud.fan_out.batch_file import BatchResult
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.metrics.metric import conventions_of
from candlecloud.metrics.summary import SUMMARY
from candlecloud.parameters import Number
from candlecloud.runs.inputs import RunInputs
from candlecloud.runs.result_rows import rows_schema
from candlecloud.strategies.look_ahead import SWEEP_EFFORT


def evaluate_batch(config: SweepConfig, inputs: RunInputs, start: int, end: int) -> BatchResult:
    """Compute the parameter sets ``start`` to ``end - 1`` of a sweep.

    Parameters
    ----------
    config : SweepConfig
        Pinned.
    inputs : RunInputs
        Candles of the sweep's range and its longest warm-up.

    Returns
    -------
    BatchResult
        Rows in order of the sets, each with the numbers of a run of that set alone; the batch that holds set 0 also
        carries ``common``, what all sets share.

    Raises
    ------
    InvalidParameterError
        If there are no such sets.
    LookAheadError
        If the decisions of one of the tested sets depend on the future.
    """
    config = bind_signals(config, inputs)
    sets = SweptSets(config)
    blocks = [replace(block, spec=bind_signals(block.spec, inputs)) for block in sets.blocks(start, end)]
    bars = bars_from_table(inputs.candles)
    finer = None if inputs.finer is None else bars_from_table(inputs.finer)
    if config.look_ahead_test and config.signals is None:
        for spec, chosen in _tested_in(sets, start, end):
            rng = np.random.default_rng([config.seed, start, len(chosen)])
            run_look_ahead_test(bars, spec, chosen, rng, SWEEP_EFFORT)
    rows = statistics_of_blocks(bars, finer, blocks)
    columns = summary_columns_of(rows, bars, bars.index_of(config.range.start), config)
    common = _common(config, bars, inputs, sets) if start == 0 else None
    return BatchResult(start, end, _table(config, start, blocks, columns), common)


def _table(config: SweepConfig, start: int, blocks: list[Block], columns: Mapping[str, FloatArray]) -> pa.Table:
    """Values in the order of the schema's columns: sets, parameters, settings, figures; NaN becomes null."""
    numbers = np.arange(start, start + sum(len(block.sets) for block in blocks), dtype=np.int64)
    schema = rows_schema(config)
    values = (numbers, *columns_of_blocks(blocks).values(), *columns.values())
    return pa.table([_column(some, field.type) for some, field in zip(values, schema, strict=True)], schema=schema)


def _column(values: NDArray[Any] | list[Value], kind: pa.DataType) -> pa.Array:
    if isinstance(values, list):
        return pa.array(values, kind)
    column = pa.array(values, from_pandas=True)
    return column if column.type == kind else column.cast(kind)


def _tested_in(sets: SweptSets, start: int, end: int) -> list[tuple[SweepConfig, list[dict[str, Number]]]]:
    """The sets of a batch that the look-ahead test runs on, those of a variant together."""
    found: dict[int, tuple[SweepConfig, list[dict[str, Number]]]] = {}
    for number in _tested_numbers(sets):
        if start <= number < end:
            spec, parameters = sets.one(number)
            found.setdefault(number // sets.parameters.total, (spec, []))[1].append(parameters)
    return list(found.values())


def _tested_numbers(sets: SweptSets) -> list[int]:
    return choose_tested_sets(sets.parameters.columns, sets.config.seed, len(sets.variants))


def _common(config: SweepConfig, bars: Bars, inputs: RunInputs, sets: SweptSets) -> Mapping[str, Any]:
    settings, fields = config.variants[0]
    first = config.spec_with(fields)
    benchmark = benchmark_of(first)
    decisions = make_decisions(bars, benchmark, benchmark.parameters)
    row = statistics_of_run(decisions, benchmark, benchmark.parameters, None)
    metrics = summary_of_row(row, decisions.bars, decisions.start_bar, config).to_dict()
    coverage = describe_coverage(config, config.warmup_bars, inputs)
    return {
        "assumptions": describe_assumptions(first, decisions.bars)
        | _look_ahead_summary(config, sets)
        | describe_signals(config, inputs)
        | _varied_summary(settings),
        "data": describe_bars(bars, bars.index_of(config.range.start)) | coverage.to_dict(),
        "benchmark": {"strategy": BENCHMARK, "metrics": metrics},
        "conventions": conventions_of(SUMMARY),
    }


def _look_ahead_summary(config: SweepConfig, sets: SweptSets) -> dict[str, Any]:
    if not config.look_ahead_test:
        return {}
    tested = len(_tested_numbers(sets))
    return {
        "look_ahead_test": f"passed on {tested} of {sets.total} sets, among them the lowest and highest value of each "
        "parameter: another future moved none of their decisions"
    }


def _varied_summary(settings: Mapping[str, Value]) -> dict[str, Any]:
    """What the assumptions and the benchmark do not say of all sets."""
    if not settings:
        return {}
    said = "differ from set to set; the other assumptions, and the costs of the benchmark, are those of set 0"
    return {"varied": f"{', '.join(settings)} {said}"}
