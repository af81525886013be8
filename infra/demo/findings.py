"""What the demo found, as the API told it: what the terminal and the report show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from candlecloud.contract.results import IntrabarBand, RunResult
from candlecloud.metrics.figures import RunMetrics
from infra.local.progress import Step

CAUSES = {
    "absent_at_exchange": "the exchange has no candle there: asked in two differently laid windows, it gave the "
    "candles on both sides of the hole and none inside",
    "before_listing": "the market was not listed yet",
}


@dataclass(frozen=True)
class RunPart:
    """A run: what it is called, the answer of ``GET /runs/{id}``, its result, and its tear sheet's page."""

    title: str
    name: str
    """Of its tear sheet's file."""
    answer: Mapping[str, Any]
    result: RunResult
    tear_sheet: bytes

    @property
    def symbol(self) -> str:
        """Canonical symbol."""
        return self.result.config.series.symbol.key

    @property
    def metrics(self) -> RunMetrics:
        """Numbers of the strategy."""
        return self.result.metrics

    @property
    def held(self) -> RunMetrics:
        """Numbers of buying and holding."""
        return self.result.benchmark.metrics

    @property
    def intrabar(self) -> IntrabarBand:
        """What the bars that held both stop and target could have made of the run."""
        return self.result.intrabar


@dataclass(frozen=True)
class SweepPart:
    """A sweep: the answer of ``GET /sweeps/{id}``, every row of its results, and how long the first of them took."""

    answer: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    seconds: float

    def by_sharpe(self) -> list[Mapping[str, Any]]:
        """Rows with a Sharpe ratio, best first; ties by number."""
        ranked = [row for row in self.rows if row["metrics"]["sharpe"] is not None]
        return sorted(ranked, key=lambda row: (-row["metrics"]["sharpe"], row["set"]))


@dataclass(frozen=True)
class Findings:
    """Everything that the report tells.

    Attributes
    ----------
    runs
        The first is the plain one that the sweep varies.
    coverage
        Report of ``detect_gaps`` per series.
    quarantined
        Rows that the exchange sent and the lake did not take, by series.
    series, gaps
        Items of ``GET /series`` and ``GET /gaps``.
    repairs
        Reports of ``backfill_candles``.
    """

    runs: Sequence[RunPart]
    sweep: SweepPart
    series: Sequence[Mapping[str, Any]]
    coverage: Sequence[Mapping[str, Any]]
    quarantined: Mapping[str, int]
    gaps: Sequence[Mapping[str, Any]]
    repairs: Sequence[Mapping[str, Any]]
    steps: Sequence[Step]
    requests: int
