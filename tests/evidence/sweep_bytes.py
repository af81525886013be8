"""The same sweeps on 1 and 2 worker processes, in batches of 1, 17 and 1,000, forward and reversed: one result.

Prints the SHA-256 of each collected result; exits with an error if two of one sweep differ.
"""

from __future__ import annotations

import hashlib
import sys
import time

from tests.support.worker_processes import collect_sweep, read_sweep, workers

MARKET = {
    "exchange": "binance",
    "symbol": "BTC-USDT",
    "timeframe": "1h",
    "start": "2024-01-01T00:00:00Z",
    "end": "2025-01-01T00:00:00Z",
}
SWEEPS = {
    "vectorised engine: dual_sma": {
        **MARKET,
        "strategy": "dual_sma",
        "grid": {"fast": {"start": 2, "stop": 50, "step": 2}, "slow": {"start": 60, "stop": 250, "step": 10}},
    },
    "bar engine: breakout, stops, both sides": {
        **MARKET,
        "strategy": "donchian_breakout",
        "direction": "both",
        "sizing": {"model": "volatility_target"},
        "stops": {"stop_loss": 0.02, "take_profit": 0.03},
        "rebalance_band": 0.1,
        "grid": {"entry": {"start": 20, "stop": 100, "step": 2}},
    },
}
SIZES = (1, 17, 1_000)


def main() -> int:
    different = 0
    print("| sweep | sets | workers | batch size | batches | order | SHA-256 of the result | s |")
    print("|---|---|---|---|---|---|---|---|")
    for name, document in SWEEPS.items():
        digests = set()
        sets = read_sweep(document).size.valid
        for count in (1, 2):
            with workers(count) as pool:
                for size in SIZES:
                    for order in ("forward", "reversed"):
                        started = time.monotonic()
                        batches, *content = collect_sweep(pool, document, size, reverse=order == "reversed")
                        digest = hashlib.sha256(b"".join(content)).hexdigest()
                        digests.add(digest)
                        took = time.monotonic() - started
                        cells = (name, sets, count, size, batches, order, digest[:16], f"{took:.1f}")
                        print("| " + " | ".join(map(str, cells)) + " |", flush=True)
        different += len(digests) - 1
    print(f"\nResults that differ: {different}")
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main())
