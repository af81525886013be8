"""Every committed event, sent to its real handler on the local platform."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from candlecloud.contract.run import RunConfig
from candlecloud.contract.sweep import SweepConfig
from candlecloud.fan_out.kinds.sweep import KIND
from candlecloud.jobs.submit import submit_fan_out, submit_run
from infra.local.gateway import Gateway
from infra.local.parts import read_gateway
from infra.local.platform import LocalPlatform

EVENTS = Path(__file__).resolve().parents[2] / "events"
HOUR = 3_600_000
SERIES = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
STRATEGY = {**SERIES, "strategy": "dual_sma", "start": "2025-08-10T00:00:00Z", "end": "2025-08-18T00:00:00Z"}


def event_of(job: str) -> dict[str, Any]:
    return dict(json.loads((EVENTS / f"{job}.json").read_text()))


@pytest.fixture(scope="module")
def platform() -> Iterator[LocalPlatform]:
    with LocalPlatform() as running:
        end = running.exchange.now() // HOUR * HOUR
        running.invoke("ingest_candles", {**SERIES, "start": end - 600 * HOUR, "end": end})
        yield running


def test_every_function_has_an_event_and_every_event_a_function(platform: LocalPlatform) -> None:
    assert {path.stem for path in EVENTS.glob("*.json")} == set(platform.functions.parts)


@pytest.mark.parametrize("job", ["ingest_candles", "detect_gaps", "backfill_candles"])
def test_events_of_data_jobs(platform: LocalPlatform, job: str) -> None:
    report = platform.invoke(job, event_of(job))
    assert report["series"] == "binance/BTC-USDT/1h"


def test_event_of_the_index(platform: LocalPlatform) -> None:
    assert platform.invoke("reindex_series", event_of("reindex_series"))["series"] == 1


def test_event_of_a_run(platform: LocalPlatform) -> None:
    run_id = submit_run(
        RunConfig.from_dict({**STRATEGY, "parameters": {"fast": 4, "slow": 9}}), platform.stores, now=_now(platform)
    ).id
    assert platform.invoke("run_backtest", {**event_of("run_backtest"), "run_id": run_id})["state"] == "succeeded"
    assert platform.api.get(f"/runs/{run_id}")["state"] == "succeeded"


def test_event_of_a_preview(platform: LocalPlatform) -> None:
    report = platform.invoke("preview_series", event_of("preview_series"))
    assert report["error"] is None
    newest = report["answer"]["rows"][-1]
    through_the_api = platform.api.get("/features/preview", **SERIES, feature="ema", window=20, limit=1)["rows"][0]
    assert (newest["close_time"], newest["values"]["ema"]) == (
        through_the_api["close_time_ms"],
        through_the_api["values"],
    )


def test_event_of_a_file_of_signals(platform: LocalPlatform) -> None:
    body = b"open_time,target\n2025-08-10T00:00:00Z,1\n2025-08-10T01:00:00Z,0\n"
    event = event_of("check_signals")
    assert (hashlib.sha256(body).hexdigest(), len(body)) == (event["sha256"], event["bytes"])
    platform.stores.signals.put_upload(event["sha256"], body, event["content_type"])
    report = platform.invoke("check_signals", event)
    assert report["error"] is None
    assert report["answer"]["rows"] == 2
    assert platform.stores.signals.get(report["answer"]["signals_id"]) is not None


def test_events_of_a_sweep(platform: LocalPlatform) -> None:
    grid = {"fast": {"start": 1, "stop": 10, "step": 1}, "slow": {"start": 11, "stop": 20, "step": 1}}
    document = {**STRATEGY, "grid": grid, "batch_size": 100}
    sweep_id = submit_fan_out(KIND, SweepConfig.from_dict(document), platform.stores, now=_now(platform)).id
    for job in ("plan_fan_out", "run_sweep_batch", "collect_fan_out"):
        report = platform.invoke(job, {**event_of(job), "run_id": sweep_id})
    assert (report["state"], report["missing"]) == ("succeeded", 0)
    assert platform.api.get(f"/sweeps/{sweep_id}")["progress"]["batches_done"] == 1


def test_event_of_a_broken_sweep(platform: LocalPlatform) -> None:
    document = {**STRATEGY, "grid": {"fast": [2], "slow": [3]}}
    sweep_id = submit_fan_out(KIND, SweepConfig.from_dict(document), platform.stores, now=_now(platform)).id
    platform.invoke("fail_fan_out", {**event_of("fail_fan_out"), "run_id": sweep_id})
    answer = platform.api.get(f"/sweeps/{sweep_id}")
    assert (answer["state"], answer["error"] is None) == ("failed", False)


def test_event_of_the_api(platform: LocalPlatform) -> None:
    answer = platform.invoke("api", event_of("api"))
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"status": "live"})


def test_the_local_gateway_sends_what_api_gateway_sends(platform: LocalPlatform) -> None:
    gateway = Gateway(read_gateway(platform.template), platform.functions)
    scope = {"method": "GET", "path": "/live", "query_string": b"", "headers": [(b"accept", b"application/json")]}
    local, real = gateway.event(scope, b"", "id"), event_of("api")
    gateway.close()
    assert set(local) == set(real)
    assert set(local["requestContext"]) <= set(real["requestContext"])
    assert {name: type(local[name]) for name in ("path", "headers", "multiValueHeaders", "isBase64Encoded")} == {
        name: type(real[name]) for name in ("path", "headers", "multiValueHeaders", "isBase64Encoded")
    }


def _now(platform: LocalPlatform) -> int:
    """When the lake was last written to, which is when a run can be pinned."""
    return max(int(series["updated_at_ms"]) for series in platform.api.pages("/series", "series")) + 1
