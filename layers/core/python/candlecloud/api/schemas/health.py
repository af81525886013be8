"""State of the service on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from candlecloud.contract.fields import Strict

JobState = Literal["ok", "failing", "stalled", "never_succeeded"]


class Live(Strict):
    """The process answers."""

    status: Literal["live"] = "live"


class Ready(Strict):
    """The process reaches its stores."""

    status: Literal["ready"] = "ready"


class JobHealth(Strict):
    """How a job is doing."""

    job: str
    status: JobState
    last_success: str | None
    last_success_ms: int | None
    last_error: str | None = Field(description="Kind of the last error since the last success; null when there is none")
    last_error_at: str | None
    consecutive_failures: int
    age_s: float | None = Field(description="Seconds since the last success")
    allowed_age_s: int | None = Field(description="Above this age the job counts as stalled; null where nothing is set")
    stalled_by_s: float = Field(description="Seconds above the allowed age, 0 when not stalled")


class Health(Strict):
    """Every job that has run or should have run."""

    status: Literal["ok", "degraded"]
    now: str
    now_ms: int
    jobs: list[JobHealth]
