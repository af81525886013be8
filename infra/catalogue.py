"""The functions of the platform as data: what each takes with it, how much it gets, and what it may touch.

Read by the CDK stacks, by the bundle and by tests; imports neither CDK nor candlecloud.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PYTHON = "3.13"
"""Minor version of the Lambda runtime; the bundle compiles for it."""
ARCHITECTURE = "arm64"

LAYERS = ("core", "edge", "web", "arrow", "numeric", "exchange")
"""Every layer. `core` is our code, the rest is third-party (``layers/<name>/requirements.txt``)."""
MAX_LAYERS = 5
"""Lambda's own limit of layers per function."""


class Access(StrEnum):
    """What a function may do with one S3 prefix or with the table."""

    READ = "read"
    WRITE = "write"
    READ_WRITE = "read_write"
    READ_WRITE_DELETE = "read_write_delete"


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
    concurrency
        Reserved concurrency; None takes from the account's pool.
    retries
        How often Lambda repeats a failed asynchronous invocation.
    max_event_age_s
        How long Lambda keeps an asynchronous event that it could not run.
    """

    layers: tuple[str, ...]
    memory_mb: int
    timeout_s: int
    objects: Mapping[str, Access]
    table: Access
    concurrency: int | None = None
    retries: int = 2
    max_event_age_s: int = 6 * 3600


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
        concurrency=1,
        max_event_age_s=3600,
    ),
    "backfill_candles": FunctionSpec(
        layers=_EXCHANGE,
        memory_mb=1024,
        timeout_s=900,
        objects={"candles": Access.READ_WRITE, "quarantine": Access.READ_WRITE},
        table=Access.READ_WRITE_DELETE,
        concurrency=1,
    ),
    "detect_gaps": FunctionSpec(
        layers=_DATA,
        memory_mb=1024,
        timeout_s=300,
        objects={"candles": Access.READ},
        table=Access.READ_WRITE_DELETE,
        max_event_age_s=3600,
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
    "plan_sweep": FunctionSpec(
        layers=_DATA,
        memory_mb=1024,
        timeout_s=120,
        objects={"sweeps": Access.WRITE},
        table=Access.READ_WRITE,
    ),
    # Its children are EXPRESS executions, which end after five minutes: two attempts must fit.
    "run_sweep_batch": FunctionSpec(
        layers=_COMPUTE,
        memory_mb=1769,
        timeout_s=120,
        objects={"candles": Access.READ, "sweeps": Access.READ_WRITE},
        table=Access.READ,
    ),
    "collect_sweep": FunctionSpec(
        layers=_DATA,
        memory_mb=1769,
        timeout_s=300,
        objects={"sweeps": Access.READ_WRITE},
        table=Access.READ_WRITE,
    ),
    "fail_sweep": FunctionSpec(
        layers=_DATA,
        memory_mb=512,
        timeout_s=60,
        objects={},
        table=Access.READ_WRITE,
    ),
    # API Gateway gives up after 29 s, so the function ends before it, and its own waiting ends before that.
    "api": FunctionSpec(
        layers=("core", "edge", "web", "arrow"),
        memory_mb=1769,
        timeout_s=27,
        objects={
            "candles": Access.READ,
            "runs": Access.READ,
            "sweeps": Access.READ,
            "replies": Access.READ_WRITE,
            "exports": Access.READ_WRITE,
        },
        table=Access.READ_WRITE_DELETE,
    ),
}
"""Job to function. The job's name is also the name of its folder, event file and alarm."""
