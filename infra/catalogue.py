"""The functions of the platform as data: what each takes with it, how much it gets, what it may touch, call and cost.

One entry is all that the platform knows of a job: rights, schedules, alarms, environment, versions and local mode are
derived from it, and nothing else lists jobs. Read by the CDK stacks, by the bundle, by local mode and by tests; imports
no CDK, and of candlecloud the settings and one limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from candlecloud.fan_out.plan import BATCH_TIMEOUT_S
from candlecloud.settings import ApiSettings, CallerSettings, ExchangeSettings, FunctionSettings, VersionSettings

PYTHON = "3.13"
"""Minor version of the Lambda runtime; the bundle compiles for it."""
ARCHITECTURE = "arm64"

LAYERS = ("core", "edge", "web", "arrow", "numeric", "exchange")
"""Every layer. `core` is our code, the rest is third-party (``layers/<name>/requirements.txt``)."""
MAX_LAYERS = 5
"""Lambda's own limit of layers per function."""


class Access(StrEnum):
    """What a function may do with one S3 prefix or with the table."""

    LIST = "list"
    READ = "read"
    WRITE = "write"
    READ_WRITE = "read_write"
    READ_WRITE_DELETE = "read_write_delete"


Room = Literal["lane", "fan_out"]
"""Why a function has reserved concurrency. ``lane``: one at a time. ``fan_out``: it computes
batches, and shares the deployment's ``fan_out_room`` with the others that do, so that what fans out leaves the rest of
the account to the API and to single runs."""


@dataclass(frozen=True)
class FunctionSpec:
    """One Lambda function.

    Attributes
    ----------
    layers
        Names of layers, at most five.
    memory_mb
        Memory; Lambda gives one full vCPU at 1,769 MB.
    timeout_s
        Time limit in seconds.
    objects
        S3 prefix to access. A prefix that isn't named can't be touched.
    table
        Access to the index table.
    settings
        What its environment holds; its handler names the same model.
    calls
        Jobs that it may invoke, by version.
    starts_fan_outs
        Whether it may start the state machine.
    in_fan_out
        Whether the state machine calls it, at the version that the execution's input names.
    deletes_versions
        Whether it may list every function's versions, and delete versions (never functions).
    series_schedules
        Timeframe to EventBridge expression: the job fires for every series of cdk.json.
    schedule
        EventBridge expression of a job that runs by the clock, without a series.
    allowed_age_s
        Age of the job's last success above which /health calls it stalled; None keeps it out of /health.
    alarm_errors
        Failed invocations in five minutes that raise the alarm.
    room
        Why its concurrency is reserved; None takes from the account's pool.
    retries
        How often Lambda repeats a failed asynchronous invocation.
    max_event_age_s
        How long Lambda keeps an asynchronous event that it could not run.
    concurrent_locally
        Whether local mode runs it in several threads at once. The others take turns there: on Lambda each concurrent
        invocation has a process of its own, in one process they would share one exchange client.
    """

    layers: tuple[str, ...]
    memory_mb: int
    timeout_s: int
    objects: Mapping[str, Access]
    table: Access
    settings: type[FunctionSettings] = FunctionSettings
    calls: tuple[str, ...] = ()
    starts_fan_outs: bool = False
    in_fan_out: bool = False
    deletes_versions: bool = False
    series_schedules: Mapping[str, str] = field(default_factory=dict)
    schedule: str | None = None
    allowed_age_s: int | None = None
    alarm_errors: int = 1
    room: Room | None = None
    retries: int = 2
    max_event_age_s: int = 6 * 3600
    concurrent_locally: bool = False


# Schedules: cron(minute hour day-of-month month day-of-week year), UTC. Ingestion comes a minute or more after a close,
# so that the settle lag of every venue has passed; minutes are taken in fives, which keeps an hour at 12 invocations a
# series. Allowed ages are two missed turns of an hourly series.
_DATA = ("core", "edge", "arrow")
_EXCHANGE = (*_DATA, "exchange")
_COMPUTE = (*_DATA, "numeric")

FUNCTIONS: Mapping[str, FunctionSpec] = {
    # The ingest lane runs one at a time: request pacing and the circuit breaker live in the process, so a second
    # process would double the rate that a venue sees. Waiting events queue at Lambda; a slot that waits longer than
    # an hour is covered by the next one, because work is "wanted minus proven" and not "since the last run".
    "ingest_candles": FunctionSpec(
        layers=_EXCHANGE,
        memory_mb=1024,
        timeout_s=300,
        objects={"candles": Access.READ_WRITE, "quarantine": Access.READ_WRITE},
        table=Access.READ_WRITE_DELETE,
        room="lane",
        max_event_age_s=3600,
        settings=ExchangeSettings,
        series_schedules={
            "1m": "cron(1/5 * * * ? *)",
            "5m": "cron(1/5 * * * ? *)",
            "15m": "cron(2/15 * * * ? *)",
            "1h": "cron(2 * * * ? *)",
            "1d": "cron(5 0 * * ? *)",
        },
        allowed_age_s=3 * 3600,
    ),
    "backfill_candles": FunctionSpec(
        layers=_EXCHANGE,
        memory_mb=1024,
        timeout_s=900,
        objects={"candles": Access.READ_WRITE, "quarantine": Access.READ_WRITE},
        table=Access.READ_WRITE_DELETE,
        room="lane",
        settings=ExchangeSettings,
        series_schedules={
            "1m": "cron(40 0/6 * * ? *)",
            "5m": "cron(40 0/6 * * ? *)",
            "15m": "cron(40 0/6 * * ? *)",
            "1h": "cron(45 2 * * ? *)",
            "1d": "cron(50 2 * * ? *)",
        },
        allowed_age_s=49 * 3600,
    ),
    "detect_gaps": FunctionSpec(
        layers=_DATA,
        memory_mb=1024,
        timeout_s=300,
        objects={"candles": Access.READ},
        table=Access.READ_WRITE_DELETE,
        max_event_age_s=3600,
        series_schedules={
            "1m": "cron(20 * * * ? *)",
            "5m": "cron(20 * * * ? *)",
            "15m": "cron(20 * * * ? *)",
            "1h": "cron(25 0/6 * * ? *)",
            "1d": "cron(30 1 * * ? *)",
        },
        allowed_age_s=13 * 3600,
    ),
    "reindex_series": FunctionSpec(
        layers=_DATA,
        memory_mb=1024,
        timeout_s=900,
        objects={"candles": Access.READ},
        table=Access.READ_WRITE_DELETE,
    ),
    "run_backtest": FunctionSpec(
        layers=_COMPUTE,
        memory_mb=1769,
        timeout_s=300,
        objects={"candles": Access.READ, "runs": Access.WRITE},
        table=Access.READ_WRITE,
    ),
    # The API waits for it, within its own 27 s and the 20 s that a client of AWS waits: both outlast it, a cold start
    # included. It writes nothing, so there is nothing to repeat.
    "preview_series": FunctionSpec(
        layers=_COMPUTE,
        memory_mb=1769,
        timeout_s=15,
        objects={"candles": Access.READ},
        table=Access.READ,
        retries=0,
    ),
    "plan_fan_out": FunctionSpec(
        layers=_DATA,
        memory_mb=1024,
        timeout_s=120,
        objects={"fan_outs": Access.WRITE},
        table=Access.READ_WRITE,
        in_fan_out=True,
    ),
    # One function for the batches of each kind of fan-out, with the layers and rights that the kind needs.
    "run_sweep_batch": FunctionSpec(
        layers=_COMPUTE,
        memory_mb=1769,
        timeout_s=BATCH_TIMEOUT_S,
        objects={"candles": Access.READ, "fan_outs": Access.READ_WRITE},
        table=Access.READ_WRITE,
        in_fan_out=True,
        room="fan_out",
    ),
    "collect_fan_out": FunctionSpec(
        layers=_DATA,
        memory_mb=1769,
        timeout_s=300,
        objects={"fan_outs": Access.READ, "runs": Access.WRITE},
        table=Access.READ_WRITE,
        in_fan_out=True,
    ),
    "fail_fan_out": FunctionSpec(
        layers=_DATA,
        memory_mb=512,
        timeout_s=60,
        objects={},
        table=Access.READ_WRITE,
        in_fan_out=True,
    ),
    "recover_runs": FunctionSpec(
        layers=_DATA,
        memory_mb=512,
        timeout_s=120,
        objects={},
        table=Access.READ_WRITE,
        settings=CallerSettings,
        calls=("run_backtest",),
        starts_fan_outs=True,
        schedule="rate(5 minutes)",
        max_event_age_s=300,
    ),
    "prune_versions": FunctionSpec(
        layers=_DATA,
        memory_mb=512,
        timeout_s=300,
        objects={},
        table=Access.READ_WRITE,
        settings=VersionSettings,
        deletes_versions=True,
        schedule="cron(10 3 * * ? *)",
        max_event_age_s=3600,
    ),
    # API Gateway gives up after 29 s, so the function ends before it, and its own waiting ends before that.
    "api": FunctionSpec(
        layers=("core", "edge", "web", "arrow"),
        memory_mb=1769,
        timeout_s=27,
        objects={
            "candles": Access.READ,
            "runs": Access.READ,
            "fan_outs": Access.LIST,
            "replies": Access.READ_WRITE,
            "exports": Access.READ_WRITE,
        },
        table=Access.READ_WRITE_DELETE,
        settings=ApiSettings,
        calls=("run_backtest", "backfill_candles", "preview_series"),
        starts_fan_outs=True,
        concurrent_locally=True,
    ),
}
"""Job to function. The job's name is also the name of its folder, event file and alarm."""


def fan_out_jobs() -> tuple[str, ...]:
    """Jobs that the state machine calls."""
    return tuple(job for job, spec in FUNCTIONS.items() if spec.in_fan_out)


def pinned_jobs(job: str) -> tuple[str, ...]:
    """Jobs of which a function must know the version: those that it calls, and those of the fan-outs it starts."""
    spec = FUNCTIONS[job]
    return (*spec.calls, *(fan_out_jobs() if spec.starts_fan_outs else ()))


def batch_jobs() -> tuple[str, ...]:
    """Jobs that compute batches, one for each kind of fan-out."""
    return tuple(job for job, spec in FUNCTIONS.items() if spec.room == "fan_out")


def called_jobs() -> frozenset[str]:
    """Jobs that another job calls."""
    return frozenset(called for spec in FUNCTIONS.values() for called in spec.calls)
