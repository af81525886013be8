"""What a run takes from its POST to the stored result, in local mode: ``python -m benchmarks.perf_run``, as JSON.

Each iteration asks for a run that the platform has not seen: the same work with another initial equity. ``--output
FILE`` writes the JSON there; ``--keep-artifacts DIR`` keeps the result of every iteration.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from infra.local.history import ingest, recorded_histories
from infra.local.platform import LocalPlatform

RUN: Mapping[str, Any] = {
    "exchange": "binance",
    "symbol": "BTC-USDT",
    "timeframe": "1h",
    "strategy": "dual_sma",
    "start": "2023-01-01",
    "end": "2025-01-01",
}
ENDS = frozenset({"succeeded", "failed", "cancelled"})
TIMEOUT_S = 120.0


def measure(iterations: int, warmup: int, artifacts: Path | None = None) -> dict[str, Any]:
    """Seconds of each iteration as statistics, trades per run, and the SHA-256 of each result."""
    seconds, trades, hashes = [], [], []
    with LocalPlatform() as platform:
        for history in recorded_histories(platform):
            if (history.symbol, history.timeframe) == (RUN["symbol"], RUN["timeframe"]):
                ingest(platform, history, lambda _: None)
        for number in range(warmup + iterations):
            started = time.perf_counter()
            run = _create(platform, {**RUN, "initial_equity": 10_000.0 + number})
            took = time.perf_counter() - started
            if number < warmup:
                continue
            content = platform.api.send("GET", f"/runs/{run['run_id']}/result").body
            seconds.append(took)
            trades.append(run["metrics"]["n_trades"])
            hashes.append(hashlib.sha256(content).hexdigest())
            if artifacts:
                artifacts.mkdir(parents=True, exist_ok=True)
                (artifacts / f"{run['run_id']}.json").write_bytes(content)
    return {
        "run": dict(RUN),
        "warmup": warmup,
        "iterations": iterations,
        "seconds": {
            "mean": float(np.mean(seconds)),
            "median": float(np.median(seconds)),
            "p95": float(np.percentile(seconds, 95)),
            "min": min(seconds),
            "max": max(seconds),
        },
        "trade_count_mean": float(np.mean(trades)),
        "sample_hashes": hashes,
    }


def _create(platform: LocalPlatform, body: Mapping[str, Any]) -> Any:
    """Ask for a run and wait until it is there, as a client does that gets 202."""
    reply = platform.api.post("/backtest/run", body)
    answer = reply.json()
    if reply.status == 202:
        *_, answer = platform.api.wait(reply.headers["location"], ENDS, timeout_s=TIMEOUT_S, every_s=0.02)
    if answer["state"] != "succeeded":
        raise RuntimeError(f"The run ended as {answer['state']}: {answer.get('error')}")
    return answer


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.perf_run", description=__doc__.splitlines()[0])
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=1, help="iterations that do not count")
    parser.add_argument("--output", type=Path, help="file for the JSON; printed when left out")
    parser.add_argument("--keep-artifacts", type=Path, help="folder for the result of every iteration")
    options = parser.parse_args(arguments)
    text = json.dumps(measure(options.iterations, options.warmup, options.keep_artifacts), indent=2) + "\n"
    if options.output:
        options.output.write_text(text)
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
