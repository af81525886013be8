"""Sweeps on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from candlecloud.api.cursors import Cursor
from candlecloud.api.schemas.metrics import Failure, MissingBatch, SortKey
from candlecloud.contract.fields import Number, Strict
from candlecloud.contract.results import Benchmark
from candlecloud.contract.sweep import SweepConfig
from candlecloud.metrics.figures import Metrics
from candlecloud.runs.lifecycle import State

MAX_JSON_LIMIT = 1_000
MAX_LIMIT = 100_000


class SweepAccepted(Strict):
    """The sweep has been started, or was there already."""

    sweep_id: str
    state: State
    sets: int
    excluded: int = Field(description="Combinations that do not go together, such as fast above slow")
    links: dict[str, str]


class Progress(Strict):
    """How far a sweep is."""

    sets: int
    batches_planned: int
    batches_done: int
    fraction: float


class SweepRow(Strict):
    """One parameter set."""

    set: int = Field(description="Its number in the grid's order")
    parameters: dict[str, Number]
    settings: dict[str, int | float | str | None] = Field(
        default={}, description="Path to value, where the grid varies settings of execution; null is off"
    )
    metrics: Metrics


class SweepAnswer(Strict):
    """A sweep: what was asked, how far it is, and how it ended."""

    sweep_id: str = Field(description="Hash of the configuration, the candles and the code")
    state: State
    attempt: int = Field(description="1, and one more each time it was begun anew")
    created_at: str
    created_at_ms: int
    updated_at: str
    updated_at_ms: int
    config: SweepConfig = Field(description="As it was understood; `grid` lists the values of each parameter")
    data_revision: str
    code_version: str
    git_hash: str | None = Field(description="Commit that took the request; null where it is not known")
    progress: Progress
    benchmark: Benchmark | None
    best_by: str | None
    best: list[SweepRow]
    missing_batches: int = Field(description="Batches without a result; a success may have such holes")
    missing: list[MissingBatch] = Field(description="The first 20 batches without a result, and why")
    error: Failure | None
    links: dict[str, str]


class SweepResultsQuery(Strict):
    """A page of a sweep's results."""

    sort: Annotated[SortKey, Field(description="A metric, or the set's number")] = "sharpe"
    order: Annotated[Literal["desc", "asc"] | None, Field(description="Default: desc, for `set` asc")] = None
    limit: Annotated[
        int, Field(ge=1, le=MAX_LIMIT, description=f"Rows; at most {MAX_JSON_LIMIT} as JSON, {MAX_LIMIT} otherwise")
    ] = 100
    cursor: Cursor = None

    @model_validator(mode="after")
    def _default_order(self) -> SweepResultsQuery:
        self.order = self.order or ("asc" if self.sort == "set" else "desc")
        return self


class SweepResultsPage(Strict):
    """Parameter sets in the wanted order; sets without the metric come last."""

    sweep_id: str
    state: State
    sort: str
    order: Literal["desc", "asc"]
    total: int
    count: int
    rows: list[SweepRow]
    missing_batches: int
    next_cursor: str | None
