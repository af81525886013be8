"""The functions of the platform as data: what each takes with it, how much it gets, what it may touch, call and cost.

One entry is all that the platform knows of a job: rights, schedules, alarms, environment, versions and local mode are
derived from it, and nothing else lists jobs. Read by the CDK stacks, by the bundle, by local mode and by tests; imports
no CDK, and of candlecloud the settings, the datasets and one limit.
"""

from __future__ import annotations

from collections.abc import Mapping

from candlecloud.fan_out.plan import BATCH_TIMEOUT_S
from candlecloud.market.datasets import DATASETS
from candlecloud.settings import ApiSettings, CallerSettings, ExchangeSettings, VersionSettings
from infra.function_spec import Access, FunctionSpec

# Schedules: cron(minute hour day-of-month month day-of-week year), UTC. Ingestion comes a minute or more after a close,
# so that the settle lag of every venue has passed; minutes are taken in fives, which keeps an hour at 12 invocations a
# series. Allowed ages are two missed turns of an hourly series.
_RECORDS = ("core", "edge")
_DATA = (*_RECORDS, "arrow")
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
        objects={dataset.prefix: Access.READ for dataset in DATASETS.values()},
        table=Access.READ_WRITE_DELETE,
    ),
    "run_backtest": FunctionSpec(
        layers=_COMPUTE,
        memory_mb=1769,
        timeout_s=300,
        objects={"candles": Access.READ, "signals": Access.READ, "runs": Access.WRITE},
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
    # The API waits for it too. What it writes lies under the hash of its content, so there is nothing to repeat.
    "check_signals": FunctionSpec(
        layers=_DATA,
        memory_mb=1769,
        timeout_s=15,
        objects={"candles": Access.READ, "uploads": Access.READ, "signals": Access.WRITE},
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
        objects={"candles": Access.READ, "signals": Access.READ, "fan_outs": Access.READ_WRITE},
        table=Access.READ_WRITE,
        in_fan_out=True,
        room="fan_out",
    ),
    "collect_fan_out": FunctionSpec(
        layers=_DATA,
        memory_mb=1769,
        timeout_s=300,
        objects={"fan_outs": Access.READ_WRITE, "runs": Access.WRITE},
        table=Access.READ_WRITE,
        in_fan_out=True,
    ),
    "fail_fan_out": FunctionSpec(
        layers=_RECORDS,
        memory_mb=512,
        timeout_s=60,
        objects={},
        table=Access.READ_WRITE,
        in_fan_out=True,
    ),
    "recover_runs": FunctionSpec(
        layers=_RECORDS,
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
        layers=_RECORDS,
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
            "signals": Access.READ,
            "uploads": Access.READ_WRITE,
            "replies": Access.READ_WRITE,
            "exports": Access.READ_WRITE,
        },
        table=Access.READ_WRITE_DELETE,
        settings=ApiSettings,
        calls=("run_backtest", "backfill_candles", "preview_series", "check_signals"),
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
