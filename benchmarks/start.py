"""From nothing to the first result: the run_backtest handler in a fresh process, with the code that Lambda would run.

The cloud (moto, over loopback) is another process, so none of its work is in these times but that of answering.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.protocol import ROOT
from benchmarks.tables import figure, table
from infra.bundle.proxy_event import proxy_event
from infra.bundle.small_cloud import SmallCloud, small_cloud

TURNS = 7
_SERIES = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
_YEAR = {"start": "2024-08-01T00:00:00Z", "end": "2025-08-01T00:00:00Z"}
_BARE = ROOT / "infra" / "bundle" / "bare.py"


def tables() -> str:
    """Import and first result, ms; one run per process, every run another."""
    with small_cloud(time.time_ns() // 1_000_000) as cloud:
        _call(cloud, "ingest_candles", {**_SERIES, **_YEAR, "start": "2024-07-01T00:00:00Z"})
        answers = [_call(cloud, "run_backtest", _new_run(cloud, 10 + turn)) for turn in range(TURNS)]
    imports, runs = ([answer[name] for answer in answers] for name in ("import_ms", "run_ms"))
    rows = [
        (name, figure(median(values)), figure(min(values)), figure(max(values)))
        for name, values in (
            ("import of the handler", imports),
            ("first result (read a year of hours, backtest, store every artifact)", runs),
            ("together", [a + b for a, b in zip(imports, runs, strict=True)]),
        )
    ]
    return (
        f"A year of hours, dual_sma; {TURNS} fresh processes, wall ms, modules already compiled to byte code, "
        f"x86-64. `make bundle` prints the import times of the trimmed bundle for arm64.\n\n"
        + table(("run_backtest", "median", "least", "most"), rows)
    )


def _new_run(cloud: SmallCloud, fast: int) -> dict[str, Any]:
    """Send a run through the API handler, which starts nothing here; the payload that it would start with."""
    cloud.environments["api"]["CANDLECLOUD_MAX_WAIT_S"] = "0"
    body = {**_SERIES, **_YEAR, "strategy": "dual_sma", "parameters": {"fast": fast, "slow": 50}}
    answer = _call(cloud, "api", proxy_event("POST", "/backtest/run", cloud.token, body=body))["result"]
    if not 200 <= answer["statusCode"] < 300:
        raise RuntimeError(f"the API refused the run: {answer['body']}")
    (payloads,) = cloud.invoked.values()
    payload: dict[str, Any] = payloads[-1]
    return payload


def _call(cloud: SmallCloud, job: str, event: dict[str, Any]) -> dict[str, Any]:
    """Run a handler in an interpreter that sees its function, the core layer and the installed libraries."""
    path = [ROOT / "functions" / job, ROOT / "layers" / "core" / "python", sysconfig.get_paths()["purelib"]]
    with tempfile.TemporaryDirectory() as scratch:
        task = Path(scratch) / "task.json"
        task.write_text(json.dumps({"path": [str(part) for part in path], "event": event}))
        done = subprocess.run(
            [sys.executable, "-I", "-S", _BARE, task], env=cloud.environments[job], capture_output=True, check=False
        )
        stored = task.with_suffix(".answer")
        answer: dict[str, Any] = json.loads(stored.read_text()) if stored.exists() else {"error": done.stderr.decode()}
    if "error" in answer:
        raise RuntimeError(f"{job} failed:\n{answer['error']}")
    return answer
