"""An ingesting process for tests: events (JSON) a line on standard input, one report a line on standard output.

It is the real job with real ccxt and boto3, against a replay exchange and a moto server given by their URLs. It commits
every few hundred candles, so that a kill may come at any point of a commit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from candlecloud.exchange.client import ExchangeClient
from candlecloud.jobs import ingest_candles
from tests.support.contexts import context
from tests.support.moto_server import environment, stores_from_environment

_ROOT = Path(__file__).resolve().parents[2]
CHUNK_ROWS = 300


class Ingester:
    """The process, as its parent sees it."""

    def __init__(self, aws_url: str, exchange_url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.ingester", exchange_url],
            cwd=_ROOT,
            env=environment(aws_url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "ready"

    def send(self, event: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(event) + "\n")
        self.process.stdin.flush()

    def report(self) -> dict[str, Any]:
        return dict(json.loads(self._read()))

    def kill(self) -> bool:
        """kill -9; says whether a report was still out, which is to say whether it struck work."""
        self.process.kill()
        assert self.process.stdout is not None
        said = self.process.stdout.read()
        self.close()
        return not said.strip()

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            assert self.process.poll() != 0
        self.process.wait(20)
        self.process.stdout.close()

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def _clock() -> int:
    return time.time_ns() // 1_000_000


def _main(exchange_url: str) -> None:
    stores = stores_from_environment()
    exchange = ExchangeClient("binance", base_url=exchange_url, min_interval_ms=0)
    print("ready", flush=True)
    for line in sys.stdin:
        request = ingest_candles.Request.from_event(json.loads(line))
        report = ingest_candles.ingest(request, context(stores, exchange, clock=_clock), chunk_rows=CHUNK_ROWS)
        print(json.dumps(report.to_dict()), flush=True)


if __name__ == "__main__":
    _main(sys.argv[1])
