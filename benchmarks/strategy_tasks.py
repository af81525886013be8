"""What ``POST /sweeps`` evaluates of any strategy, and what vectorbt is given to be compared with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.product import Arrays, Prepared, candles_of
from benchmarks.strategy_stages import Stages, timed_stages
from benchmarks.sweep import NUMBERS
from candlecloud.contract.sweep import SweepConfig
from candlecloud.experiments.decisions import make_decisions
from candlecloud.experiments.grid import parameter_sets
from candlecloud.experiments.sweep import evaluate_batch
from candlecloud.fan_out.batch_file import read_batch, write_batch
from candlecloud.fan_out.kinds.sweep import sweep_work
from candlecloud.fan_out.plan import make_plan
from candlecloud.features.bars import bars_from_table
from candlecloud.market.ranges import TimeRange
from candlecloud.runs.inputs import RunInputs


class Strategies:
    """Tasks of a worker; one request at a time is prepared, outside the time, as its submission and the lake do it."""

    def __init__(self) -> None:
        self._prepared: dict[bool, Prepared] = {}

    def prepare(self, series: Arrays, request: Mapping[str, Any]) -> dict[str, Any]:
        """Read the request, pin it to all candles but those that warm up, cut it into batches, make the table.

        Returns
        -------
        dict
            ``sets``, ``batches``, ``bars`` of the run, and ``first``, the bar it begins with.
        """
        inputs = RunInputs(candles_of(series))
        for tested in (False, True):
            config = pinned(series, request, look_ahead_test=tested)
            self._prepared[tested] = config, inputs, make_plan(sweep_work(config)).batches
        config, _, batches = self._prepared[False]
        first = first_bar(series, config)
        sets = parameter_sets(config)
        return {"sets": len(sets), "batches": len(batches), "bars": len(series["close"]) - first, "first": first}

    def evaluate(self, _series: Arrays, *, look_ahead_test: bool) -> int:
        """What is timed: candles in memory to Parquet bytes. Returns their number."""
        config, inputs, batches = self._prepared[look_ahead_test]
        return sum(len(write_batch(evaluate_batch(config, inputs, start, end))) for start, end in batches)

    def stages(self, series: Arrays) -> Stages:
        """The same, test off, with a clock around each stage: CPU seconds of each, ``whole`` last."""
        with timed_stages() as stages:
            self.evaluate(series, look_ahead_test=False)
        return stages

    def parameters(self, _series: Arrays) -> dict[str, list[float]]:
        """Parameters of all sets, one column each."""
        config, _, _ = self._prepared[False]
        return {name: column.tolist() for name, column in parameter_sets(config).columns.items()}

    def figures(self, series: Arrays, *, chosen: Sequence[int]) -> dict[str, list[float]]:
        """Five numbers of some sets, out of the stored bytes. Volumes are withheld: every bar trades, as for peers."""
        config, _, batches = self._prepared[False]
        inputs = RunInputs(candles_of(_without_volume(series)))
        stored = pa.concat_tables(
            [read_batch(write_batch(evaluate_batch(config, inputs, start, end))).table for start, end in batches]
        )
        rows = stored.take(np.asarray(chosen))
        return {name: rows.column(name).cast(pa.float64()).to_numpy().tolist() for name in NUMBERS}

    def wanted(self, series: Arrays, *, chosen: Sequence[int], file: str) -> None:
        """Write the position that each of some sets wants at each open of the run: int8, bars x sets."""
        config, _, _ = self._prepared[False]
        bars, sets = bars_from_table(candles_of(_without_volume(series))), parameter_sets(config)
        columns = []
        for k in chosen:
            decisions = make_decisions(bars, config, sets.parameters(k))
            columns.append(decisions.target[decisions.start_bar - 1 : -1].astype(np.int8))
        np.save(file, np.stack(columns, axis=1))


def pinned(series: Arrays, request: Mapping[str, Any], *, look_ahead_test: bool) -> SweepConfig:
    """The request over all candles, but for those that the longest warm-up of its grid needs."""
    config = SweepConfig.from_dict({**request, "look_ahead_test": look_ahead_test})
    opened, closed = int(series["open_time"][0]), int(series["close_time"][-1])
    return config.pinned(TimeRange(opened + config.warmup_bars * int(series["step_ms"]), closed), closed)


def first_bar(series: Arrays, config: SweepConfig) -> int:
    """The first bar of the run."""
    return int(np.searchsorted(series["open_time"], config.range.start))


def _without_volume(series: Arrays) -> Arrays:
    return {**series, "volume": np.full(len(series["close"]), np.nan)}
