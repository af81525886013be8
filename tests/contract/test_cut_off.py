"""Lambda's end of time: a wait that ends before it, and runs and sweeps whose computation never came back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from candlecloud.api.app import create_app
from candlecloud.api.dependencies import Dependencies
from candlecloud.store.runs import STALE_MS
from tests.support.api_world import NOW, ApiWorld, api_world

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
    app = create_app(Dependencies(world.stores, world.dispatcher, lambda: NOW + elapsed_ms))
    with TestClient(app, headers=world.headers()) as client:
        yield client


def test_the_wait_ends_before_lambda_does() -> None:
    with api_world(max_wait_s=60) as world, TestClient(InLambda(world.client.app, 4_100)) as client:
        world.dispatcher.deferred = True
        began = time.monotonic()
        answer = client.post("/backtest/run", json=RUN, headers=world.headers())
        assert time.monotonic() - began < 30
        assert (answer.status_code, answer.json()["state"]) == (202, "running")
        assert answer.headers["location"] == f"/runs/{answer.json()['run_id']}"


def test_the_wait_counts_from_the_requests_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    with api_world(max_wait_s=1.5) as world:
        began = time.monotonic()
        monkeypatch.setattr(world.dispatcher, "invoke", lambda job, payload: time.sleep(1.5))
        answer = world.client.post("/backtest/run", json=RUN, headers=world.headers())
        assert answer.status_code == 202
        assert 1.5 <= time.monotonic() - began < 2.9


@pytest.mark.parametrize(("route", "body"), [("/runs", RUN), ("/sweeps", SWEEP)])
def test_what_was_cut_off_is_shown_as_failed_and_can_be_sent_again(route: str, body: dict[str, object]) -> None:
    with api_world() as world:
        world.dispatcher.deferred = True
        place = world.client.post(route, json=body, headers=world.headers()).headers["location"]
        with later(world, STALE_MS - 1) as client:
            assert client.get(place).json()["state"] == "running"
        with later(world, STALE_MS) as client:
            shown = client.get(place)
            assert (shown.json()["state"], shown.json()["error"]["code"]) == ("failed", "execution_failed")
            assert "same request again" in shown.json()["error"]["hint"]
            assert "immutable" not in shown.headers.get("cache-control", "")
            assert client.get(f"{place}/result{'s' if route == '/sweeps' else ''}").status_code == 409

            again = client.post(route, json=body)
            assert (again.status_code, again.headers["location"]) == (202, place)
            assert client.get(place).json()["state"] == "running"
            world.dispatcher.work()
            assert client.get(place).json()["state"] == "succeeded"


def test_a_planned_sweep_that_stopped_keeps_its_count() -> None:
    with api_world() as world:
        world.dispatcher.deferred = True
        place = world.client.post("/sweeps", json=SWEEP, headers=world.headers()).headers["location"]
        sweep_id = place.rpartition("/")[2]
        world.stores.sweeps.put_plan(sweep_id, [{"batch": n} for n in range(4)])
        world.stores.sweeps.set_state(sweep_id, "planned", NOW)
        world.stores.sweeps.put_batch_result(sweep_id, 2, b"{}")
        with later(world, STALE_MS) as client:
            shown = client.get(place).json()
        assert (shown["state"], shown["progress"]["fraction"]) == ("failed", 0.25)
