"""A sweep through the state machine of the template equals the same sweep in one process, bit for bit."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import TransientStoreError
from candlecloud.experiments.sweep import evaluate_batch
from candlecloud.fan_out.batch_file import write_batch
from candlecloud.fan_out.kinds.sweep import KIND
from candlecloud.jobs.run_inputs import read_inputs
from candlecloud.jobs.submit import submit_fan_out
from candlecloud.runs.identity import Identity
from candlecloud.store.aws import AwsClients
from candlecloud.store.dispatch import AwsDispatcher
from candlecloud.store.fan_outs import FanOutStore, Units
from infra.functions import fan_out_jobs
from infra.local.functions import Handler, load_handler
from infra.local.platform import LocalPlatform
from tests.support.swept import collect_sweep, stored_files

HOUR = 3_600_000
EVENT = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
SWEEP: dict[str, Any] = {
    **EVENT,
    "strategy": "dual_sma",
    "grid": {"fast": {"start": 2, "stop": 20, "step": 2}, "slow": [5, 30, 40, 50, 60, 70, 80, 90]},
    "end": "2025-08-18T00:00:00Z",
}
Stored = tuple[bytes, bytes]
"""Rows and header of a sweep's results."""
SETS = 72
"""80 combinations, 8 of which have a fast average of 6 or more bars over a slow one of 5."""


@contextmanager
def filled_platform() -> Iterator[LocalPlatform]:
    with LocalPlatform() as platform:
        end = platform.exchange.now() // HOUR * HOUR
        platform.invoke("ingest_candles", {**EVENT, "start": end - 2_000 * HOUR, "end": end})
        yield platform


def sweep(platform: LocalPlatform, batch_size: int) -> tuple[dict[str, Any], Stored]:
    """Run the sweep through the API and return its answer and the stored results."""
    accepted = platform.api.post("/sweeps", {**SWEEP, "batch_size": batch_size}).json()
    assert (accepted["sets"], accepted["excluded"]) == (SETS, 8)
    *_, answer = platform.api.wait(f"/sweeps/{accepted['sweep_id']}", frozenset({"succeeded", "failed"}), timeout_s=60)
    return answer, stored(platform, accepted["sweep_id"])


def stored(platform: LocalPlatform, sweep_id: str) -> Stored:
    return stored_files(platform.stores, sweep_id)


def in_one_process(platform: LocalPlatform, sweep_id: str) -> Stored:
    record = platform.stores.runs.get(sweep_id)
    assert record is not None
    identity = Identity.read(SweepConfig, record.document)
    inputs = read_inputs(platform.stores, identity.config)
    whole = evaluate_batch(cast(SweepConfig, identity.config), inputs, 0, SETS)
    found = collect_sweep(identity, [{"batch": 0, "start": 0, "end": SETS}], [write_batch(whole)])
    return found.rows, found.header_file


@pytest.mark.parametrize(("batch_size", "batches"), [(1, 72), (7, 11), (100, 1)])
def test_batches_of_any_size_give_the_bytes_of_one_process(batch_size: int, batches: int) -> None:
    with filled_platform() as platform:
        answer, results = sweep(platform, batch_size)
        assert (answer["state"], answer["missing"]) == ("succeeded", [])
        assert answer["progress"]["batches_planned"] == batches
        assert results == in_one_process(platform, answer["sweep_id"])
        (execution,) = executions(platform)
        assert execution["status"] == "SUCCEEDED"
        assert len(execution["output"].encode()) < 32 * 1024, "states carry pointers only"
        assert platform.functions.failed_events == []


def test_a_store_that_does_not_answer_once_costs_no_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    write, silent = FanOutStore.put_batch, [True]

    def put_batch(store: FanOutStore, run_id: str, units: Units, content: bytes) -> None:
        if silent:
            silent.pop()
            raise TransientStoreError("S3 does not answer.")
        write(store, run_id, units, content)

    monkeypatch.setattr(FanOutStore, "put_batch", put_batch)
    with filled_platform() as platform:
        answer, results = sweep(platform, 40)
        assert (answer["state"], answer["missing"], silent) == ("succeeded", [], [])
        assert results == in_one_process(platform, answer["sweep_id"])
        (execution,) = executions(platform)
        said = json.loads(execution["input"])
        assert (said["run_id"], said["attempt"]) == (answer["sweep_id"], 1)
        assert {said["functions"][job] for job in fan_out_jobs()} == {
            f"{platform.functions.parts[job].arn}:1" for job in fan_out_jobs()
        }


def test_a_batch_that_dies_is_started_again() -> None:
    """It leaves nothing, not even a failure; the state machine goes back to it, and to no other."""
    started: list[int] = []

    def mortal(job: str) -> Handler:
        handler = load_handler(job)

        def handle(event: Any, context: Any) -> Any:
            if job == "run_sweep_batch":
                started.append(event["batch"])
                if started.count(1) == 1 == event["batch"]:
                    raise MemoryError("cut off")
            return handler(event, context)

        return handle

    with filled_platform() as platform:
        platform.functions.load = mortal
        answer, results = sweep(platform, 30)
        assert (answer["state"], answer["attempt"], answer["missing"]) == ("succeeded", 1, [])
        assert results == in_one_process(platform, answer["sweep_id"])
        assert sorted(started) == [0, 1, 1, 2]
        (execution,) = executions(platform)
        assert json.loads(execution["output"]) == {"run_id": answer["sweep_id"], "state": "succeeded", "missing": 0}


def test_an_attempt_that_breaks_is_recorded_as_that_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    def put_plan(*_: Any) -> str:
        raise ValueError("a fault of ours")

    with filled_platform() as platform:
        with monkeypatch.context() as patch:
            patch.setattr(FanOutStore, "put_plan", put_plan)
            accepted = platform.api.post("/sweeps", SWEEP).json()
            *_, answer = platform.api.wait(f"/sweeps/{accepted['sweep_id']}", frozenset({"failed"}), timeout_s=60)
            platform.settle()
        assert answer["error"]["code"] == "execution_failed"
        again, _ = sweep(platform, 100)
        assert (again["sweep_id"], again["state"]) == (accepted["sweep_id"], "succeeded")
        started = {execution["name"]: json.loads(execution["input"])["attempt"] for execution in executions(platform)}
        assert sorted(started.values()) == [1, 2]


def executions(platform: LocalPlatform) -> list[dict[str, Any]]:
    client = platform.session.client("stepfunctions")
    (machine,) = client.list_state_machines()["stateMachines"]
    found = client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    return [client.describe_execution(executionArn=execution["executionArn"]) for execution in found]


def test_the_same_sweep_again_is_the_same_sweep() -> None:
    with filled_platform() as platform:
        first, results = sweep(platform, 50)
        again, same = sweep(platform, 20)
        assert (again["sweep_id"], same) == (first["sweep_id"], results)
        assert len(executions(platform)) == 1


def test_an_execution_calls_the_versions_that_its_input_names() -> None:
    called: list[tuple[str, str]] = []

    def older(job: str) -> Handler:
        handler = load_handler(job)

        def handle(event: Any, context: Any) -> Any:
            called.append((job, context.function_version))
            return handler(event, context)

        return handle

    def newest(job: str) -> Handler:
        raise AssertionError(f"the version in use of {job} was called")

    with filled_platform() as platform:
        functions = platform.functions
        pinned = {job: f"{functions.parts[job].arn}:0" for job in fan_out_jobs()}
        config = SweepConfig.from_dict({**SWEEP, "batch_size": 40})
        submission = submit_fan_out(KIND, config, platform.stores, now=time.time_ns() // 1_000_000)
        functions.versions, functions.load = {"0": older}, newest
        machine = functions.parts["api"].environment["CANDLECLOUD_STATE_MACHINE_ARN"]
        dispatcher = AwsDispatcher(AwsClients(platform.session), pinned, machine)
        dispatcher.start_fan_out(submission.id, {"run_id": submission.id, "attempt": 1})
        assert platform.settle()
        record = platform.stores.runs.get(submission.id)
    assert record is not None
    assert record.state == "succeeded"
    assert sorted(called) == [("collect_fan_out", "0"), ("plan_fan_out", "0"), *[("run_sweep_batch", "0")] * 2]
