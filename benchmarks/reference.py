"""Dual SMA on the reference engine, the plain bar loop that is the specification."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.peers.exact import exact_averages
from tests.golden.reference import Bar, Replay, Rules, replay

CASH = 1e4
_YEAR_MS = 365 * 86_400_000


def sweep(
    series: Mapping[str, Any], pairs: Sequence[Sequence[int]], *, fee: float, slippage: float
) -> dict[str, list[float]]:
    """Five numbers per pair, one bar at a time."""
    rules = Rules(taker_fee=fee, slippage=slippage)
    columns = [series[name].tolist() for name in ("open", "high", "low", "close", "volume")]
    bars = [Bar(*row) for row in zip(*columns, strict=True)]
    root = math.sqrt(_YEAR_MS / int(series["step_ms"]))
    numbers = []
    for pair in pairs:
        averages = exact_averages(series, pair)
        targets = (averages[:, 0] > averages[:, 1]).astype(float).tolist()
        numbers.append(_numbers(replay(bars, targets, rules, cash=CASH), root))
    names = ("total_return", "sharpe", "max_drawdown", "n_trades", "win_rate")
    return {name: list(column) for name, column in zip(names, zip(*numbers, strict=True), strict=True)}


def _numbers(account: Replay, root: float) -> tuple[float, ...]:
    equity = np.array([CASH, *account.equity])
    returns = equity[1:] / equity[:-1] - 1.0
    peaks = np.maximum.accumulate(equity)
    deviation = float(returns.std(ddof=1))
    trades = len(account.profits)
    return (
        float(equity[-1]) / CASH - 1.0,
        float(returns.mean()) / deviation * root if deviation > 0.0 else math.nan,
        float((1.0 - equity / peaks).max()),
        float(trades),
        sum(profit > 0.0 for profit in account.profits) / trades if trades else math.nan,
    )
