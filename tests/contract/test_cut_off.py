"""Lambda's end of time: a wait that ends before it, and runs and sweeps whose computation never came back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from candlecloud.api.app import create_app
from candlecloud.api.app_context import AppContext
from candlecloud.jobs import recover_runs
from candlecloud.runs.lifecycle import MAX_ATTEMPTS, PENDING_LEASE_MS
from candlecloud.store.run_record import NewRun
from tests.support.api_world import NOW, ApiWorld, api_world
from tests.support.contexts import context

BTC = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma"}
RUN = {**BTC, "parameters": {"fast": 20, "slow": 50}}
SWEEP = {**BTC, "grid": {"fast": [5, 10], "slow": [20, 50]}}


class InLambda:
    """An application as mangum calls it, in an invocation that has so many milliseconds left."""

    def __init__(self, app: ASGIApp, left_ms: int) -> None:
        self.app = app
        self.left_ms = left_ms

    def get_remaining_time_in_millis(self) -> int:
        return self.left_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "aws.context": self}, receive, send)


@contextmanager
def later(world: ApiWorld, elapsed_ms: int) -> Iterator[TestClient]:
    """The same stores and dispatcher behind an API whose clock has moved on."""
    app = create_app(AppContext(world.stores, world.dispatcher, lambda: NOW + elapsed_ms))
    with TestClient(app, headers=world.headers()) as client:
        yield client


def test_the_wait_ends_before_lambda_does() -> None:
    with api_world(max_wait_s=60) as world, TestClient(InLambda(world.client.app, 4_100)) as client:
        world.dispatcher.deferred = True
        began = time.monotonic()
        answer = client.post("/backtest/run", json=RUN, headers=world.headers())
        assert time.monotonic() - began < 30
        assert (answer.status_code, answer.json()["state"]) == (202, "pending")
        assert answer.headers["location"] == f"/runs/{answer.json()['run_id']}"


def test_the_wait_counts_from_the_requests_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    with api_world(max_wait_s=1.5) as world:
        began = time.monotonic()
        monkeypatch.setattr(world.dispatcher, "invoke", lambda *_: time.sleep(1.5))
        answer = world.client.post("/backtest/run", json=RUN, headers=world.headers())
        assert answer.status_code == 202
        assert 1.5 <= time.monotonic() - began < 2.9


@pytest.mark.parametrize(("route", "body"), [("/runs", RUN), ("/sweeps", SWEEP)])
def test_what_was_cut_off_is_begun_anew_by_itself(route: str, body: dict[str, object]) -> None:
    with api_world() as world:
        world.dispatcher.deferred = True
        answer = world.client.post(route, json=body, headers=world.headers())
        place = answer.headers["location"]
        assert (answer.status_code, answer.json()["state"]) == (202, "pending")
        world.dispatcher.drop()  # the start was lost
        for attempt in range(2, MAX_ATTEMPTS + 1):
            recover(world, (attempt - 1) * PENDING_LEASE_MS)
            shown = world.client.get(place, headers=world.headers())
            assert (shown.json()["state"], shown.json()["attempt"]) == ("pending", attempt)
            assert "immutable" not in shown.headers.get("cache-control", "")
            world.dispatcher.drop()
        recover(world, MAX_ATTEMPTS * PENDING_LEASE_MS)
        shown = world.client.get(place, headers=world.headers())
        assert (shown.json()["state"], shown.json()["error"]["code"]) == ("failed", "execution_failed")
        assert "same request again" in shown.json()["error"]["hint"]
        results = f"{place}/result{'s' if route == '/sweeps' else ''}"
        assert world.client.get(results, headers=world.headers()).status_code == 409

        again = world.client.post(route, json=body, headers=world.headers())
        assert (again.status_code, again.headers["location"]) == (202, place)
        world.dispatcher.work()
        ended = world.client.get(place, headers=world.headers()).json()
        assert (ended["state"], ended["attempt"]) == ("succeeded", MAX_ATTEMPTS + 1)


def test_the_same_request_takes_over_from_a_start_that_was_lost() -> None:
    with api_world() as world:
        world.dispatcher.deferred = True
        place = world.client.post("/runs", json=RUN, headers=world.headers()).headers["location"]
        world.dispatcher.drop()
        with later(world, PENDING_LEASE_MS - 1) as client:
            assert client.post("/runs", json=RUN).json()["attempt"] == 1
        with later(world, PENDING_LEASE_MS) as client:
            assert client.post("/runs", json=RUN).json()["attempt"] == 2
            world.dispatcher.work()
            assert client.get(place).json()["state"] == "succeeded"


def test_a_sweep_under_way_shows_how_far_it_is() -> None:
    with api_world() as world:
        world.dispatcher.deferred = True
        place = world.client.post("/sweeps", json=SWEEP | {"batch_size": 1}, headers=world.headers()).headers[
            "location"
        ]
        sweep_id = place.rpartition("/")[2]
        world.stores.runs.claim(sweep_id, 1, "me", NOW, NOW + 1)
        world.stores.fan_outs.put_batch(sweep_id, (2, 3), b"{}")
        shown = world.client.get(place, headers=world.headers()).json()
        assert (shown["state"], shown["progress"]["batches_planned"], shown["progress"]["fraction"]) == (
            "running",
            4,
            0.25,
        )


def test_a_sweep_that_a_version_before_left_running_is_shown() -> None:
    """Its record does not say how it was cut; what `recover_runs` makes of it is another matter."""
    with api_world() as world:
        world.dispatcher.deferred = True
        place = world.client.post("/sweeps", json=SWEEP, headers=world.headers()).headers["location"]
        record = world.stores.runs.get(place.rpartition("/")[2])
        assert record is not None
        old = NewRun(f"sweep_{'0' * 32}", "tune", record.document, {}, {"sets": 4, "excluded": 0, "batches": 2})
        world.stores.runs.open(old, NOW)
        world.stores.runs.claim(old.run_id, 1, "me", NOW, NOW + 1)
        shown = world.client.get(f"/sweeps/{old.run_id}", headers=world.headers()).json()
        assert (shown["state"], shown["progress"]["batches_done"]) == ("running", 0)


def recover(world: ApiWorld, elapsed_ms: int) -> None:
    """Let the schedule of `recover_runs` fire."""
    recover_runs.run(recover_runs.Request(), context(world.stores, now=NOW + elapsed_ms, dispatcher=world.dispatcher))
