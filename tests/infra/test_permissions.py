"""Every AWS call that the handlers make, in a whole day's work on the local platform, is allowed by their roles.

moto enforces no IAM; here each call is held against the statements of the role that the template gives the function.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import pytest
from botocore.client import BaseClient

from candlecloud.contract.sweep import SweepConfig
from candlecloud.fan_out.kinds.sweep import KIND
from candlecloud.jobs.submit import submit_fan_out
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.gap import Gap
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.store import keys
from infra.audit import Statement, read_statements
from infra.function_spec import Access
from infra.functions import FUNCTIONS
from infra.local.functions import load_handler
from infra.local.platform import LocalPlatform
from infra.local.replay.clock import parse_time
from infra.local.template import ACCOUNT, REGION

_SERIES = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
_INGESTED = {"start": "2025-05-01T00:00:00Z", "end": "2025-08-01T00:00:00Z"}
_TESTED = {"start": "2025-06-01T00:00:00Z", "end": "2025-08-01T00:00:00Z"}
_HOUR_MS = 3_600_000
_LOST = ("2025-08-02T00:00:00Z", "2025-08-03T00:00:00Z")
_TOKENS = {"<AWS::Partition>": "aws", "<AWS::Region>": REGION, "<AWS::AccountId>": ACCOUNT}
_LAMBDA_ACTIONS = {
    "Invoke": "InvokeFunction",
    "ListVersionsByFunction": "ListVersionsByFunction",
    "ListAliases": "ListAliases",
}
_S3_ACTIONS = {"GetObject": "GetObject", "PutObject": "PutObject", "ListObjectsV2": "ListBucket"}


class Call(NamedTuple):
    """One call that a function made, as IAM sees it."""

    job: str
    action: str
    resource: str


@pytest.fixture(scope="module")
def calls() -> Iterator[set[Call]]:
    """What the functions called while everything ran once."""
    found: set[Call] = set()
    running: ContextVar[str | None] = ContextVar("running", default=None)
    call_api = BaseClient._make_api_call

    def watched_call(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        job = running.get()
        if job is not None:
            found.add(_call(job, self.meta.service_model.service_name, operation, parameters))
        return call_api(self, operation, parameters)

    def watched_handler(job: str) -> Callable[[Any, Any], Any]:
        handler = load_handler(job)

        def handle(event: Any, context: Any) -> Any:
            token = running.set(job)
            try:
                return handler(event, context)
            finally:
                running.reset(token)

        return handle

    with pytest.MonkeyPatch.context() as patch, LocalPlatform() as platform:
        patch.setattr(BaseClient, "_make_api_call", watched_call)
        platform.functions.load = watched_handler
        _work(platform)
        yield found


def _work(platform: LocalPlatform) -> None:
    """A day on which everything happens once, with trouble where it makes a job touch more."""
    exchange, api = platform.exchange, platform.api
    platform.invoke("ingest_candles", {**_SERIES, **_INGESTED})
    exchange.add_fault("missing_window", window=_LOST, times=3)
    platform.invoke("ingest_candles", {**_SERIES, "start": "2025-08-01T00:00:00Z", "end": "2025-08-05T00:00:00Z"})
    exchange.clear_faults()
    _believe_in_a_wider_gap(platform)
    platform.invoke("detect_gaps", _SERIES)
    exchange.add_fault("nan", times=1)
    platform.invoke("backfill_candles", {**_SERIES, "start": _LOST[0], "end": _LOST[1]})
    platform.invoke("detect_gaps", _SERIES)
    exchange.add_fault("nan", times=1)
    platform.invoke("ingest_candles", {**_SERIES, "start": "2025-08-05T00:00:00Z", "end": "2025-08-06T00:00:00Z"})
    _spoil_index(platform)
    platform.invoke("reindex_series", _SERIES)

    run = {**_SERIES, **_TESTED, "strategy": "dual_sma", "parameters": {"fast": 10, "slow": 50}}
    run_id = api.post("/backtest/run", run).json()["run_id"]
    grid = {**_SERIES, **_TESTED, "strategy": "dual_sma", "grid": {"fast": [5, 10], "slow": [50, 100]}}
    sweep_id = api.post("/sweeps", grid).json()["sweep_id"]
    signals_id = _bring_signals(platform)
    own = {**_SERIES, **_TESTED, "strategy": "signals", "signals": signals_id, "signals_fill": "flat"}
    api.post("/backtest/run", own)
    api.post("/sweeps", {**own, "grid": {"set": [0]}})
    api.get(f"/signals/files/{signals_id}")
    api.post("/ingestion/backfill", {**_SERIES, **_INGESTED})
    platform.settle()
    for path in (f"/runs/{run_id}", f"/runs/{run_id}/result", f"/sweeps/{sweep_id}", f"/sweeps/{sweep_id}/results"):
        api.get(path)
    for path in ("/live", "/ready", "/health", "/series", "/gaps"):
        api.get(path)
    api.get("/indicators", **_SERIES)
    api.get("/candles", **_SERIES, limit=10)
    _refuse_with_a_key(platform)
    _start_a_silent_batch_again(platform, grid)
    platform.invoke("prune_versions", {})
    platform.invoke("recover_runs", {})
    broke = {"run_id": "sweep_1", "attempt": 1, "error": {"Error": "E", "Cause": "c"}}
    platform.invoke("fail_fan_out", broke)


def _bring_signals(platform: LocalPlatform) -> str:
    """A file of the user's own targets; what has come already is found by its hash."""
    body = f"open_time,target\n{_TESTED['start']},1\n".encode()
    headers = {"Content-Type": "text/csv"}
    kept = platform.api.send("PUT", "/signals/files", query=_SERIES, body=body, headers=headers).json()
    named = {"content_type": "text/csv", "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
    assert platform.api.post("/signals/files", {**_SERIES, **named}).json() == kept
    found: str = kept["signals_id"]
    return found


def _believe_in_a_wider_gap(platform: LocalPlatform) -> None:
    """Note a gap that reaches into what is stored, as one that was filled in part meanwhile does."""
    start, end = (parse_time(text) for text in _LOST)
    gap = Gap(Series.of(*_SERIES.values()), TimeRange(start, end + 3 * _HOUR_MS), "open", None, end, end, {})
    platform.stores.gaps.put(gap)


def _start_a_silent_batch_again(platform: LocalPlatform, grid: dict[str, Any]) -> None:
    """A batch that was throttled to the end leaves nothing; then the collection writes a plan."""
    config = SweepConfig.from_dict(grid | {"seed": 1})
    run_id = submit_fan_out(KIND, config, platform.stores, now=time.time_ns() // 1_000_000).id
    event = {"run_id": run_id, "attempt": 1, "functions": {"run_sweep_batch": "nobody"}}
    step = platform.invoke("plan_fan_out", event)
    step = platform.invoke("collect_fan_out", {name: step[name] for name in ("run_id", "fence", "round", "batches")})
    assert (step["state"], step["round"]) == ("running", 1)


def _spoil_index(platform: LocalPlatform) -> None:
    """Take the entry of the one object away and put one of no object in its place."""
    dynamodb = platform.session.client("dynamodb")
    (table,) = dynamodb.list_tables()["TableNames"]
    key = keys.period_item(CANDLES, Series.of(*_SERIES.values()), "2025")
    entry = dynamodb.get_item(TableName=table, Key={name: {"S": text} for name, text in key.items()})["Item"]
    dynamodb.delete_item(TableName=table, Key={name: entry[name] for name in key})
    dynamodb.put_item(TableName=table, Item={**entry, keys.SK: {"S": "period#2019"}})


def _refuse_with_a_key(platform: LocalPlatform) -> None:
    """Send a request whose claim on its Idempotency-Key is given back."""
    document = {**_SERIES, "strategy": "dual_sma", "start": "2031-01-01T00:00:00Z", "end": "2031-02-01T00:00:00Z"}
    platform.api.send("POST", "/backtest/run", body=document, headers={"Idempotency-Key": "a-key-of-this-test"})


def _call(job: str, service: str, operation: str, parameters: dict[str, Any]) -> Call:
    if service == "s3":
        bucket = f"arn:aws:s3:::{parameters['Bucket']}"
        resource = bucket if operation == "ListObjectsV2" else f"{bucket}/{parameters['Key']}"
        return Call(job, f"s3:{_S3_ACTIONS[operation]}", resource)
    if service == "dynamodb":
        index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{parameters['TableName']}{index}"
        return Call(job, f"dynamodb:{operation}", table)
    if service == "lambda":
        name = parameters["FunctionName"]
        function = name if name.startswith("arn:") else f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        return Call(job, f"lambda:{_LAMBDA_ACTIONS[operation]}", function)
    return Call(job, f"states:{operation}", parameters["stateMachineArn"])


def _roles(platform: dict[str, Any]) -> dict[str, list[Statement]]:
    statements = read_statements(platform)
    return {
        resource["Properties"]["FunctionName"].removeprefix("candlecloud-"): [
            statement
            for statement in statements
            if statement.logical_id == resource["Properties"]["Role"]["Fn::GetAtt"][0]
        ]
        for resource in platform["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    }


def _allows(statement: Statement, call: Call) -> bool:
    resources = statement.resources
    for token, value in _TOKENS.items():
        resources = tuple(resource.replace(token, value) for resource in resources)
    return call.action in statement.actions and any(fnmatchcase(call.resource, pattern) for pattern in resources)


def test_every_call_is_allowed(calls: set[Call], platform: dict[str, Any]) -> None:
    roles = _roles(platform)
    refused = sorted(call for call in calls if not any(_allows(statement, call) for statement in roles[call.job]))
    assert refused == []


def test_every_function_was_seen(calls: set[Call]) -> None:
    assert {call.job for call in calls} == set(FUNCTIONS)


def test_no_prefix_is_granted_for_nothing(calls: set[Call]) -> None:
    used = {
        (call.job, call.resource.split(":::", 1)[1].split("/")[1])
        for call in calls
        if call.action in ("s3:GetObject", "s3:PutObject")
    }
    granted = {
        (job, prefix)
        for job, spec in FUNCTIONS.items()
        for prefix in spec.objects
        if spec.objects[prefix] != Access.LIST
    }
    # Answers of more than a few hundred kilobytes go through these two; none of this day's is that large.
    assert granted - used == {("api", "replies"), ("api", "exports")}


def test_no_function_may_delete_for_nothing(calls: set[Call]) -> None:
    deleting = {call.job for call in calls if call.action == "dynamodb:DeleteItem"}
    granted = {job for job, spec in FUNCTIONS.items() if spec.table is Access.READ_WRITE_DELETE}
    assert deleting == granted
