"""What the demo found, as the API told it: what the terminal and the report show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    result: Mapping[str, Any]
    tear_sheet: bytes

    @property
    def symbol(self) -> str:
        """Canonical symbol."""
        return str(self.answer["config"]["symbol"])

    @property
    def metrics(self) -> Mapping[str, Any]:
        """Numbers of the strategy."""
        found: Mapping[str, Any] = self.answer["metrics"]
        return found

    @property
    def held(self) -> Mapping[str, Any]:
        """Numbers of buying and holding."""
        found: Mapping[str, Any] = self.answer["benchmark"]["metrics"]
        return found

    @property
    def intrabar(self) -> Mapping[str, Any]:
        """What the bars that held both stop and target could have made of the run."""
        found: Mapping[str, Any] = self.result["intrabar"]
        return found


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
