"""Small result documents around any equity curve, for tests of the tear sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from candlecloud.metrics.conventions import CONVENTIONS
from candlecloud.metrics.curves import drawdowns

START = 1_672_531_200_000
"""2023-01-01."""
HOUR = 3_600_000


def small_document(
    equity: Sequence[float],
    benchmark: Sequence[float] | None = None,
    *,
    initial: float = 100.0,
    hours: int = 1,
    **parts: Any,
) -> dict[str, Any]:
    """A document around an equity curve from 2023-01-01 on, with a close every so many hours.

    `parts` replace what stands at the top level.
    """
    mine = np.array(equity, dtype=np.float64)
    held = mine if benchmark is None else np.array(benchmark, dtype=np.float64)
    return {
        "schema": "candlecloud.run/1",
        "run_id": "run_0123456789abcdef",
        "data_revision": "revision",
        "code_version": "0.0.0+test",
        "config": {
            "exchange": "binance",
            "symbol": "BTC-USDT",
            "timeframe": "1h",
            "strategy": "dual_sma",
            "direction": "both",
            "initial_equity": initial,
            "parameters": {"fast": 5, "slow": 20},
        },
        "assumptions": {"stops": "off", "fee": {"model": "bps_of_notional", "bps": 10.0}, "flatten_at_end": False},
        "data": {"bars": len(mine), "warmup_bars": 20, "required_candles": len(mine) + 21, "gaps": 1}
        | {"received_candles": len(mine) + 20, "missing_candles": 1},
        "metrics": _metrics(mine, initial),
        "benchmark": {"strategy": "buy_and_hold", "metrics": _metrics(held, initial)},
        "conventions": dict(CONVENTIONS),
        "trades": [],
        "ruined": bool((mine <= 0.0).any()),
        "curves": {
            "close_time": [START + hours * HOUR * (i + 1) for i in range(len(mine))],
            "equity": mine.tolist(),
            "drawdown": drawdowns(mine, initial).tolist(),
            "benchmark_equity": held.tolist(),
            "benchmark_drawdown": drawdowns(held, initial).tolist(),
        },
    } | parts


def configured(document: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The same with other fields in its configuration."""
    return document | {"config": document["config"] | fields}


def trade(return_fraction: float, holding_seconds: int, **fields: Any) -> dict[str, Any]:
    """A closed trade."""
    left = START + 1000 * holding_seconds
    return {
        "direction": "long",
        "entry_time": {"iso": "2023-01-01T00:00:00Z", "unix_ms": START},
        "exit_time": {"iso": "later", "unix_ms": left},
        "pnl": 100.0 * return_fraction,
        "fees": 0.2,
        "slippage": 0.1,
        "return_fraction": return_fraction,
        "holding_seconds": holding_seconds,
        "holding_bars": holding_seconds // 3600,
        "exit_reason": "target",
    } | fields


def _metrics(equity: np.ndarray[Any, np.dtype[np.float64]], initial: float) -> dict[str, Any]:
    return {
        "final_equity": float(equity[-1]),
        "total_return": float(equity[-1]) / initial - 1.0,
        "max_drawdown": float(drawdowns(equity, initial).max()),
        "sharpe": None,
        "cagr": None,
        "exposure": 0.5,
        "n_trades": 0,
    }
