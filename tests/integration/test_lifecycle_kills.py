"""A worker that dies at any call to AWS, and sixteen identical requests at once: one result, and the right one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.client import BaseClient

from candlecloud.contract.run import RunConfig
from candlecloud.contract.sweep import SweepConfig
from candlecloud.experiments.run import evaluate_run
from candlecloud.fan_out.kinds.sweep import KIND
from candlecloud.jobs import recover_runs
from candlecloud.jobs.context import Context
from candlecloud.jobs.dispatch import start
from candlecloud.jobs.run_inputs import read_inputs
from candlecloud.jobs.submit import submit_fan_out, submit_run
from candlecloud.runs.identity import Identity
from candlecloud.runs.lifecycle import PENDING_LEASE_MS
from candlecloud.store.run_record import RunRecord
from candlecloud.store.stores import Stores
from tests.support.api_world import NOW, api_world, seed
from tests.support.cloud import embedded_stores
from tests.support.contexts import context
from tests.support.inline_dispatcher import InlineDispatcher
from tests.support.swept import stored_files

BASE: dict[str, Any] = {
    "exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma",
    "start": "2023-04-01", "end": "2023-04-10",
}  # fmt: skip
GRID: dict[str, Any] = {"grid": {"fast": [5, 10], "slow": [20, 40]}, "batch_size": 2}


class Killed(BaseException):
    """The process is gone: nothing catches it, nothing is cleaned up."""


class Cloud:
    """Every call to AWS is counted; the process dies before or after the one that is named."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.dies_at: tuple[int, bool] | None = None
        call_api = BaseClient._make_api_call

        def watched(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            at, after = self.dies_at or (-1, False)
            self.calls += 1
            if self.calls == at and not after:
                raise Killed
            answer = call_api(client, operation, parameters)
            if self.calls == at:
                raise Killed
            return answer

        patch.setattr(BaseClient, "_make_api_call", watched)


class MortalDispatcher(InlineDispatcher):
    """Each worker is another one, and has a minute."""

    now = NOW
    workers = 0

    def _context(self) -> Context:
        self.workers += 1
        owner = f"worker {self.workers}"
        return context(self._stores, now=self.now, deadline=self.now + 60_000, dispatcher=self, owner=owner)


@pytest.fixture
def stores() -> Iterator[Stores]:
    with embedded_stores() as found:
        seed(found)
        yield found


@pytest.mark.parametrize("kills", [6, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.parametrize("is_sweep", [False, True])
def test_a_worker_that_dies_anywhere(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, kills: int, is_sweep: bool
) -> None:
    """What it leaves is begun anew without anybody asking, and ends as it would have."""
    cloud, dispatcher = Cloud(monkeypatch), MortalDispatcher(stores, lambda: NOW)
    dice = random.Random(kills)

    def begin(number: int) -> str:
        document = BASE | {"seed": number}
        submission = (
            submit_fan_out(KIND, SweepConfig.from_dict(document | GRID), stores, now=dispatcher.now)
            if is_sweep
            else submit_run(RunConfig.from_dict(document), stores, now=dispatcher.now)
        )
        begun.append(submission.id)
        if submission.is_new:
            start(submission.record, dispatcher)
        return submission.id

    begun: list[str] = []
    start_of_work = cloud.calls
    undisturbed = begin(0)
    needed = cloud.calls - start_of_work
    whole = _result(stores, undisturbed)
    struck = 0
    for number in range(1, kills + 1):
        cloud.calls, cloud.dies_at = 0, (dice.randint(1, needed), dice.random() < 0.5)
        begun.clear()
        try:
            begin(number)
        except Killed:
            struck += 1
        cloud.dies_at = None
        if not begun:  # it died before anybody had a record of it: the user asks again
            begun.append(_opened(stores) or begin(number))
        for _ in range(2):
            dispatcher.now += PENDING_LEASE_MS + 1
            again = context(stores, now=dispatcher.now, dispatcher=dispatcher)
            recover_runs.run(recover_runs.Request(), again)
        record = stores.runs.get(begun[0])
        assert record is not None
        assert (record.state, record.missing_batches) == ("succeeded", 0), (number, record.error)
        found = _result(stores, begun[0])
        if is_sweep:
            assert found.equals(whole), number
        else:
            identity = Identity.read(RunConfig, record.document)
            assert found == evaluate_run(identity, read_inputs(stores, identity.config)).content, number
        assert not list(stores.runs.active())
    assert struck >= 0.9 * kills, "the first work reads more, so a few moments lie behind the end"


@pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_sixteen_identical_requests_are_one_run(rounds: int) -> None:
    with api_world() as world, ThreadPoolExecutor(16) as pool:
        world.dispatcher.deferred = True
        for number in range(rounds):
            body = BASE | {"seed": number}
            answers = list(
                pool.map(lambda _, b=body: world.client.post("/runs", json=b, headers=world.headers("run")), range(16))
            )
            assert {answer.status_code for answer in answers} == {202}
            assert len({answer.headers["location"] for answer in answers}) == 1
            assert len(world.dispatcher._waiting) == 1, "one of the sixteen starts it"
            world.dispatcher.work()
            done = world.client.get(answers[0].headers["location"], headers=world.headers("read")).json()
            assert (done["state"], done["attempt"]) == ("succeeded", 1)


def _opened(stores: Stores) -> str | None:
    """The record of a request that died after it had opened one."""
    found: list[RunRecord] = list(stores.runs.active())
    return found[0].run_id if found else None


def _result(stores: Stores, run_id: str) -> Any:
    if run_id.startswith("sweep_"):
        return pq.read_table(pa.BufferReader(stored_files(stores, run_id)[0])).replace_schema_metadata(None)
    return stores.runs.get_artifact(run_id, "result.json")
