"""What ``POST /sweeps`` evaluates: from candles in memory to the Parquet bytes of every batch, dual SMA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.sweep import CASH, bars_of
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.vectorised_engine import PlainCosts, statistics_of_pairs
from candlecloud.contract.sweep import SweepConfig
from candlecloud.experiments.grid import parameter_sets
from candlecloud.experiments.sweep import evaluate_batch
from candlecloud.fan_out.batch_file import read_batch, write_batch
from candlecloud.fan_out.kinds.sweep import sweep_work
from candlecloud.fan_out.plan import make_plan
from candlecloud.market.candle import PRICE_COLUMNS
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.rows import schema_of
from candlecloud.market.timeframe import TIMEFRAMES, Timeframe
from candlecloud.metrics.figures import FIGURES
from candlecloud.metrics.summary import summary_columns
from candlecloud.runs.inputs import RUN_COLUMNS, RunInputs

Arrays = Mapping[str, Any]
Windows = Sequence[Sequence[int]]
Prepared = tuple[SweepConfig, RunInputs, list[tuple[int, int]]]


class Product:
    """Tasks of a worker; a sweep is prepared once, outside the time, as its submission and the lake do it."""

    def __init__(self) -> None:
        self._prepared: dict[bool, Prepared] = {}
        self._objects: dict[bool, list[bytes]] = {}

    def prepare(
        self, series: Arrays, pairs: Windows, *, fee: float, slippage: float, look_ahead_test: bool
    ) -> dict[str, int]:
        """Read the request, pin it to all candles but those that warm up, cut it into batches, make the table.

        Returns
        -------
        dict
            ``sets``, ``batches``, and the bars of the run: ``bars``, and those before it: ``warmup_bars``.

        Raises
        ------
        ValueError
            If the grid of the request is not these sets in this order.
        """
        candles = candles_of(series)
        config = config_of(series, pairs, fee=fee, slippage=slippage, look_ahead_test=look_ahead_test)
        sets = parameter_sets(config)
        if list(zip(*(sets.columns[name].tolist() for name in ("fast", "slow")), strict=True)) != [*map(tuple, pairs)]:
            raise ValueError("The grid of the request is not the sets of the benchmark.")
        batches = make_plan(sweep_work(config)).batches
        self._prepared[look_ahead_test] = config, RunInputs(candles), batches
        first = _first(series, config)
        bars = {"bars": candles.num_rows - first, "warmup_bars": first}
        return {"sets": len(sets), "batches": len(batches)} | bars

    def evaluate(self, _series: Arrays, *, look_ahead_test: bool) -> int:
        """What is timed. Returns the number of bytes to store."""
        config, inputs, batches = self._prepared[look_ahead_test]
        objects = [write_batch(evaluate_batch(config, inputs, start, end)) for start, end in batches]
        self._objects[look_ahead_test] = objects
        return sum(map(len, objects))

    def revision(self, _series: Arrays) -> None:
        """What the job around it adds: each batch checks that its candles are those of the submission."""
        _, inputs, batches = self._prepared[False]
        for _ in batches:
            inputs.revision()

    def differing(
        self, series: Arrays, pairs: Windows, *, fee: float, slippage: float, look_ahead_test: bool
    ) -> list[int]:
        """Sets that have another bit in one of their figures than the kernel gives over the same bars."""
        config, _, _ = self._prepared[look_ahead_test]
        stored = pa.concat_tables([read_batch(content).table for content in self._objects[look_ahead_test]])
        wanted = _kernel_columns(series, pairs, PlainCosts(fee, slippage), _first(series, config))
        same = np.full(len(pairs), stored.num_rows == len(pairs))
        for name in FIGURES:
            found = stored.column(name).cast(pa.float64()).to_numpy()
            same &= (found == wanted[name]) | (np.isnan(found) & np.isnan(wanted[name]))
        return [int(k) for k in np.flatnonzero(~same)]


def config_of(series: Arrays, pairs: Windows, *, fee: float, slippage: float, look_ahead_test: bool) -> SweepConfig:
    """The request, pinned: its range begins where the longest window of the grid is full."""
    step = int(series["step_ms"])
    timeframe = next(name for name in TIMEFRAMES if Timeframe(name).ms == step)
    fast, slow = (sorted(set(windows)) for windows in zip(*pairs, strict=True))
    config = SweepConfig.from_dict(
        {
            "exchange": "binance",
            "symbol": "BTC-USDT",
            "timeframe": timeframe,
            "strategy": "dual_sma",
            "grid": {"fast": fast, "slow": slow},
            "initial_equity": CASH,
            "fee_bps": fee * 1e4,
            "slippage_bps": slippage * 1e4,
            "look_ahead_test": look_ahead_test,
        }
    )
    opened, closed = int(series["open_time"][0]), int(series["close_time"][-1])
    return config.pinned(TimeRange(opened + config.warmup_bars * step, closed), closed)


def candles_of(series: Arrays) -> pa.Table:
    """Arrays as the lake gives them to a batch, one piece per column. No run reads quote volumes and trades."""
    n = len(series["close"])
    known = {name: series[name] for name in ("open_time", "close_time", *PRICE_COLUMNS)} | {
        "volume_base": series["volume"]
    }
    schema = pa.schema([schema_of(CANDLES).field(name) for name in RUN_COLUMNS])
    columns = [
        pa.array(known[field.name]).cast(field.type) if field.name in known else pa.nulls(n, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _first(series: Arrays, config: SweepConfig) -> int:
    return int(np.searchsorted(series["open_time"], config.range.start))


def _kernel_columns(series: Arrays, pairs: Windows, costs: PlainCosts, first: int) -> dict[str, Any]:
    """All figures by the path that `sweep` times, over the bars from `first` on; absent candles count as time."""
    bars = bars_of(series)
    fast, slow = (np.ascontiguousarray(side, np.int64) for side in np.array(pairs).T)
    rows = statistics_of_pairs(Backtest(bars, CASH, start_bar=first), fast, slow, costs)
    span = int(bars.close_time[-1] - bars.open_time[first])
    return summary_columns(rows, initial_equity=CASH, n_bars=len(bars) - first, span_ms=span)
