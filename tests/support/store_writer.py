"""A writing process for tests: one command (JSON) a line on standard input, one report a line on standard output.

A command names open times, how many of them to merge at once, and the seed of their values.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.series import Series
from candlecloud.store.dataset import DatasetStore
from tests.support.candles import make_table
from tests.support.moto_server import environment, stores_from_environment

_ROOT = Path(__file__).resolve().parents[2]


class Writer:
    """The process, as its parent sees it."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.store_writer"],
            cwd=_ROOT,
            env=environment(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "ready"

    def send(self, series: Series, open_times: list[int], chunk: int, seed: int, now: int) -> None:
        assert self.process.stdin is not None
        command = {"series": series.id, "open_times": open_times, "chunk": chunk, "seed": seed, "now": now}
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def report(self) -> dict[str, Any]:
        return dict(json.loads(self._read()))

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.close()

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


def _main() -> None:
    stores = stores_from_environment()
    conflicts = [0]

    def pause(seconds: float) -> None:
        conflicts[0] += 1
        time.sleep(seconds)

    candles = DatasetStore(CANDLES, stores.objects, stores.index, sleep=pause)
    print("ready", flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        series, times = Series.parse(command["series"]), command["open_times"]
        total = {"added": 0, "revised": 0, "unchanged": 0}
        conflicts[0] = 0
        for at in range(0, len(times), command["chunk"]):
            table = make_table(series, times[at : at + command["chunk"]], command["seed"], command["now"])
            report = candles.merge(series, table, command["now"])
            total = {name: count + getattr(report, name) for name, count in total.items()}
        print(json.dumps(total | {"conflicts": conflicts[0]}), flush=True)


if __name__ == "__main__":
    _main()
