"""What the platform knows of a function: layers, size, rights, whom it calls, when it runs. Imports no CDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from candlecloud.settings import FunctionSettings

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
