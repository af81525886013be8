"""The worker of the peers: runs in ``.venv-peers`` and imports nothing of candlecloud."""

from __future__ import annotations

from benchmarks.peers import backtesting_orders, backtesting_sweep, vectorbt_strategies, vectorbt_sweep
from benchmarks.protocol import serve

if __name__ == "__main__":
    serve(
        {
            "vectorbt": vectorbt_sweep.sweep,
            "vectorbt_ties": vectorbt_sweep.ties,
            "vectorbt_strategy": vectorbt_strategies.sweep,
            "vectorbt_given": vectorbt_strategies.given_positions,
            "backtesting": backtesting_sweep.sweep,
            "backtesting_orders": backtesting_orders.trades,
        }
    )
