"""The worker of the peers: runs in ``.venv-peers`` and imports nothing of candlecloud."""

from __future__ import annotations

from benchmarks.peers import backtesting_orders, backtesting_sweep, vectorbt_sweep
from benchmarks.protocol import serve

if __name__ == "__main__":
    serve(
        {
            "vectorbt": vectorbt_sweep.sweep,
            "vectorbt_ties": vectorbt_sweep.ties,
            "backtesting": backtesting_sweep.sweep,
            "backtesting_orders": backtesting_orders.trades,
        }
    )
