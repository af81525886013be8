"""Grids over settings of execution: each set the bits of its run alone, the same bytes however it is cut."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from candlecloud.contract.run import RunConfig
from candlecloud.contract.run_spec import RunSpec
from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import InvalidParameterError
from candlecloud.experiments import sweep as sweep_module
from candlecloud.experiments.run import evaluate_run
from candlecloud.experiments.sweep import evaluate_batch
from candlecloud.experiments.variants import SweptSets
from candlecloud.fan_out.batch_file import write_batch
from candlecloud.market.rows import times_ms
from candlecloud.runs.data_requirements import needed_range
from candlecloud.runs.identity import Identity
from candlecloud.runs.inputs import RUN_COLUMNS, RunInputs
from candlecloud.runs.result_rows import rows_as_dicts, rows_schema
from tests.support.recorded import btc_hours, btc_minutes
from tests.support.swept import Swept, collect_sweep

BASE: dict[str, Any] = {
    "exchange": "binance",
    "symbol": "BTC-USDT",
    "timeframe": "1h",
    "strategy": "dual_sma",
    "start": "2025-05-26",
    "end": "2025-06-20",
    "as_of": "2026-01-01",
}
SWEEPS: dict[str, dict[str, Any]] = {
    "stops, fees, direction and sizing": {
        "grid": {
            "fast": [5, 20, 60],
            "slow": [20, 50],
            "direction": ["long", "both"],
            "fee_bps": [0, 10],
            "stops.stop_loss": [None, 0.01],
            "sizing.fraction": [0.5, 1],
        },
        "stops": {"take_profit": 0.02},
        "finer_timeframe": "1m",
    },
    "a window of sizes, a limit and a band": {
        "strategy": "donchian_breakout",
        "grid": {
            "sizing.window": [24, 200],
            "drawdown_limit.max_drawdown": [None, 0.01],
            "drawdown_limit.cooldown_bars": [5, 50],
            "rebalance_band": [None, 0.1],
            "entry": [20, 40],
        },
        "sizing": {"model": "volatility_target"},
    },
    "slippage, tick and a strategy without parameters": {
        "strategy": "buy_and_hold",
        "grid": {
            "slippage.impact_bps": [0, 500],
            "slippage.max_participation": {"start": 0.001, "stop": 0.003, "step": 0.001},
            "market_rules.tick_size": [None, 0.5],
            "stops.trailing_stop": [None, 0.03],
            "stops.max_bars": [None, 100],
        },
        "initial_equity": 5e7,
        "slippage": {"model": "participation_rate"},
    },
}
SWEEPS["ATR stops and entry orders, of a strategy with a parameter entry"] = {
    "strategy": "donchian_breakout",
    "grid": {
        "entry": [20, 40],
        "entry.offset_bps": [0, 30],
        "stops.trailing_stop_atr": [None, 3],
        "stops.atr_window": [None, 100],
    },
    "entry": {"type": "limit", "expires_bars": 6},
    "maker_fee_bps": -1,
}
ALL = pytest.mark.parametrize("name", SWEEPS)


def config_of(name: str, **fields: Any) -> SweepConfig:
    return SweepConfig.from_dict(BASE | SWEEPS[name] | fields)


def inputs_of(config: RunConfig | SweepConfig) -> RunInputs:
    needed = needed_range(config.range, config.warmup_bars, config.series)
    finer = None if config.finer_series is None else cut(btc_minutes(), config.range.start, config.range.end)
    return RunInputs(cut(btc_hours(), needed.start, needed.end), finer)


def cut(table: pa.Table, start: int, end: int) -> pa.Table:
    times = np.array(times_ms(table))
    return table.filter(pa.array((times >= start) & (times < end))).select(RUN_COLUMNS)


def in_batches(config: SweepConfig, size: int) -> Swept:
    inputs, edges = inputs_of(config), [*range(0, config.size.valid, size), config.size.valid]
    plan = [{"batch": number, "start": start, "end": end} for number, (start, end) in enumerate(pairwise(edges))]
    stored = [write_batch(evaluate_batch(config, inputs, item["start"], item["end"])) for item in plan]
    return collect_sweep(Identity(config, "revision", "code"), plan, stored)


@ALL
def test_each_set_is_the_run_of_that_set_alone(name: str) -> None:
    """Bit for bit, by either engine, with finer candles where they matter."""
    config = config_of(name)
    rows = rows_as_dicts(evaluate_batch(config, inputs_of(config), 0, config.size.valid).table)
    assert [row["set"] for row in rows] == list(range(config.size.valid))
    assert len({tuple(row["metrics"].values()) for row in rows}) > len(rows) / 2, "settings matter"
    for row in rows:
        alone = config.run_config(row["parameters"] | row["settings"])
        inputs = inputs_of(alone)
        metrics = evaluate_run(Identity(alone, inputs.revision(), "code"), inputs).result.metrics.to_dict()
        assert {key: metrics[key] for key in row["metrics"]} == row["metrics"], row


@ALL
def test_batches_of_any_size_give_equal_bytes(name: str) -> None:
    config = config_of(name)
    whole = in_batches(config, 1_000)
    rows = pq.read_table(pa.BufferReader(whole.rows))
    assert rows.schema.equals(rows_schema(config))
    for size in (1, 5):
        found = in_batches(config, size)
        assert (found.rows, found.header_file, found.summary) == (whole.rows, whole.header_file, whole.summary)


def test_a_row_has_a_typed_column_per_axis() -> None:
    config = config_of("a window of sizes, a limit and a band", direction="both")
    table = evaluate_batch(config, inputs_of(config), 3, 10).table
    types = {field.name: str(field.type) for field in table.schema if field.name.startswith(("parameter", "setting"))}
    assert types == {
        "parameter_entry": "int64",
        "parameter_exit": "int64",
        "setting_sizing__window": "int64",
        "setting_drawdown_limit__max_drawdown": "double",
        "setting_drawdown_limit__cooldown_bars": "int64",
        "setting_rebalance_band": "double",
    }
    words = config_of("stops, fees, direction and sizing")
    assert rows_schema(words).field("setting_direction").type == pa.string()
    row = rows_as_dicts(table)[0]
    assert row["set"] == 3
    assert row["settings"] == {
        "sizing.window": 24,
        "drawdown_limit.max_drawdown": None,
        "drawdown_limit.cooldown_bars": 5,
        "rebalance_band": 0.1,
    }
    assert list(row) == ["set", "parameters", "settings", "metrics"]


def test_what_all_sets_share_is_said_to_be_that_of_the_first() -> None:
    config = config_of("stops, fees, direction and sizing")
    common = in_batches(config, 1_000).header
    settings = ", ".join(config.setting_axes)
    assert settings == "direction, fee_bps, sizing.fraction, stops.stop_loss"
    assert common["assumptions"]["varied"] == (
        f"{settings} differ from set to set; the other assumptions, and the costs of the benchmark, are those of set 0"
    )
    assert common["assumptions"]["fee"]["taker_bps"] == 0.0
    assert common["assumptions"]["direction"] == "both"
    free = SweepConfig.from_dict(BASE | {"grid": {"fast": [5]}, "fee_bps": 0})
    assert "varied" not in in_batches(free, 1).header["assumptions"]
    assert in_batches(free, 1).header["benchmark"] == common["benchmark"]
    assert common["first_excluded"]["settings"] == config.variants[0].settings


def test_a_tested_set_is_tested_with_its_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    tested: list[tuple[str, float]] = []

    def look(_bars: Any, spec: RunSpec, *_others: Any) -> None:
        tested.append((spec.direction, spec.fee_bps))

    monkeypatch.setattr(sweep_module, "run_look_ahead_test", look)
    config = SweepConfig.from_dict(BASE | {"grid": {"direction": ["long", "both"], "fee_bps": [1, 2], "fast": [3]}})
    evaluate_batch(config, inputs_of(config), 0, 4)
    assert {("both", 1.0), ("long", 2.0)} <= set(tested), "the first and the last"


def test_sets_that_do_not_exist_are_refused() -> None:
    sets = SweptSets(config_of("a window of sizes, a limit and a band"))
    assert sets.total == 2 * 3 * 2 * 2
    for start, end in [(0, 0), (-1, 2), (0, 25), (5, 4)]:
        with pytest.raises(InvalidParameterError, match="has no batch"):
            sets.blocks(start, end)
