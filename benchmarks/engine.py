"""The engine beside the bar loop that it must equal, on three years of real hours: ``python -m benchmarks.engine``.

Both get the same target positions; rounds alternate, medians count, results are compared before any figure is printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from candlecloud.backtest.costs import Costs
from candlecloud.backtest.engine import simulate
from candlecloud.features.bars import bars_from_table
from candlecloud.strategies.registry import find_strategy
from tests.golden.oracle import replay
from tests.support.recorded import btc_hours

ROUNDS = 7
PAIRS = ((10, 50), (50, 200), (100, 400))
COSTS = Costs(10.0, 2.0)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of one call, and its result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def main() -> None:
    bars = bars_from_table(btc_hours())
    rows = list(zip(bars.open.tolist(), bars.close.tolist(), bars.volume.tolist(), strict=True))
    print(f"{len(bars):,} real BTC-USDT hours, CPU ms for one parameter set, median of {ROUNDS} alternating rounds\n")
    print("| parameters | fills | bar loop | engine | ratio |\n|---|---|---|---|---|")
    for fast, slow in PAIRS:
        target = find_strategy("dual_sma").target(bars, {"fast": fast, "slow": slow}).clip(0, 1)
        targets = target.tolist()
        by_bars = partial(replay, rows, targets, fee=COSTS.fee_rate, slip=COSTS.slippage_rate, cash=1e4)
        by_engine = partial(simulate, bars, target, COSTS, initial_equity=1e4, direction="long")
        loops, engines = [], []
        for _ in range(ROUNDS):
            loop, wanted = timed(by_bars)
            engine, got = timed(by_engine)
            loops.append(loop)
            engines.append(engine)
        worst = max(abs(a / b - 1) for a, b in zip(got.equity.tolist(), wanted["equity"], strict=True))
        if worst > 1e-12 or len(got.fills) != len(wanted["fills"]):
            raise SystemExit(f"{fast}/{slow}: engine and bar loop differ by {worst:.1e}; no figure is worth printing")
        ms = [median(times) * 1000 for times in (loops, engines)]
        print(f"| {fast}/{slow} | {len(got.fills)} | {ms[0]:.1f} | {ms[1]:.2f} | {ms[0] / ms[1]:.0f} |")


if __name__ == "__main__":
    main()
