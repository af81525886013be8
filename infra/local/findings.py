"""What the demo found, as the API told it: what the terminal and the report show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.progress import Step

STRATEGIES = {"dual_sma": "dual SMA", "buy_and_hold": "buy and hold"}
CAUSES = {
    "absent_at_exchange": "the exchange has no candle there: asked in two differently laid windows, it gave the "
    "candles on both sides of the hole and none inside",
    "before_listing": "the market was not listed yet",
}


@dataclass(frozen=True)
class RunPart:
    """A run: the answer of ``GET /runs/{id}`` and its result with curves."""

    answer: Mapping[str, Any]
    result: Mapping[str, Any]

    @property
    def symbol(self) -> str:
        """Canonical symbol."""
        return str(self.answer["config"]["symbol"])

    @property
    def title(self) -> str:
        """Strategy with its parameters."""
        values = "/".join(f"{value:g}" for value in self.answer["config"]["parameters"].values())
        return f"{STRATEGIES[self.answer['config']['strategy']]} {values}".strip()

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


@dataclass(frozen=True)
class SweepPart:
    """A sweep: the answer of ``GET /sweeps/{id}`` and every row of its results."""

    answer: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]

    def by_sharpe(self) -> list[Mapping[str, Any]]:
        """Rows with a Sharpe ratio, best first; ties by number."""
        ranked = [row for row in self.rows if row["metrics"]["sharpe"] is not None]
        return sorted(ranked, key=lambda row: (-row["metrics"]["sharpe"], row["set"]))


@dataclass(frozen=True)
class Findings:
    """Everything that the report tells.

    Attributes
    ----------
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
