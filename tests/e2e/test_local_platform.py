"""The platform on one machine: up, woken by its own schedules in recorded time."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from candlecloud.market.series import Series
from infra.local.client import ApiClient
from infra.local.http_server import PortInUseError, bind
from infra.local.platform import FunctionFailedError, LocalPlatform

MINUTE, HOUR = 60_000, 3_600_000
SERIES = Series.of("binance", "BTC-USDT", "1h")
EVENT = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
CLOCK = "2025-08-17T18:00:30Z"


@pytest.fixture(scope="module")
def platform() -> Iterator[LocalPlatform]:
    """A platform with ten days of hours."""
    with LocalPlatform(clock=CLOCK) as running:
        now = running.exchange.now()
        running.invoke("ingest_candles", {**EVENT, "start": now - 240 * HOUR, "end": now})
        yield running


def last_open_time(platform: LocalPlatform) -> int:
    available = platform.stores.candles.available_range(SERIES)
    assert available is not None
    return available.end - HOUR


@pytest.mark.parametrize("path", ["/live", "/ready", "/openapi.json", "/docs"])
def test_open_routes_answer_without_a_token(platform: LocalPlatform, path: str) -> None:
    assert ApiClient(platform.base_url).send("GET", path, headers={"Accept": "*/*"}).status == 200


def test_every_other_route_wants_a_token(platform: LocalPlatform) -> None:
    reply = ApiClient(platform.base_url).send("GET", "/series")
    assert (reply.status, reply.json()["code"]) == (401, "unauthorized")


def test_the_minted_token_opens_the_platform(platform: LocalPlatform) -> None:
    series = [item for item in platform.api.pages("/series", "series") if item["symbol"] == "BTC-USDT"]
    assert ("binance", "1h") in [(item["exchange"], item["timeframe"]) for item in series]
    jobs = {job["job"]: job for job in platform.api.get("/health")["jobs"]}
    assert jobs["ingest_candles"]["last_success"] is not None


def test_it_listens_on_loopback_only(platform: LocalPlatform) -> None:
    assert urlsplit(platform.base_url).hostname == "127.0.0.1"
    other = socket.gethostbyname(socket.gethostname())
    if not other.startswith("127."):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((other, urlsplit(platform.base_url).port or 0), timeout=2)


def test_a_port_in_use_is_said_clearly(platform: LocalPlatform) -> None:
    port = urlsplit(platform.base_url).port
    assert port is not None
    with pytest.raises(PortInUseError, match=f"port {port} on 127.0.0.1 is not free.*--port"):
        bind(port)


def test_one_platform_per_process(platform: LocalPlatform) -> None:
    with pytest.raises(RuntimeError, match="already running"), LocalPlatform():
        pass
    assert platform.api.get("/live") == {"status": "live"}


def test_the_gateway_refuses_a_body_above_its_limit(platform: LocalPlatform) -> None:
    reply = platform.api.send("POST", "/backtest/run", body=b'{"x":"' + b"a" * 10_500_000 + b'"}')
    assert (reply.status, reply.json()["code"]) == (413, "body_too_large")
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_schedule_fires_as_the_clock_moves_and_ingests_the_new_candle(platform: LocalPlatform) -> None:
    before = last_open_time(platform)
    requests = len(platform.exchange.requests.entries())
    close = (platform.exchange.now() // HOUR + 1) * HOUR
    platform.advance_to(close + 3 * MINUTE)
    assert before < last_open_time(platform) == close - HOUR
    assert len(platform.exchange.requests.entries()) > requests
    served = platform.api.get("/candles", exchange="binance", symbol="BTC-USDT", timeframe="1h", start=close - HOUR)
    assert [candle["open_time_ms"] for candle in served["candles"]] == [close - HOUR]
    assert [event for event in platform.functions.failed_events if event.job == "ingest_candles"] == []


def test_an_event_that_comes_twice_does_the_work_once(platform: LocalPlatform) -> None:
    event = {**EVENT, "scheduled_at": "2025-08-01T00:02:00Z"}
    assert platform.invoke("ingest_candles", event)["skipped"] is None
    requests = len(platform.exchange.requests.entries())
    assert platform.invoke("ingest_candles", event)["skipped"] is not None
    assert len(platform.exchange.requests.entries()) == requests


def test_the_ticker_fires_by_itself_while_the_clock_runs(platform: LocalPlatform) -> None:
    import threading

    fired = threading.Event()
    platform.exchange.set_clock(platform.exchange.now(), 6_000.0)
    platform.scheduler.start(lambda _: fired.set())
    assert fired.wait(20)
    platform.scheduler.stop()
    platform.exchange.set_clock(platform.exchange.now(), 0.0)
    assert platform.settle()


def test_a_failing_function_says_why(platform: LocalPlatform) -> None:
    with pytest.raises(FunctionFailedError, match="InvalidTimeframeError") as caught:
        platform.invoke("ingest_candles", {**EVENT, "timeframe": "1M"})
    assert caught.value.error["errorType"] == "InvalidTimeframeError"


def test_the_snapshot_and_the_platform_agree_on_every_event(platform: LocalPlatform) -> None:
    for part in platform.scheduler.parts:
        assert platform.functions.find(part.target_arn)[0].job in part.name
        assert json.loads(part.input)["scheduled_at"] == "<aws.scheduler.scheduled-time>"
