"""Entry orders, stops and time exits beside backtesting.py: the same trades where semantics meet, the others counted.

``python -m benchmarks --only orders`` prints the table.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.environment import ensure_peers
from benchmarks.protocol import Worker
from benchmarks.series import read_series
from benchmarks.sweep import bars_of
from benchmarks.tables import table
from candlecloud.backtest.bar_engine import simulate
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.orders import ENTRY_TYPES
from candlecloud.features.bars import Bars

Trades = Sequence[Sequence[float]]
Ask = Callable[..., Trades]
"""Trades of the peer for targets and rules."""

CASES: Mapping[str, Mapping[str, Any]] = {
    "at the open": {},
    "at the open, time exit after 24 bars": {"max_bars": 24},
    "limit, 50 bps": {"entry": "limit", "offset": 0.005},
    "limit, 50 bps, 6 bars": {"entry": "limit", "offset": 0.005, "expires_bars": 6},
    "stop, 50 bps": {"entry": "stop", "offset": 0.005},
    "stop, 50 bps, 6 bars": {"entry": "stop", "offset": 0.005, "expires_bars": 6},
    "limit, 50 bps, stop-loss 1 %": {"entry": "limit", "offset": 0.005, "stop_loss": 0.01},
    "limit, 50 bps, stop-loss 1 %, take-profit 2 %": {
        "entry": "limit",
        "offset": 0.005,
        "stop_loss": 0.01,
        "take_profit": 0.02,
    },
    "stop, 50 bps, stop-loss 1 %, take-profit 2 %": {
        "entry": "stop",
        "offset": 0.005,
        "stop_loss": 0.01,
        "take_profit": 0.02,
    },
}


def tables() -> str:
    """Compare on real hours; the peer runs in its own environment."""
    series = read_series("1h")
    with tempfile.TemporaryDirectory() as scratch, Worker("peers", ensure_peers(), "benchmarks.peers.worker") as peers:
        stored = Path(scratch) / "series.npz"
        np.savez(stored, **series)
        peers.load(stored)
        return compare(bars_of(series), lambda **rules: peers.ask("backtesting_orders", **rules).result)


def compare(bars: Bars, ask: Ask) -> str:
    """One line per case: how many trades each makes, how many are the same, and where the others differ."""
    targets = _targets(len(bars))
    rows = []
    for name, rules in CASES.items():
        theirs = {int(trade[0]): trade for trade in ask(targets=targets.tolist(), **rules)}
        ours = {int(trade[0]): trade for trade in _ours(bars, targets, rules)}
        both = [(theirs[bar], ours[bar]) for bar in theirs if bar in ours]
        entered = sum(np.allclose(a[:2], b[:2], rtol=1e-12, atol=0.0) for a, b in both)
        same = sum(np.allclose(a, b, rtol=1e-12, atol=0.0) for a, b in both)
        at_once = sum(b[2] == b[0] and not np.allclose(a, b, rtol=1e-12, atol=0.0) for a, b in both)
        rows.append((name, *(f"{count:,}" for count in (len(theirs), len(ours), entered, same, at_once))))
    counted = ("backtesting.py", "candlecloud", "same entry", "same trade", "we: stopped in the bar of entry")
    headings = ("entry and exits", *counted)
    return f"{len(bars):,} real hours, random targets, no costs. Trades:\n\n{table(headings, rows)}"


def _ours(bars: Bars, targets: Any, rules: Mapping[str, Any]) -> Trades:
    execution = Execution(
        entry_type=ENTRY_TYPES.index(rules.get("entry", "market")),
        entry_offset_bps=rules.get("offset", 0.0) * 10_000.0,
        entry_expires_bars=rules.get("expires_bars", 0),
        **{name: rules.get(name, 0) for name in ("stop_loss", "take_profit", "max_bars")},
    )
    fills = simulate(Backtest(bars, 10_000.0), targets, execution).fills
    return [[a.bar, a.price, b.bar, b.price] for a, b in zip(fills[::2], fills[1::2], strict=False)]


def _targets(n: int) -> Any:
    """1 or 0 for about 20 bars each."""
    rng = np.random.default_rng(3)
    wanted, keep = rng.choice([0.0, 1.0], n), rng.random(n) < 0.95
    targets = wanted[np.maximum.accumulate(np.where(keep, 0, np.arange(n)))]
    targets[:2] = 0.0  # it does not ask its strategy at the first close
    return targets
