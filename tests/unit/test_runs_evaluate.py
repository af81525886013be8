"""Evaluation on recorded candles: equal bytes however it is cut, each set equal to its own run, no look ahead."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from candlecloud.errors import ConflictError, InsufficientDataError, InvalidParameterError
from candlecloud.features.bars import bars_from_table
from candlecloud.market.candle import times_ms
from candlecloud.market.checksum import market_checksum
from candlecloud.runs.collect import collect_results, match_batches
from candlecloud.runs.config import RunConfig, canonical_json
from candlecloud.runs.evaluate import RUN_COLUMNS, evaluate_batch, evaluate_run, run_once
from candlecloud.runs.identity import Identity
from candlecloud.runs.sufficiency import needed_range
from candlecloud.runs.sweep import SweepConfig
from tests.golden.oracle import dual_sma_targets, replay
from tests.support.recorded import btc_hours

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
    return Identity(config, market_checksum(table), "code"), table


def test_run_result() -> None:
    identity, table = run(parameters={"fast": 20, "slow": 50}, flatten_at_end=True)
    result = evaluate_run(identity, table)
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
    assert curves["benchmark_equity"][-1] == document["benchmark"]["metrics"]["final_equity"]
    assert sum(trade["pnl"] for trade in document["trades"]) == pytest.approx(curves["equity"][-1] - 10_000)
    assert set(document["conventions"]) == set(document["metrics"])
    assert document["assumptions"]["fee"] == {"model": "bps_of_notional", "bps": 10.0}
    assert "as_of" not in document["config"]
    manifest = json.loads(result.manifest)
    assert manifest["config"]["as_of"] == "2026-01-01T00:00:00Z"
    assert set(manifest["libraries"]) == {"python", "numpy", "pyarrow"}
    assert result.summary["metrics"] == document["metrics"]


def test_result_equals_the_bar_loop_on_real_candles() -> None:
    identity, table = run(parameters={"fast": 30, "slow": 60}, direction="both")
    got = json.loads(evaluate_run(identity, table).content)
    bars = bars_from_table(table)
    wanted = replay(
        list(zip(bars.open.tolist(), bars.close.tolist(), bars.volume.tolist(), strict=True)),
        dual_sma_targets(bars.close_ticks.tolist(), 30, 60),
        fee=0.001,
        slip=0.0002,
        cash=10_000.0,
        first=60,
    )
    assert [trade["pnl"] for trade in got["trades"]] == wanted["profits"]
    np.testing.assert_allclose(got["curves"]["equity"], wanted["equity"], rtol=1e-12)


def test_real_tie_is_a_tie() -> None:
    """SMA 30 and 60 of real hourly BTC agree to the last digit at 2023-08-13 03:00; float averages trade on it."""
    config = RunConfig.from_dict(BASE | {"parameters": {"fast": 30, "slow": 60}})
    bars = bars_from_table(candles_for(config))
    tied = bars.index_of(1_691_895_600_000)
    closes = bars.close_ticks[: tied + 1].tolist()
    assert sum(closes[-30:]) * 60 == sum(closes[-60:]) * 30
    target = config.setting.strategy_rule.target(bars, config.parameters)
    assert target[tied] == 0
    assert target[tied - 1] != 0


def test_same_run_same_bytes() -> None:
    identity, table = run()
    first = evaluate_run(identity, table)
    assert evaluate_run(identity, table.slice(0)).content == first.content
    later = Identity(RunConfig.from_dict(BASE | {"as_of": "2026-02-02"}), identity.data_revision, "code")
    assert evaluate_run(later, table).content == first.content


def test_run_on_other_candles_is_refused() -> None:
    identity, table = run()
    with pytest.raises(ConflictError, match="not those of the submission"):
        evaluate_run(identity, table.slice(1))


def evaluate_in_batches(config: SweepConfig, table: pa.Table, size: int) -> bytes:
    total = len(config.sets.valid)
    plan = [
        {"batch": n, "start": start, "end": min(start + size, total)} for n, start in enumerate(range(0, total, size))
    ]
    done = {item["batch"]: evaluate_batch(config, table, item["start"], item["end"]) for item in reversed(plan)}
    stored = {number: json.loads(canonical_json(batch)) for number, batch in done.items()}
    good, missing = match_batches(plan, stored)
    return canonical_json(collect_results(Identity(config, "revision", "code"), good, missing))


def test_batches_of_any_size_give_equal_bytes() -> None:
    config = SweepConfig.from_dict(BASE | {"grid": GRID})
    table = candles_for(config)
    whole = evaluate_in_batches(config, table, 1_000)
    assert json.loads(whole)["state"] == "succeeded"
    assert [row["set"] for row in json.loads(whole)["rows"]] == list(range(len(config.sets.valid)))
    for size in (1, 2, 7):
        assert evaluate_in_batches(config, table, size) == whole


def test_each_set_of_a_sweep_is_the_run_of_that_set_alone() -> None:
    config = SweepConfig.from_dict(BASE | {"start": "2023-03-25", "end": "2023-05-01", "grid": GRID})
    rows = evaluate_batch(config, candles_for(config), 0, len(config.sets.valid))["rows"]
    for row in rows:
        alone = config.run_config(row["set"])
        simulation = run_once(bars_from_table(candles_for(alone)), alone)
        assert simulation.summary().to_dict() == row["metrics"]


def test_candles_before_the_own_warmup_are_not_seen() -> None:
    config = RunConfig.from_dict(BASE)
    longer = candles_for(RunConfig.from_dict(BASE | {"parameters": {"slow": 500}}))
    short, long = (run_once(bars_from_table(table), config) for table in (candles_for(config), longer))
    assert short.equity.tobytes() == long.equity.tobytes()
    assert len(short.bars) == len(long.bars)


@pytest.mark.parametrize("direction", ["long", "both"])
def test_garbage_in_the_future_moves_nothing_before_it(direction: str) -> None:
    config = RunConfig.from_dict(BASE | {"direction": direction})
    table = candles_for(config)
    honest = run_once(bars_from_table(table), config)
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
        other = run_once(bars_from_table(broken), config)
        done = cut - honest.first
        assert other.equity[:done].tobytes() == honest.equity[:done].tobytes()
        before = [[f for f in s.fills if f.bar < cut] for s in (honest, other)]
        assert before[0] == before[1]


def test_batches_that_do_not_exist_are_refused() -> None:
    config = SweepConfig.from_dict(BASE | {"grid": GRID})
    table = candles_for(config)
    for start, end in [(0, 0), (-1, 2), (0, 99), (5, 4)]:
        with pytest.raises(InvalidParameterError):
            evaluate_batch(config, table, start, end)


def test_range_without_a_bar_is_refused() -> None:
    config = RunConfig.from_dict(BASE)
    with pytest.raises(InsufficientDataError):
        run_once(bars_from_table(candles_for(config).slice(0, 10)), config)
