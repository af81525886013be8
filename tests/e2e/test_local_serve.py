"""`make serve` as a user runs it: a process that prints an address and a token, answers, and saves on Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local.client import ApiClient
from infra.local.platform import LocalPlatform

ROOT = Path(__file__).resolve().parents[2]
SOURCES = os.pathsep.join(map(str, (ROOT, ROOT / "layers" / "core" / "python")))
"""Those of this checkout, whichever is installed."""
HOUR = 3_600_000
EVENT = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder whose saved state holds two days, so that serving need not ingest three years first."""
    with LocalPlatform(tmp_path / ".candlecloud", clock="2025-08-17T18:00:30Z") as platform:
        now = platform.exchange.now() // HOUR * HOUR
        platform.invoke("ingest_candles", {**EVENT, "start": now - 48 * HOUR, "end": now})
    return tmp_path


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command and give the process with what it printed until the schedules fire."""
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.local", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": SOURCES, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("Schedules fire"):
                break
        yield process, printed
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def client_of(printed: str) -> ApiClient:
    address = re.search(r"http://127\.0\.0\.1:\d+", printed)
    token = re.search(r"\bcc_[\w-]+", printed)
    assert address is not None, printed
    assert token is not None, printed
    return ApiClient(address.group(), token.group())


def test_it_serves_the_saved_state_lets_schedules_fire_and_saves_on_ctrl_c(folder: Path) -> None:
    with serving(folder, "--port", "0", "--speed", "60") as (process, printed):
        assert "Going on from the saved state, recorded time 2025-08-17T18:00:30" in printed
        assert "curl -s -H 'Authorization: Bearer cc_" in printed
        client = client_of(printed)
        rows = {(item["symbol"], item["timeframe"]): item["rows"] for item in client.pages("/series", "series")}
        assert rows["BTC-USDT", "1h"] >= 48
        assert process.stdout is not None
        assert "ingest_candles-binance-BTC-USDT-1m" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(60) == 0
        assert "Saved in .candlecloud/" in rest
    with serving(folder, "--port", "0") as (_, printed):
        stored = {(item["symbol"], item["timeframe"]) for item in client_of(printed).pages("/series", "series")}
        assert ("BTC-USDT", "1m") in stored, "what the schedule brought survived"


def test_a_taken_port_ends_with_a_sentence_and_no_traceback(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with serving(folder, "--port", port) as (process, printed):
            assert process.wait(60) == 1
    assert f"candlecloud: port {port} on 127.0.0.1 is not free" in printed
    assert "Traceback" not in printed
