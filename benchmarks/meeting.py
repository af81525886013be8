"""Where backtesting.py meets our semantics, and what each of its own habits changes: one setting at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.agreement import compare
from benchmarks.plan import FEE, SAMPLE, SLIPPAGE
from benchmarks.protocol import Worker

COLUMNS = ("total_return", "max_drawdown")  # its Sharpe ratio is another number: of daily returns, geometric mean


@dataclass(frozen=True)
class Met:
    """One setting: how many of the sets have the same trades and win rate, and the largest differences."""

    setting: str
    sets: int
    same_trades: int
    same_first_entry: int
    worst_return: float
    worst_drawdown: float


def meet_backtesting(ours: Worker, peers: Worker) -> list[Met]:
    """Compare on `SAMPLE`; the first two settings must agree to the last trade and 1e-9.

    Raises
    ------
    DisagreementError
        If they don't.
    """
    free = _ask(ours, "candlecloud", 0.0, volume=False)
    aligned = _ask(peers, "backtesting", 0.0, aligned=True)
    compare("backtesting.py, aligned, no slippage", SAMPLE, free, aligned, columns=COLUMNS)
    moved = _ask(ours, "candlecloud", SLIPPAGE, volume=False)
    round_trip = (1.0 + SLIPPAGE) / (1.0 - SLIPPAGE) - 1.0
    at_entry = _ask(peers, "backtesting", round_trip, aligned=True)
    first = aligned["first_entry"]
    return [
        _met("aligned, no slippage", free, aligned, first),
        _met("plain strategy, no slippage", free, _ask(peers, "backtesting", 0.0), first),
        _met(
            "plain strategy, FractionalBacktest with 10,000 of cash, no slippage",
            free,
            _ask(peers, "backtesting", 0.0, fractional=True),
            first,
        ),
        _met("aligned, spread 2 bps", moved, _ask(peers, "backtesting", SLIPPAGE, aligned=True), first),
        _met("aligned, spread of both sides (4 bps) at the entry", moved, at_entry, first),
        _met("plain strategy, spread 2 bps (as timed)", moved, _ask(peers, "backtesting", SLIPPAGE), first),
    ]


def _ask(worker: Worker, task: str, slippage: float, **options: Any) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = worker.ask(task, pairs=SAMPLE, fee=FEE, slippage=slippage, **options).result
    return answer


def _met(setting: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], first: list[float]) -> Met:
    gap = {name: np.abs(np.array(ours[name]) - np.array(theirs[name])) for name in (*COLUMNS, "n_trades")}
    return Met(
        setting,
        len(SAMPLE),
        int((gap["n_trades"] == 0.0).sum()),
        int((np.array(theirs["first_entry"]) == np.array(first)).sum()),
        float(gap["total_return"].max()),
        float(gap["max_drawdown"].max()),
    )
