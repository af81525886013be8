"""What answers about runs and sweeps share: names of metrics to sort by, and failures. Figures are the contract's."""

from __future__ import annotations

from typing import Any, Literal

from candlecloud.contract.fields import Strict

Metric = Literal[
    "final_equity", "total_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "max_drawdown",
    "max_drawdown_bars", "max_drawdown_seconds", "n_trades", "win_rate", "profit_factor", "expectancy", "exposure",
    "turnover", "fees", "slippage", "funding", "cost_share",
]  # fmt: skip
"""The fields of `candlecloud.metrics.figures.Metrics`, as a type can say them; a test holds the two together."""
SortKey = Literal[Metric, "set"]


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
