"""Evaluation on recorded candles: equal bytes however it is cut, each set equal to its own run, no look ahead."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from candlecloud.backtest.simulation import Simulation
from candlecloud.contract.run import RunConfig
from candlecloud.contract.run_spec import canonical_json
from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import ConflictError, InsufficientDataError, InvalidParameterError
from candlecloud.experiments.decisions import make_decisions
from candlecloud.experiments.grid import parameter_sets
from candlecloud.experiments.run import evaluate_run
from candlecloud.experiments.simulate import plain_costs, simulate_run
from candlecloud.experiments.sweep import evaluate_batch
from candlecloud.fan_out.batch_file import write_batch
from candlecloud.fan_out.kinds.sweep import has_averages_alone
from candlecloud.features.bars import bars_from_table
from candlecloud.market.rows import times_ms
from candlecloud.runs.data_requirements import needed_range
from candlecloud.runs.identity import Identity
from candlecloud.runs.inputs import RUN_COLUMNS, RunInputs
from candlecloud.runs.result_rows import rows_as_dicts, rows_schema
from candlecloud.strategies.resolve import strategy_of
from tests.golden.dual_sma import dual_sma_targets
from tests.golden.reference import Bar, Rules, replay
from tests.support.recorded import btc_hours
from tests.support.swept import Swept, collect_sweep

BASE: dict[str, Any] = {
    "exchange": "binance",
    "symbol": "BTC-USDT",
    "timeframe": "1h",
    "strategy": "dual_sma",
    "start": "2023-03-01",
    "end": "2023-09-01",
    "as_of": "2026-01-01",
}
GRID = {"fast": [5, 20, 30], "slow": {"start": 20, "stop": 80, "step": 20}}


def candles_for(config: RunConfig | SweepConfig) -> pa.Table:
    """Columns and rows that a job would read: the outage of 2023-03-24 lies inside."""
    needed = needed_range(config.range, config.warmup_bars, config.series)
    table = btc_hours()
    times = np.array(times_ms(table))
    return table.filter(pa.array((times >= needed.start) & (times < needed.end))).select(RUN_COLUMNS)


def run(**fields: Any) -> tuple[Identity, pa.Table]:
    config = RunConfig.from_dict(BASE | fields)
    table = candles_for(config)
    return Identity(config, RunInputs(table).revision(), "code"), table


def run_once(table: pa.Table, config: RunConfig) -> Simulation:
    return simulate_run(make_decisions(bars_from_table(table), config, config.parameters), config, None)


def test_run_result() -> None:
    identity, table = run(parameters={"fast": 20, "slow": 50}, flatten_at_end=True)
    result = evaluate_run(identity, RunInputs(table))
    document = json.loads(result.content)
    assert document["run_id"] == identity.id
    assert document["data"]["bars"] == 184 * 24 - 1
    assert document["data"]["warmup_bars"] == 50
    assert (document["data"]["missing_candles"], document["data"]["gaps"]) == (1, 1)
    assert document["data"]["first_open"] == "2023-03-01T00:00:00Z"
    assert document["data"]["last_close"] == "2023-09-01T00:00:00Z"
    assert len(document["trades"]) == document["metrics"]["n_trades"] > 10
    curves = document["curves"]
    assert {len(values) for values in curves.values()} == {184 * 24 - 1}
    assert curves["equity"][-1] == document["metrics"]["final_equity"]
    assert max(curves["drawdown"]) == document["metrics"]["max_drawdown"]
    assert document["look_ahead_test"]["passed"] is True
    assert len(document["look_ahead_test"]["cuts"]) >= 4
    assert sum(row["bars"] for row in document["regimes"]["trend"]) == document["data"]["bars"]
    assert curves["benchmark_equity"][-1] == document["benchmark"]["metrics"]["final_equity"]
    assert sum(trade["pnl"] for trade in document["trades"]) == pytest.approx(curves["equity"][-1] - 10_000)
    assert set(document["conventions"]) == set(document["metrics"])
    assert document["assumptions"]["fee"]["taker_bps"] == document["assumptions"]["fee"]["maker_bps"] == 10.0
    assert "as_of" not in document["config"]
    manifest = json.loads(result.manifest)
    assert manifest["config"]["as_of"] == "2026-01-01T00:00:00Z"
    assert set(manifest["libraries"]) == {"python", "numpy", "pyarrow"}
    assert result.summary["metrics"] == document["metrics"]


def test_result_equals_the_bar_loop_on_real_candles() -> None:
    identity, table = run(parameters={"fast": 30, "slow": 60}, direction="both")
    got = json.loads(evaluate_run(identity, RunInputs(table)).content)
    bars = bars_from_table(table)
    prices = (bars.open.tolist(), bars.high.tolist(), bars.low.tolist(), bars.close.tolist(), bars.volume.tolist())
    wanted = replay(
        [Bar(*row) for row in zip(*prices, strict=True)],
        dual_sma_targets(bars.close_ticks.tolist(), 30, 60),
        Rules(taker_fee=0.001, slippage=0.0002),
        cash=10_000.0,
        first=60,
    )
    assert [trade["pnl"] for trade in got["trades"]] == wanted.profits
    assert got["curves"]["equity"] == wanted.equity


def test_real_tie_is_a_tie() -> None:
    """SMA 30 and 60 of real hourly BTC agree to the last digit at 2023-08-13 03:00; float averages trade on it."""
    config = RunConfig.from_dict(BASE | {"parameters": {"fast": 30, "slow": 60}})
    bars = bars_from_table(candles_for(config))
    tied = bars.index_of(1_691_895_600_000)
    closes = bars.close_ticks[: tied + 1].tolist()
    assert sum(closes[-30:]) * 60 == sum(closes[-60:]) * 30
    target = strategy_of(config.strategy_rule).target(bars, config.parameters)
    assert target[tied] == 0
    assert target[tied - 1] != 0


def test_same_run_same_bytes() -> None:
    identity, table = run()
    first = evaluate_run(identity, RunInputs(table))
    assert evaluate_run(identity, RunInputs(table.slice(0))).content == first.content
    later = Identity(RunConfig.from_dict(BASE | {"as_of": "2026-02-02"}), identity.data_revision, "code")
    assert evaluate_run(later, RunInputs(table)).content == first.content


def test_run_on_other_candles_is_refused() -> None:
    identity, table = run()
    with pytest.raises(ConflictError, match="have changed since"):
        evaluate_run(identity, RunInputs(table.slice(1)))


def evaluate_in_batches(config: SweepConfig, table: pa.Table, size: int) -> Swept:
    total = config.size.valid
    plan = [
        {"batch": n, "start": start, "end": min(start + size, total)} for n, start in enumerate(range(0, total, size))
    ]
    stored = {
        item["batch"]: write_batch(evaluate_batch(config, RunInputs(table), item["start"], item["end"]))
        for item in reversed(plan)
    }
    return collect_sweep(Identity(config, "revision", "code"), plan, [stored[item["batch"]] for item in plan])


SWEEPS: dict[str, dict[str, Any]] = {
    "vectorised engine": {"grid": GRID},
    "vectorised engine by signals": {"strategy": "ema_cross", "grid": {"fast": [5, 20], "slow": [40, 60, 90]}},
    "bar engine, short": {"grid": GRID, "direction": "both"},
    "stops and sizes": {
        "strategy": "donchian_breakout",
        "grid": {"entry": [20, 55, 90], "exit": [10]},
        "direction": "both",
        "stops": {"stop_loss": 0.02, "take_profit": 0.03, "trailing_stop": 0.025},
        "sizing": {"model": "volatility_target", "annual_volatility": 0.3, "window": 72},
        "drawdown_limit": {"max_drawdown": 0.1, "cooldown_bars": 48},
    },
    "time and ATR stops, a rebate": {
        "grid": GRID,
        "direction": "both",
        "stops": {
            "stop_loss_atr": 3.0,
            "take_profit_atr": 4.0,
            "trailing_stop": 0.03,
            "atr_window": 70,
            "max_bars": 30,
        },
        "maker_fee_bps": -1.0,
    },
    "entries by a limit": {
        "grid": GRID,
        "direction": "both",
        "entry": {"type": "limit", "offset_bps": 30.0, "expires_bars": 12, "must_trade_through_ticks": 1},
        "market_rules": {"tick_size": 0.01},
    },
    "participation and lots": {
        "grid": GRID,
        "initial_equity": 5e7,
        "slippage": {"model": "participation_rate", "bps": 2, "impact_bps": 50, "max_participation": 0.1},
        "market_rules": {"tick_size": 0.01, "lot_step": 0.001, "min_notional": 10},
        "sizing": {"model": "kelly_fraction", "window": 200, "minimum_bars": 50},
    },
}


@pytest.mark.parametrize("name", SWEEPS)
def test_batches_of_any_size_give_equal_bytes(name: str) -> None:
    config = SweepConfig.from_dict(BASE | SWEEPS[name])
    table = candles_for(config)
    whole = evaluate_in_batches(config, table, 1_000)
    assert whole.header["state"] == "succeeded"
    rows = pq.read_table(pa.BufferReader(whole.rows))
    assert rows.schema.equals(rows_schema(config))
    assert rows["set"].to_pylist() == list(range(config.size.valid))
    for size in (1, 2, 7):
        found = evaluate_in_batches(config, table, size)
        assert (found.rows, found.header_file) == (whole.rows, whole.header_file)
        assert found.summary == whole.summary


@pytest.mark.parametrize("name", SWEEPS)
def test_each_set_of_a_sweep_is_the_run_of_that_set_alone(name: str) -> None:
    """Bit for bit, although the sweep reads a longer warm-up; an absent candle lies in some of the warm-ups."""
    config = SweepConfig.from_dict(BASE | SWEEPS[name] | {"start": "2023-03-25", "end": "2023-06-01"})
    rows = rows_as_dicts(evaluate_batch(config, RunInputs(candles_for(config)), 0, config.size.valid).table)
    for row in rows:
        alone = config.run_config(row["parameters"] | row.get("settings", {}))
        inputs = RunInputs(candles_for(alone))
        metrics = evaluate_run(Identity(alone, inputs.revision(), "code"), inputs).result.metrics.to_dict()
        assert {key: metrics[key] for key in row["metrics"]} == row["metrics"]


@pytest.mark.parametrize("name", SWEEPS)
@pytest.mark.parametrize("bars", [128, 129, 500])
def test_a_sweep_without_a_candle_before_it_is_its_runs(name: str, bars: int) -> None:
    """The first decision is at the close of the first bar: the words of signals begin a bar later than they else do."""
    config = SweepConfig.from_dict(BASE | SWEEPS[name])
    table = btc_hours()
    first = int(np.searchsorted(times_ms(table), config.range.start))
    inputs = RunInputs(table.slice(first, bars).select(RUN_COLUMNS))
    for row in rows_as_dicts(evaluate_batch(config, inputs, 0, config.size.valid).table):
        alone = config.run_config(row["parameters"] | row.get("settings", {}))
        metrics = evaluate_run(Identity(alone, inputs.revision(), "code"), inputs).result.metrics.to_dict()
        assert {key: metrics[key] for key in row["metrics"]} == row["metrics"]


@pytest.mark.parametrize(
    "switch",
    [
        {},
        {"fee_bps": 0, "slippage_bps": 0, "flatten_at_end": True},
        {"direction": "both"},
        {"sizing": {"model": "fixed_fraction", "fraction": 0.5}},
        {"sizing": {"model": "volatility_target"}},
        {"slippage": {"model": "participation_rate"}},
        {"stops": {"trailing_stop": 0.1}},
        {"stops": {"stop_loss_atr": 3.0}},
        {"stops": {"max_bars": 30}},
        {"maker_fee_bps": -1.0},
        {"entry": {"type": "stop"}},
        {"market_rules": {"lot_step": 0.001}},
        {"drawdown_limit": {"max_drawdown": 0.1}},
        {"rebalance_band": 0.1},
    ],
)
def test_the_plan_knows_which_sweeps_are_fast(switch: dict[str, Any]) -> None:
    """A set that the engine must go through bar by bar takes a hundred times as long as one that it need not."""
    config = SweepConfig.from_dict(BASE | {"grid": GRID} | switch)
    bars = bars_from_table(candles_for(config))
    assert has_averages_alone(config) == (plain_costs(bars, config) is not None)


def test_metrics_of_the_event_form_are_those_of_the_recorded_curve() -> None:
    identity, table = run(parameters={"fast": 20, "slow": 50})
    metrics = evaluate_run(identity, RunInputs(table)).result.metrics.to_dict()
    config = RunConfig.from_dict(BASE | {"parameters": {"fast": 20, "slow": 50}})
    recorded = run_once(table, config).summary().to_dict()
    exact = (
        "n_trades",
        "win_rate",
        "max_drawdown",
        "max_drawdown_bars",
        "final_equity",
        "fees",
        "slippage",
        "exposure",
    )
    for name, value in recorded.items():
        if name in exact:
            assert metrics[name] == value
        elif value is not None:
            assert metrics[name] == pytest.approx(value, rel=1e-12)


def test_a_run_that_costs_have_eaten_whole_is_told_in_numbers() -> None:
    """Thousands of round trips at 20 % of costs each: equity underflows, in the sweep as in the run."""
    config = SweepConfig.from_dict(
        BASE | {"end": "2025-03-01", "fee_bps": 1_000, "slippage_bps": 1_000, "grid": {"fast": [1], "slow": [2, 200]}}
    )
    inputs = RunInputs(candles_for(config))
    rows = rows_as_dicts(evaluate_batch(config, inputs, 0, 2).table)
    canonical_json(rows)
    assert rows[0]["metrics"]["total_return"] == pytest.approx(-1.0)
    alone = config.run_config(parameter_sets(config).parameters(0))
    own = RunInputs(candles_for(alone))
    result = evaluate_run(Identity(alone, own.revision(), "code"), own).result
    assert {key: getattr(result.metrics, key) for key in rows[0]["metrics"]} == rows[0]["metrics"]
    assert result.ruined or result.refused_counts


def test_candles_before_the_own_warmup_are_not_seen() -> None:
    config = RunConfig.from_dict(BASE)
    longer = candles_for(RunConfig.from_dict(BASE | {"parameters": {"slow": 500}}))
    short, long = (run_once(table, config) for table in (candles_for(config), longer))
    assert short.equity.tobytes() == long.equity.tobytes()
    assert len(short.backtest.bars) == len(long.backtest.bars)


@pytest.mark.parametrize("direction", ["long", "both"])
def test_garbage_in_the_future_moves_nothing_before_it(direction: str) -> None:
    config = RunConfig.from_dict(BASE | {"direction": direction})
    table = candles_for(config)
    honest = run_once(table, config)
    rng = np.random.default_rng(11)
    for cut in rng.integers(60, len(table) - 1, 5).tolist():
        garbage = np.round(rng.uniform(1, 1e6, len(table) - cut), 2)
        columns = {
            name: pa.concat_arrays([table[name].combine_chunks()[:cut], pa.array(garbage)])
            for name in ("open", "high", "low", "close")
        }
        broken = table
        for name, values in columns.items():
            broken = broken.set_column(broken.column_names.index(name), broken.schema.field(name), values)
        other = run_once(broken, config)
        done = cut - honest.backtest.start_bar
        assert other.equity[:done].tobytes() == honest.equity[:done].tobytes()
        before = [[f for f in s.fills if f.bar < cut] for s in (honest, other)]
        assert before[0] == before[1]


def test_batches_that_do_not_exist_are_refused() -> None:
    config = SweepConfig.from_dict(BASE | {"grid": GRID})
    table = candles_for(config)
    for start, end in [(0, 0), (-1, 2), (0, 99), (5, 4)]:
        with pytest.raises(InvalidParameterError):
            evaluate_batch(config, RunInputs(table), start, end)


def test_range_without_a_bar_is_refused() -> None:
    config = RunConfig.from_dict(BASE)
    with pytest.raises(InsufficientDataError):
        run_once(candles_for(config).slice(0, 10), config)
