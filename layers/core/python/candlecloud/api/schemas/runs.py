"""Backtests on the wire. What is asked for is the contract's own `RunConfig`."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from candlecloud.api.schemas.metrics import Failure
from candlecloud.contract.fields import Strict
from candlecloud.contract.results import DataCoverage, RunBenchmark
from candlecloud.contract.run import RunConfig
from candlecloud.metrics.figures import Relative, RunMetrics
from candlecloud.runs.lifecycle import State


class RunAnswer(Strict):
    """A run: what was asked, and how it ended."""

    run_id: str = Field(description="Hash of the configuration, the candles and the code")
    state: State
    attempt: int = Field(description="1, and one more each time it was begun anew")
    created_at: str
    created_at_ms: int
    updated_at: str
    updated_at_ms: int
    config: RunConfig = Field(description="As it was understood: range and data view are fixed, defaults filled in")
    data_revision: str = Field(description="Checksum of the candles that it runs on")
    code_version: str
    git_hash: str | None = Field(description="Commit that took the request; null where it is not known")
    metrics: RunMetrics | None = Field(description="Null until the run has succeeded")
    benchmark: RunBenchmark | None
    relative: Relative | None
    data: DataCoverage | None
    assumptions: dict[str, Any] | None = Field(description="Every switch of the semantics, by name")
    error: Failure | None = Field(description="Why it failed, in state `failed`")
    links: dict[str, str] = Field(
        description="`self`, and once it has succeeded `result` (trades and curves) and `report` (the tear sheet)"
    )
