"""Control endpoints, request log, the command, and the recorded files themselves."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.replay import ReplayExchange
from infra.local.replay.recorded import DEFAULT_FOLDER, Recordings
from tests.support.replay import connect

ROOT = Path(__file__).parents[2]
MANIFEST = json.loads((DEFAULT_FOLDER / "manifest.json").read_text())


def test_clock_over_http(market: ReplayExchange) -> None:
    url = f"{market.base_url}/_replay/clock"
    assert requests.get(url).json() == {"now_ms": 1_755_541_200_000, "now": "2025-08-18T18:20:00.000Z", "rate": 0.0}
    moved = requests.post(url, json={"now": "2024-01-01T00:00:00Z", "advance_ms": 60_000}).json()
    assert moved["now"] == "2024-01-01T00:01:00.000Z"
    assert requests.post(url, json={"rate": 1000}).json()["rate"] == 1000.0
    before = requests.get(url).json()["now_ms"]
    time.sleep(0.02)
    assert requests.get(url).json()["now_ms"] >= before + 20_000
    assert market.now() > moved["now_ms"]


def test_faults_over_http(market: ReplayExchange) -> None:
    url = f"{market.base_url}/_replay/faults"
    fault = {"name": "rate_limit_429", "symbol": "BTCUSDT", "times": 1, "options": {"retry_after_s": 2}}
    added = requests.post(url, json=fault).json()
    requests.post(url, json={"name": "off_grid", "window": ["2025-08-18T00:00:00Z", "2025-08-19T00:00:00Z"]})
    listed = requests.get(url).json()["faults"]
    assert [entry["name"] for entry in listed] == ["rate_limit_429", "off_grid"]
    assert listed[1]["window"] == [1_755_475_200_000, 1_755_561_600_000]
    refused = requests.get(f"{market.base_url}/binance/api/v3/klines?symbol=BTCUSDT&interval=1h")
    assert (refused.status_code, refused.headers["Retry-After"], refused.json()["code"]) == (429, "2", -1003)
    assert requests.delete(f"{url}/{added['id']}").json() == {"cleared": 1}
    assert requests.delete(f"{url}/{added['id']}").json() == {"cleared": 0}
    assert requests.delete(url).json() == {"cleared": 1}


def test_request_log(market: ReplayExchange) -> None:
    for path in ("time", "time", "klines?symbol=NOSUCH&interval=1h"):
        requests.get(f"{market.base_url}/binance/api/v3/{path}")
    requests.get(f"{market.base_url}/kraken/0/public/Time")
    log = requests.get(f"{market.base_url}/_replay/requests?venue=binance&limit=2").json()
    assert log["total"] == 4
    assert {(entry["path"], entry["status"]): entry["count"] for entry in log["counts"]} == {
        ("/api/v3/time", 200): 2,
        ("/api/v3/klines", 400): 1,
        ("/0/public/Time", 200): 1,
    }
    assert [entry["path"] for entry in log["recent"]] == ["/api/v3/time", "/api/v3/klines"]
    assert log["recent"][1]["query"] == {"symbol": "NOSUCH", "interval": "1h"}
    assert requests.delete(f"{market.base_url}/_replay/requests").json()["total"] == 0


def test_overview_names_urls_and_series(market: ReplayExchange) -> None:
    overview = requests.get(f"{market.base_url}/_replay/").json()
    assert overview["base_urls"] == market.base_urls()
    assert overview["series"]["binance/BTC-USDT/1m"] == {
        "first_open_time": "2025-05-20T00:00:00.000Z",
        "end": "2025-08-18T18:27:00.000Z",
    }
    assert set(overview["series"]) == {
        "binance/BTC-USDT/1h",
        "binance/BTC-USDT/1m",
        "binance/ETH-USDT/1h",
        "binance/ETH-USDT/1m",
        "binance/NEAR-USDT_USDT/1m",
        "kraken/BTC-USD/1h",
        "kucoin/BTC-USDT/1h",
        "kucoin/ETH-USDT/1h",
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "clock", {"time": 1}, 400, "use now, advance_ms or rate"),
        ("POST", "clock", {"now": "yesterday"}, 400, "give ms UTC or ISO-8601"),
        ("POST", "clock", [1], 400, "must be a JSON object"),
        ("DELETE", "clock", {}, 405, "GET and POST"),
        ("POST", "faults", {"name": "earthquake"}, 400, "use one of"),
        ("GET", "weather", {}, 404, "no such control path"),
    ],
)
def test_bad_control_requests_say_what_to_do(
    market: ReplayExchange, method: str, path: str, body: Any, status: int, message: str
) -> None:
    answer = requests.request(method, f"{market.base_url}/_replay/{path}", json=body)
    assert answer.status_code == status
    assert message in answer.json()["error"]


def test_unknown_venue_is_not_found(market: ReplayExchange) -> None:
    assert requests.get(f"{market.base_url}/nowhere/api").status_code == 404


def test_many_threads_see_whole_pages(market: ReplayExchange) -> None:
    """Twelve clients at once, one keep-alive connection each: every page is right and every request is counted."""
    start = market.now() - 999 * 60_000
    wrong: list[int] = []

    def read() -> None:
        binance = connect("binance", market)
        for _ in range(5):
            page = binance.publicGetKlines({"symbol": "BTCUSDT", "interval": "1m", "startTime": start, "limit": 1000})
            if [row[0] for row in page] != list(range(start, market.now() + 1, 60_000)):
                wrong.append(len(page))

    threads = [threading.Thread(target=read) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert market.requests.total == 60


def test_stop_frees_the_port_and_start_takes_it_again() -> None:
    market = ReplayExchange("2025-01-01T00:00:00Z")
    with pytest.raises(RuntimeError, match="not running"):
        market.base_urls()
    url = market.start()
    assert requests.get(f"{url}/_replay/clock").json()["now"] == "2025-01-01T00:00:00.000Z"
    market.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_replay/clock", timeout=2)
    assert market.start(int(url.rsplit(":", 1)[1])) == url
    market.stop()


def test_the_command_serves_and_stops() -> None:
    command = [sys.executable, "-m", "infra.local.replay", "--port", "0", "--clock", "2025-08-18T18:20:00Z"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        answer = requests.get(f"{found[0]}/binance/api/v3/time", timeout=10)
        process.terminate()
        assert process.wait(10) == 0
    assert answer.json() == {"serverTime": 1_755_541_200_000}


def test_the_command_refuses_a_folder_without_recordings(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "infra.local.replay", "--data", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "manifest.json is missing" in done.stderr


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_recorded_files_are_the_listed_ones(entry: dict[str, Any]) -> None:
    content = (DEFAULT_FOLDER / entry["file"]).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    row = next(
        line for line in (DEFAULT_FOLDER / "README.md").read_text().splitlines() if f"| {entry['file']} |" in line
    )
    assert digest == entry["sha256"]
    assert digest in row
    assert entry["licence"] in row
    assert len(content) < 2_000_000


def test_no_recorded_file_is_unlisted() -> None:
    listed = {entry["file"] for entry in MANIFEST} | {"manifest.json", "README.md"}
    assert {path.name for path in DEFAULT_FOLDER.iterdir()} == listed
    assert sum(entry["bytes"] for entry in MANIFEST) < 5_000_000


def test_minutes_load_quickly() -> None:
    began = time.perf_counter()
    recordings = Recordings.open()
    (entry,) = recordings.select("candles", symbol="BTCUSDT", timeframe="1m")
    assert recordings.candles(entry).complete == 130_707
    assert time.perf_counter() - began < 0.5
