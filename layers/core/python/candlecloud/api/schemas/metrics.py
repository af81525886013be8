"""What answers about runs and sweeps share: names of metrics to sort by, and failures. Figures are the contract's."""

from __future__ import annotations

from typing import Any, Literal

from candlecloud.contract.fields import Strict
from candlecloud.metrics.figures import MetricName

SortKey = Literal[MetricName, "set"]


class Failure(Strict):
    """Why a run or sweep, or a part of it, gave no result."""

    code: str
    message: str
    hint: str | None = None
    details: dict[str, Any] | None = None


class MissingBatch(Strict):
    """Parameter sets `start` to `end - 1`, which have no result."""

    batch: int
    start: int
    end: int
    error: Failure
