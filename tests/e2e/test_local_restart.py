"""A platform that keeps its state in a folder: what was there is there again, and work under way goes on."""

from __future__ import annotations

import fcntl
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from infra.functions import fan_out_jobs
from infra.local.client import ApiClient
from infra.local.platform import LocalPlatform
from infra.local.state import StateError

MINUTE, HOUR = 60_000, 3_600_000
SERIES = Series.of("binance", "BTC-USDT", "1h")
EVENT = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
CLOCK = "2025-08-17T18:00:30Z"


def ingest_days(platform: LocalPlatform, days: int) -> None:
    now = platform.exchange.now()
    platform.invoke("ingest_candles", {**EVENT, "start": now - days * 24 * HOUR, "end": now})


def everything_stored(platform: LocalPlatform) -> tuple[Any, ...]:
    table = platform.stores.candles.read(SERIES, TimeRange(0, 4_000_000_000_000))
    return table.to_pydict(), platform.stores.index.list_series(), platform.stores.gaps.list()


def test_lake_index_clock_runs_and_tokens_survive(tmp_path: Path) -> None:
    run = {**EVENT, "strategy": "dual_sma", "parameters": {"fast": 5, "slow": 20}}
    with LocalPlatform(tmp_path, clock=CLOCK) as first:
        ingest_days(first, 20)
        first.advance_to(first.exchange.now() + 3 * MINUTE)
        answer = first.api.post("/backtest/run", run).json()
        *_, answer = first.api.wait(f"/runs/{answer['run_id']}", frozenset({"succeeded", "failed"}), timeout_s=60)
        result = first.api.get(f"/runs/{answer['run_id']}/result")
        kept, clock, token = everything_stored(first), first.exchange.now(), first.token
    with LocalPlatform(tmp_path) as second:
        assert everything_stored(second) == kept
        assert second.exchange.now() == clock
        old = ApiClient(second.base_url, token)
        assert old.get(f"/runs/{answer['run_id']}")["state"] == "succeeded"
        assert old.get(f"/runs/{answer['run_id']}/result") == result
        second.exchange.advance(HOUR)
        assert second.scheduler.tick()
        assert second.settle()
        available = second.stores.candles.available_range(SERIES)
        assert available is not None
        assert available.end == (clock + HOUR) // HOUR * HOUR


def test_fresh_starts_empty(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path, clock=CLOCK) as first:
        ingest_days(first, 2)
    with LocalPlatform(tmp_path, clock=CLOCK, fresh=True) as second:
        assert list(second.api.pages("/series", "series")) == []


def test_a_sweep_under_way_is_gone_on_with(tmp_path: Path) -> None:
    sweep = {
        **EVENT,
        "strategy": "dual_sma",
        "grid": {"fast": [2, 3, 4, 5, 6, 7], "slow": [10, 20, 30, 40, 50]},
        "batch_size": 1,
    }
    with LocalPlatform(tmp_path, clock=CLOCK) as first:
        ingest_days(first, 20)
        sweep_id = first.api.post("/sweeps", sweep).json()["sweep_id"]
        first.save()  # while the execution has hardly begun
        saved = (tmp_path / "state.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        (execution,) = json.loads(archive.read("manifest.json"))["extra"]["executions"]
    said = json.loads(execution["input"])
    assert (said["run_id"], said["attempt"]) == (sweep_id, 1)
    assert set(fan_out_jobs()) <= set(said["functions"])
    (tmp_path / "state.zip").write_bytes(saved)  # as if the process had been killed after that save
    with LocalPlatform(tmp_path) as second:
        assert second.settle()
        *_, answer = second.api.wait(f"/sweeps/{sweep_id}", frozenset({"succeeded"}), timeout_s=30)
        assert answer["progress"] == {"sets": 30, "batches_planned": 30, "batches_done": 30, "fraction": 1.0}


def test_two_platforms_do_not_share_a_folder(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(StateError, match="another local platform uses"), LocalPlatform(tmp_path):
            pass
