"""Run every kernel on random input and print hashes of what came out: ``python kernel_probe.py SEED``.

A process of its own, so that it can run where nothing is compiled and no compiler's package is installed.
"""

from __future__ import annotations

import hashlib
import json
import sys

import numpy as np

import candlecloud
from candlecloud.backtest.bar_engine import simulate
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.kernels import bar_engine, vectorised_engine
from candlecloud.backtest.statistics import N_COLUMNS
from candlecloud.backtest.vectorised_engine import PlainCosts, statistics_of_pairs, statistics_of_signals
from candlecloud.features.bars import Bars, prefix_sums, to_ticks
from candlecloud.features.compute import compute_feature
from candlecloud.features.families import FEATURES
from candlecloud.features.families.trend import ATR
from candlecloud.metrics.kernels import compound
from candlecloud.metrics.summary import summary_columns

_CHOICES: dict[str, list[float]] = {
    "taker_fee_bps": [0.0, 10.0, 33.3],
    "maker_fee_bps": [0.0, 2.0],
    "slippage_bps": [0.0, 2.0, 17.0],
    "max_participation": [0.0, 0.0, 0.05, 1.0],
    "stop_loss": [0.0, 0.0, 0.02],
    "take_profit": [0.0, 0.0, 0.02, 0.15],
    "trailing_stop": [0.0, 0.0, 0.03],
    "take_profit_atr": [0.0, 0.0, 2.0],
    "max_bars": [0.0, 0.0, 9.0],
    "entry_type": [0.0, 0.0, 1.0, 2.0],
    "entry_offset_bps": [0.0, 30.0],
    "entry_expires_bars": [0.0, 3.0],
    "drawdown_limit": [0.0, 0.0, 0.05],
    "rebalance_band": [0.0, 0.0, 0.02],
    "tick_size": [0.0, 0.0, 0.5],
    "lot_step": [0.0, 0.0, 0.001, 1.0],
    "min_notional": [0.0, 0.0, 10.0],
}


def random_bars(rng: np.random.Generator, n: int) -> Bars:
    """Hours of a random walk in cents, some of them flat or without volume."""
    closes = 100.0 * np.exp(np.cumsum(rng.choice([0.0, 0.01, 0.03], n) * rng.standard_normal(n)))
    opens = np.concatenate([[100.0], closes[:-1]])
    highs, lows = np.maximum(opens, closes) * 1.004, np.minimum(opens, closes) * 0.996
    prices = [np.round(column, 2) for column in (opens, highs, lows, closes)]
    volumes = np.where(rng.random(n) < 0.05, 0.0, rng.lognormal(3.0, 1.0, n))
    times = np.arange(n, dtype=np.int64) * 3_600_000
    return Bars(times, times + 3_600_000, *prices, volumes, 2, prefix_sums(to_ticks(prices[3], 2)))


def probe(seed: int) -> dict[str, str]:
    rng = np.random.default_rng(seed)
    bars = random_bars(rng, 700)
    found = {name: [*compute_feature(bars, FEATURES[name], {}).values()] for name in FEATURES}
    fast, slow = rng.integers(1, 20, 12), rng.integers(20, 90, 12)
    signals = [rng.random(len(bars)).cumsum() % 9.0 > 4.5 for _ in range(3)]
    costs = PlainCosts(0.001, 0.0002, flatten_at_end=True)
    found["pairs"] = [statistics_of_pairs(Backtest(bars, 10_000.0, start_bar=90), fast, slow, costs)]
    found["signals"] = [statistics_of_signals(Backtest(bars, 10_000.0), signals, costs)]
    rows = np.exp(rng.normal(0.0, 3.0, (2_000, N_COLUMNS)))
    summaries = summary_columns(rows, initial_equity=1.0, n_bars=700, span_ms=10**10)
    found["summaries"] = [*summaries.values()]
    for k in range(25):
        switches = {name: float(rng.choice(values)) for name, values in _CHOICES.items()}
        if switches["take_profit_atr"]:
            switches["take_profit"] = 0.0
        execution = Execution(**switches, cooldown_bars=3, flatten_at_end=bool(k % 2))
        target = np.repeat(rng.choice([-1.0, 0.0, 0.5, 1.0], 100), 7)
        funding = rng.choice([0.0, 0.0, 0.001, -0.002], len(bars))
        ranges = compute_feature(bars, ATR, {})["atr"]
        backtest = Backtest(bars, 10_000.0, direction="both", funding=funding, average_true_range=ranges)
        ran = simulate(backtest, target, execution)
        fills = np.array([tuple(fill)[2:6] for fill in ran.fills], dtype=np.float64)
        found[f"path {k}"] = [ran.statistics, ran.equity, np.array(ran.profits), fills]
    return {name: _hash(arrays) for name, arrays in found.items()}


def _hash(arrays: list[np.ndarray]) -> str:
    return hashlib.sha256(b"|".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()[:16]


if __name__ == "__main__":
    modules = (candlecloud, vectorised_engine, bar_engine, compound)
    print(json.dumps({"from": [module.__file__ for module in modules], **probe(int(sys.argv[1]))}))
