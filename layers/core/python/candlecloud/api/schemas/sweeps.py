"""Sweeps on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from candlecloud.api.schemas.market import Cursor, Strict
from candlecloud.api.schemas.metrics import Benchmark, Failure, Metrics, MissingBatch, SortKey
from candlecloud.api.schemas.runs import RunConfigEcho, SettingFields
from candlecloud.api.schemas.trading import Name, Number

MAX_JSON_LIMIT = 1_000
MAX_LIMIT = 100_000
SweepStateName = Literal["running", "planned", "succeeded", "partial", "failed"]


class Steps(Strict):
    """Values from `start` to `stop`, which is included when a step lands on it."""

    start: Number
    stop: Number
    step: Number


# Tags in angle brackets are left out of the names of wrong fields: `grid.fast.step`, `grid.slow.1`.
Axis = Annotated[
    Annotated[list[Number], Field(min_length=1, max_length=10_000), Tag("<list>")] | Annotated[Steps, Tag("<steps>")],
    Discriminator(lambda given: "<steps>" if isinstance(given, (dict, Steps)) else "<list>"),
]


class SweepRequest(SettingFields):
    """Many backtests that differ in the strategy's parameters."""

    grid: Annotated[
        dict[Name, Axis],
        Field(min_length=1, max_length=20, description="Parameter to its values; all combinations are computed"),
    ]
    parameters: Annotated[dict[Name, Number], Field(max_length=50, description="Parameters that all sets share")] = (
        Field(default_factory=dict)
    )
    batch_size: Annotated[
        int | None, Field(strict=True, ge=1, le=100_000, description="Sets per batch; moves no result")
    ] = None


class SweepConfigEcho(RunConfigEcho):
    """The configuration as it was understood."""

    grid: dict[str, list[Number]]
    batch_size: int | None


class SweepAccepted(Strict):
    """The sweep has been started, or was there already."""

    sweep_id: str
    state: SweepStateName
    sets: int
    excluded: int = Field(description="Combinations that do not go together, such as fast above slow")
    links: dict[str, str]


class Progress(Strict):
    """How far a sweep is."""

    sets: int
    batches_planned: int | None = Field(description="Null until the plan is written")
    batches_done: int
    fraction: float


class SweepRow(Strict):
    """One parameter set."""

    set: int = Field(description="Its number in the grid's order")
    parameters: dict[str, Number]
    metrics: Metrics


class SweepAnswer(Strict):
    """A sweep: what was asked, how far it is, and how it ended."""

    sweep_id: str = Field(description="Hash of the configuration, the candles and the code")
    state: SweepStateName
    created_at: str
    created_at_ms: int
    updated_at: str
    updated_at_ms: int
    config: SweepConfigEcho
    data_revision: str
    code_version: str
    progress: Progress
    benchmark: Benchmark | None
    best_by: str | None
    best: list[SweepRow]
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
    state: SweepStateName
    sort: str
    order: Literal["desc", "asc"]
    total: int
    count: int
    rows: list[SweepRow]
    missing_batches: int
    next_cursor: str | None
