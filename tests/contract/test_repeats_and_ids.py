"""Idempotency-Key, X-Request-Id, health, and errors of our own making."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from starlette.testclient import TestClient

from candlecloud.jobs.backfill_candles import Request
from candlecloud.market.series import Series
from tests.support.api_world import ApiWorld

BACKFILL = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
RUN = {**BACKFILL, "strategy": "dual_sma"}


def test_a_repeat_gets_the_same_answer_and_does_nothing(world: ApiWorld) -> None:
    headers = world.headers("data:write") | {"Idempotency-Key": "once"}
    before = len(world.dispatcher.backfills)
    first = world.client.post("/ingestion/backfill", json=BACKFILL, headers=headers)
    again = world.client.post("/ingestion/backfill", json=BACKFILL, headers=headers)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert first.headers["location"] == again.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(world.dispatcher.backfills) == before + 1


@pytest.mark.parametrize("span", [{"start": "2023-05-01"}, {"start": 1682899200000, "end": "2023-05-02T00:00+01:00"}])
def test_the_job_reads_what_the_api_hands_over(world: ApiWorld, span: dict[str, object]) -> None:
    body = {"exchange": "kraken", "coin": "BTC/USD", "timeframe": "24h", **span}
    assert world.client.post("/ingestion/backfill", json=body, headers=world.headers("data:write")).status_code == 202
    request = Request.from_event(world.dispatcher.backfills[-1])
    assert request.series == Series.of("kraken", "BTC-USD", "1d")
    assert request.start == 1682899200000
    assert request.end == (1682982000000 if "end" in span else None)


@pytest.mark.parametrize(
    ("span", "said"), [({}, "No candle of kraken/BTC-USD/1d is stored yet"), ({"start": "2099-01-01"}, "in the future")]
)
def test_what_the_job_could_only_fail_at_is_refused_at_once(
    world: ApiWorld, span: dict[str, object], said: str
) -> None:
    body = {"exchange": "kraken", "symbol": "BTC-USD", "timeframe": "1d", **span}
    before = len(world.dispatcher.backfills)
    answer = world.client.post("/ingestion/backfill", json=body, headers=world.headers("data:write"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_range")
    assert said in answer.json()["message"]
    assert len(world.dispatcher.backfills) == before


def test_candles_as_of_a_time_to_come_are_refused(world: ApiWorld) -> None:
    path = "/candles?exchange=binance&symbol=BTC-USDT&timeframe=1h&as_of=2099-01-01"
    answer = world.client.get(path, headers=world.headers("read"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_range")


def test_a_key_belongs_to_one_caller_one_route_and_one_body(world: ApiWorld) -> None:
    key = {"Idempotency-Key": "shared"}
    mine = world.client.post("/ingestion/backfill", json=BACKFILL, headers=world.headers("data:write") | key)
    other_caller = world.client.post("/ingestion/backfill", json=BACKFILL, headers=world.headers("admin") | key)
    other_route = world.client.post("/backtest/run", json=RUN, headers=world.headers("admin") | key)
    other_body = world.client.post(
        "/ingestion/backfill", json=BACKFILL | {"start": "2023-05-01"}, headers=world.headers("admin") | key
    )
    assert [a.status_code for a in (mine, other_caller, other_route, other_body)] == [202, 202, 200, 409]
    assert other_body.json()["code"] == "idempotency_conflict"


def test_a_refused_request_leaves_its_key_free(world: ApiWorld) -> None:
    headers = world.headers() | {"Idempotency-Key": "second-try"}
    refused = world.client.post("/ingestion/backfill", json=BACKFILL | {"timeframe": "1M"}, headers=headers)
    accepted = world.client.post("/ingestion/backfill", json=BACKFILL, headers=headers)
    assert [refused.status_code, accepted.status_code] == [422, 202]


def test_a_key_in_use_is_a_conflict(world: ApiWorld) -> None:
    key = {"Idempotency-Key": "slow"}
    inner = []

    class Slow:
        """Sends the same request again, on another loop, while the first is being answered."""

        def invoke(self, job: str, payload: object) -> None:
            thread = threading.Thread(target=send_again)
            thread.start()
            thread.join()

    def send_again() -> None:
        inner.append(TestClient(app).post("/ingestion/backfill", json=BACKFILL, headers=world.headers() | key))

    app = world.client.app
    kept = app.state.context
    app.state.context = type(kept)(kept.stores, Slow(), kept.clock, kept.options)
    try:
        outer = world.client.post("/ingestion/backfill", json=BACKFILL, headers=world.headers() | key)
    finally:
        app.state.context = kept
    assert (outer.status_code, inner[0].status_code, inner[0].json()["code"]) == (202, 409, "conflict")


@pytest.mark.parametrize("given", ["12345678", "a" * 128, "trace.1_2-3"])
def test_a_good_request_id_is_kept(world: ApiWorld, given: str) -> None:
    assert world.client.get("/live", headers={"X-Request-Id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "short", "a" * 129, "with space", "ünïcödé-id"])
def test_another_one_is_replaced(world: ApiWorld, given: str) -> None:
    answer = world.client.get("/series", headers=[("X-Request-Id", given.encode("latin-1"))])
    assert answer.headers["x-request-id"] not in ("", given)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_health_counts_without_telling_where(world: ApiWorld) -> None:
    body = world.client.get("/health", headers=world.headers("read")).json()
    late, good = body["jobs"]
    assert body["status"] == "degraded"
    assert (late["job"], late["status"], late["last_error"]) == ("detect_gaps", "stalled", "TransientStoreError")
    assert (late["age_s"], late["allowed_age_s"], late["stalled_by_s"]) == (100_000.0, 93_600, 6_400.0)
    assert (good["status"], good["consecutive_failures"], good["stalled_by_s"]) == ("ok", 0, 0.0)
    assert "10.0.0.1" not in str(body)


def test_the_page_for_people_loads_nothing_from_elsewhere(world: ApiWorld) -> None:
    page = world.client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for word in ("<script", "<link", 'href="http', "href='", "src=", "url(", "@import"):
        assert word not in page.text
    assert 'id="invalid_timeframe"' in page.text, "the problem type points here"


def test_the_api_needs_no_numpy_and_no_ccxt() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_NUMPY], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = sys.modules["ccxt"] = None
from types import SimpleNamespace
from starlette.testclient import TestClient
from candlecloud.api import openapi
from candlecloud.api.app import create_app
from candlecloud.api.app_context import AppContext
from candlecloud.catalogue import FEATURES, STRATEGIES
from candlecloud.errors import TransientStoreError
from candlecloud.contract.run import RunConfig
from candlecloud.contract.sweep import SweepConfig
from candlecloud.strategies.rules.examples import EXAMPLES

openapi.as_json(create_app(None))

def ask(job, payload):
    raise TransientStoreError("The request was good enough to be computed.")

token = SimpleNamespace(scopes=["admin"], token_id="1")
stores = SimpleNamespace(tokens=SimpleNamespace(lookup=lambda text: token))
app = create_app(AppContext(stores, SimpleNamespace(ask=ask), lambda: 1))
client = TestClient(app, headers={"Authorization": "Bearer x"})
series = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
for path in ("/features", "/strategies"):
    assert client.get(path).status_code == 200
for name in FEATURES:
    assert client.get("/features/preview", params={**series, "feature": name}).status_code == 503
assert client.get("/indicators", params=series).status_code == 503
for name in STRATEGIES:
    assert client.get("/signals", params={**series, "strategy": name}).status_code == 503
    assert RunConfig.from_dict({**series, "strategy": name}).warmup_bars
for rules in EXAMPLES.values():
    assert client.post("/signals", json={**series, "rules": rules}).status_code == 503
    assert RunConfig.from_dict({**series, "strategy": "rules", "rules": rules}).warmup_bars
for model in ("fixed_fraction", "volatility_target", "kelly_fraction"):
    sweep = {**series, "strategy": "dual_sma", "grid": {"fast": [5, 10]}, "sizing": {"model": model}}
    assert SweepConfig.from_dict(sweep).warmup_bars
"""
