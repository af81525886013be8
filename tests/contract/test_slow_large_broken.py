"""What needs a world of its own: slow runs, large answers, stores that fail. One world per test, none per module."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest

from candlecloud.api.negotiation import PARQUET
from candlecloud.errors import TransientStoreError
from candlecloud.fan_out import plan
from tests.support.api_world import NOW, api_world

BTC = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma"}
RUN = {**BTC, "parameters": {"fast": 20, "slow": 50}}
SWEEP = {**BTC, "grid": {"fast": [5, 10, 20], "slow": {"start": 10, "stop": 50, "step": 10}}}


def test_a_long_run_is_202_until_it_has_ended() -> None:
    with api_world(max_wait_s=0.05) as world:
        world.dispatcher.deferred = True
        answer = world.client.post("/backtest/run", json=RUN, headers=world.headers())
        assert (answer.status_code, answer.json()["state"]) == (202, "pending")
        assert answer.json()["metrics"] is None
        assert answer.headers["retry-after"] == "2"
        place = answer.headers["location"]
        early = world.client.get(f"{place}/result", headers=world.headers())
        assert (early.status_code, early.json()["code"]) == (409, "conflict")
        world.dispatcher.work()
        assert world.client.get(place, headers=world.headers()).json()["state"] == "succeeded"
        assert world.client.post("/backtest/run", json=RUN, headers=world.headers()).status_code == 200


def test_what_could_not_be_started_can_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_answer(*_: object) -> None:
        raise TransientStoreError("Could not start it.")

    with api_world() as world:
        for method, route, body in (("invoke", "/backtest/run", RUN), ("start_fan_out", "/sweeps", SWEEP)):
            with monkeypatch.context() as patch:
                patch.setattr(world.dispatcher, method, no_answer)
                failed = world.client.post(route, json=body, headers=world.headers())
            assert (failed.status_code, failed.json()["code"]) == (503, "store_unavailable")
            assert int(failed.headers["retry-after"]) >= 1
            again = world.client.post(route, json=body, headers=world.headers())
            assert again.status_code in (200, 202)
            ended = world.client.get(again.json()["links"]["self"], headers=world.headers())
            assert ended.json()["state"] == "succeeded"


def test_progress_of_a_sweep_that_runs() -> None:
    with api_world() as world:
        world.dispatcher.deferred = True
        sent = {**SWEEP, "batch_size": 5}
        place = world.client.post("/sweeps", json=sent, headers=world.headers()).headers["location"]
        waiting = world.client.get(place, headers=world.headers()).json()
        assert waiting["progress"] == {"sets": 12, "batches_planned": 3, "batches_done": 0, "fraction": 0.0}
        early = world.client.get(f"{place}/results", headers=world.headers())
        assert (early.status_code, early.json()["code"]) == (409, "conflict")

        sweep_id = place.rpartition("/")[2]
        world.stores.runs.claim(sweep_id, 1, "attempt 1", NOW, NOW + 1)
        world.stores.fan_outs.put_batch(sweep_id, (5, 10), b"{}")
        half = world.client.get(place, headers=world.headers()).json()
        assert half["progress"] == {"sets": 12, "batches_planned": 3, "batches_done": 1, "fraction": 0.333333}
        world.dispatcher.work()
        assert world.client.get(place, headers=world.headers()).json()["progress"]["fraction"] == 1.0


def test_a_sweep_that_would_not_end_is_refused_with_an_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "FAN_OUT_TIMEOUT_S", 20)
    sent = {**SWEEP, "batch_size": 1}  # twelve batches of two seconds and a bit
    with api_world(batches_at_once=1) as world:
        refused = world.client.post("/sweeps", json=sent, headers=world.headers())
        said = refused.json()
        assert (refused.status_code, said["code"]) == (422, "invalid_parameter")
        assert "This may take 24 s: 12 batches of up to 2 s, 1 at a time. Allowed are 16 s." in said["detail"]
        assert (said["details"]["estimated_seconds"], said["details"]["batches"]) == (24, 12)
        assert not list(world.stores.runs.active()), "nothing was opened"
    with api_world(batches_at_once=2) as world:
        assert world.client.post("/sweeps", json=sent, headers=world.headers()).status_code == 202


def test_large_answers_leave_by_a_link() -> None:
    with api_world(max_inline_bytes=2_000) as world:
        run = world.client.post("/backtest/run", json=RUN, headers=world.headers()).json()
        place = world.client.post("/sweeps", json=SWEEP, headers=world.headers()).headers["location"]
        for url, accept in (
            (run["links"]["result"], "*/*"),
            (f"{place}/results", "*/*"),
            (f"{place}/results", PARQUET),
        ):
            answer = world.client.get(url, headers=world.headers() | {"Accept": accept}, follow_redirects=False)
            assert answer.status_code == 303
            assert answer.content == b""
            link = urlsplit(answer.headers["location"])
            key = unquote(link.path).lstrip("/")
            assert "X-Amz-Expires=900" in link.query
            stored = world.stores.objects.get(key.removeprefix(f"{world.stores.objects.bucket}/"))
            assert stored is not None
            assert len(stored.body) > 2_000


def test_errors_of_ours_show_nothing_but_an_id(capsys: pytest.CaptureFixture[str]) -> None:
    with api_world() as world, pytest.MonkeyPatch.context() as patch:

        def broken(**_: object) -> None:
            raise RuntimeError("s3://secret-bucket at 10.0.0.1")

        patch.setattr(world.stores.index, "list_series", broken)
        answer = world.client.get("/series", headers=world.headers())
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        assert "secret" not in answer.text
        assert "10.0.0.1" not in answer.text
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        logged = capsys.readouterr().out
        assert "secret-bucket" in logged
        assert answer.headers["x-request-id"] in logged

        def silent(**_: object) -> None:
            raise TransientStoreError("Could not read the index.", reason="Throttling")

        patch.setattr(world.stores.index, "list_series", silent)
        assert world.client.get("/series", headers=world.headers()).json()["code"] == "store_unavailable"
        assert world.client.get("/ready").json()["code"] == "not_ready"
        assert world.client.get("/live").status_code == 200
