"""Try a bundle out: run every handler once in a bare interpreter, from candles in to a sweep collected.

Whatever the trimming took away too much of fails here and not on AWS.
"""

from __future__ import annotations

import base64
import hashlib
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from candlecloud.catalogue import EXCHANGES
from candlecloud.store import keys
from infra.bundle.byte_code import compile_folder
from infra.bundle.platforms import Target
from infra.bundle.proxy_event import proxy_event
from infra.bundle.small_cloud import SmallCloud, small_cloud
from infra.bundle.wheels import install_wheels, runtime_requirements
from infra.context import ROOT
from infra.functions import FUNCTIONS

_PARQUET = "application/vnd.apache.parquet"
_BARE = Path(__file__).with_name("bare.py")
_IMPORTS = 3
_LAST_MS = 10 * 86_400_000
"""How much of the end of a recording is ingested: within the shortest history that a venue serves."""
_SERIES = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
_INGESTED = {"start": "2025-05-01T00:00:00Z", "end": "2025-08-01T00:00:00Z"}
_TESTED = {"start": "2025-06-01T00:00:00Z", "end": "2025-08-01T00:00:00Z"}


class HandlerFailedError(RuntimeError):
    """A handler did not run from the bundle; the message has what it said."""


@dataclass
class Bench:
    """A bundle, an interpreter, and what was measured.

    Attributes
    ----------
    import_ms
        Job to the median time of its import, in a fresh process each.
    said
        Job to what its run gave, in short.
    """

    target: Target
    interpreter: Path
    runtime: Path
    cloud: SmallCloud
    import_ms: dict[str, float] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def call(self, job: str, event: dict[str, Any] | None) -> Any:
        """Run a handler in a process of its own; no event only imports it.

        Raises
        ------
        HandlerFailedError
            With the traceback, or the modules that came from outside the bundle.
        """
        layers = [self.target.folder / "layers" / name / "python" for name in FUNCTIONS[job].layers]
        path = [self.target.folder / "functions" / job, *layers, self.runtime]
        with tempfile.TemporaryDirectory() as scratch:
            task = Path(scratch) / "task.json"
            task.write_text(json.dumps({"path": [str(part) for part in path], "event": event}))
            done = subprocess.run(
                [self.interpreter, "-I", "-S", "-B", _BARE, task],
                env=self.cloud.environments[job],
                capture_output=True,
                text=True,
                check=False,
            )
            answer_file = task.with_suffix(".answer")
            answer = json.loads(answer_file.read_text()) if answer_file.exists() else {"error": done.stderr}
        if "error" in answer:
            raise HandlerFailedError(f"{job} does not run from the bundle:\n{answer['error']}")
        if answer["outside"]:
            raise HandlerFailedError(f"{job} imported from outside the bundle: {answer['outside']}")
        return answer

    def run(self, job: str, event: dict[str, Any], short: Callable[[Any], str]) -> Any:
        result = self.call(job, event)["result"]
        self.said[job] = short(result)
        return result

    def http(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a request through the api handler; gives the parsed body of a 2xx answer."""
        return json.loads(self.fetch(proxy_event(method, path, self.cloud.token, body=body)))

    def fetch(self, event: dict[str, Any]) -> bytes:
        """Send a proxy event through the api handler; gives the body of a 2xx answer.

        Raises
        ------
        HandlerFailedError
            With the answer, when it is another.
        """
        answer = self.call("api", event)["result"]
        body = base64.b64decode(answer["body"]) if answer.get("isBase64Encoded") else answer["body"].encode()
        if not 200 <= answer["statusCode"] < 300:
            raise HandlerFailedError(f"{event['httpMethod']} {event['path']}: {answer['statusCode']} {body!r}")
        return body


def try_out(target: Target, interpreter: Path) -> int:
    """Run every handler from the bundle and print what came of it; 1 when one fails."""
    runtime = target.folder / "runtime"
    if not runtime.exists():
        install_wheels(runtime_requirements(target.folder), runtime, target)
        compile_folder(interpreter, runtime, "/var/runtime")
    with small_cloud(time.time_ns() // 1_000_000) as cloud:
        bench = Bench(target, interpreter, runtime, cloud)
        try:
            _ingest(bench)
            _backtest(bench)
            _preview(bench)
            _signals(bench)
            _sweep(bench)
            _read(bench)
            _others(bench)
            for job in FUNCTIONS:
                times = [bench.call(job, None)["import_ms"] for _ in range(_IMPORTS)]
                bench.import_ms[job] = statistics.median(times)
        except HandlerFailedError as error:
            print(error)
            return 1
    print(f"\nfrom a bare interpreter ({target.machine}), import time as the median of {_IMPORTS} fresh processes")
    print(f"{'handler':<17} {'import ms':>9}  ran with")
    for job in FUNCTIONS:
        print(f"{job:<17} {bench.import_ms[job]:>9.0f}  {bench.said[job]}")
    return 0


def _ingest(bench: Bench) -> None:
    added = {"binance": bench.run("ingest_candles", {**_SERIES, **_INGESTED}, str)["added"]}
    for exchange in sorted(set(EXCHANGES) - set(added)):
        added[exchange] = _ingest_end_of(bench, exchange)
    bench.cloud.exchange.reset()
    bench.said["ingest_candles"] = "candles added: " + ", ".join(f"{name} {count}" for name, count in added.items())
    if not all(added.values()):
        raise HandlerFailedError(bench.said["ingest_candles"])
    bench.run("backfill_candles", {**_SERIES, **_INGESTED}, _short)


def _ingest_end_of(bench: Bench, exchange: str) -> int:
    """Ingest the end of a recording of one exchange, so that its class of ccxt is tried; candles added."""
    recorded = bench.cloud.exchange.recorded_series()
    series, (_, end) = next(item for item in sorted(recorded.items()) if item[0].startswith(f"{exchange}/"))
    bench.cloud.exchange.set_clock(end)
    _, symbol, timeframe = series.split("/")
    event = {"exchange": exchange, "symbol": symbol, "timeframe": timeframe, "start": end - _LAST_MS, "end": end}
    return int(bench.run("ingest_candles", event, str)["added"])


def _backtest(bench: Bench) -> None:
    body = {**_SERIES, **_TESTED, "strategy": "dual_sma", "parameters": {"fast": 10, "slow": 50}}
    bench.cloud.environments["api"]["CANDLECLOUD_MAX_WAIT_S"] = "0"
    run_id = bench.http("POST", "/backtest/run", body)["run_id"]
    (payloads,) = bench.cloud.invoked.values()
    bench.run("run_backtest", payloads[-1], _short)
    state = bench.http("GET", f"/runs/{run_id}")["state"]
    if state != "succeeded":
        raise HandlerFailedError(f"run_backtest left its run {state}")


def _preview(bench: Bench) -> None:
    """Every feature once: all kernels."""
    features = [item["name"] for item in bench.http("GET", "/features")["features"]]
    event = {**_SERIES, "limit": 10, "features": {name: {} for name in features}}
    report = bench.run("preview_series", event, lambda r: f"{len(features)} features, {len(r['answer']['rows'])} rows")
    if report["error"] is not None or len(report["answer"]["rows"]) != 10:
        raise HandlerFailedError(f"preview_series: {report['error']}")


def _signals(bench: Bench) -> None:
    """A file of own signals as CSV: the reader that no other handler uses."""
    first = _INGESTED["start"]
    body = f"open_time,target\n{first},1\n".encode()
    digest = hashlib.sha256(body).hexdigest()
    bucket = bench.cloud.environments["check_signals"]["CANDLECLOUD_BUCKET"]
    boto3.client("s3").put_object(Bucket=bucket, Key=keys.upload_object(digest), Body=body)
    event = {**_SERIES, "content_type": "text/csv", "sha256": digest, "bytes": len(body)}
    report = bench.run("check_signals", event, lambda r: f"{r['answer'].get('rows')} rows")
    if report["error"] is not None:
        raise HandlerFailedError(f"check_signals: {report['error']}")


def _sweep(bench: Bench) -> None:
    body = {**_SERIES, **_TESTED, "strategy": "dual_sma", "grid": {"fast": [5, 10, 20], "slow": [50, 100]}}
    sweep_id = bench.http("POST", "/sweeps", body)["sweep_id"]
    if bench.cloud.started_sweeps() != [sweep_id]:
        raise HandlerFailedError("POST /sweeps started no execution")
    plan = bench.run(
        "plan_fan_out",
        {"run_id": sweep_id, "attempt": 1, "functions": {"run_sweep_batch": "run_sweep_batch"}},
        lambda r: f"{r['batches']} batches",
    )
    for batch in range(plan["batches"]):
        event = {"run_id": sweep_id, "fence": plan["fence"], "batch": batch, "start": 0, "end": 6}
        bench.run("run_sweep_batch", event, lambda r: f"batch {r['batch']}")
    bench.run("collect_fan_out", {name: plan[name] for name in ("run_id", "fence", "round", "batches")}, _short)
    state = bench.http("GET", f"/sweeps/{sweep_id}")["state"]
    if bench.http("GET", f"/sweeps/{sweep_id}/results")["count"] != 6:
        raise HandlerFailedError("the page of the sweep's results is not whole")
    bench.said["api"] = f"a backtest, and a sweep that {state}"
    error = {"Error": "States.Timeout", "Cause": "tried out"}
    bench.run("fail_fan_out", {"run_id": sweep_id, "attempt": 1, "error": error}, _short)


def _read(bench: Bench) -> None:
    """Candles as Arrow and Parquet: the writers that no other handler uses."""
    query = {**_SERIES, "limit": "500"}
    for media_type, magic in (("application/vnd.apache.arrow.stream", b"\xff\xff\xff\xff"), (_PARQUET, b"PAR1")):
        body = bench.fetch(proxy_event("GET", "/candles", bench.cloud.token, query=query, accept=media_type))
        if not body.startswith(magic):
            raise HandlerFailedError(f"GET /candles is no {media_type}")
    bench.said["api"] += "; candles as Arrow and Parquet"


def _others(bench: Bench) -> None:
    """Every job that has no step of its own above, with its event."""
    for job in FUNCTIONS:
        if job not in bench.said:
            bench.run(job, json.loads((ROOT / "events" / f"{job}.json").read_text()), _short)


def _short(report: dict[str, Any]) -> str:
    words = [f"{name} {value}" for name, value in report.items() if isinstance(value, int | str)]
    return ", ".join(words)[:90]
