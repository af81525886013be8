"""The same sweep on real worker processes: how it was cut and who computed it does not show in the result."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.worker_processes import collect_sweep, workers

SWEEP: dict[str, Any] = {
    "exchange": "binance",
    "symbol": "BTC-USDT",
    "timeframe": "1h",
    "start": "2024-03-01T00:00:00Z",
    "end": "2024-06-01T00:00:00Z",
    "strategy": "dual_sma",
    "grid": {"fast": [5, 10, 20, 30], "slow": [20, 40, 60, 80, 100]},
}
SETS = 18
"""20 combinations; 20/20 and 30/20 are no sets."""
STOPS: dict[str, Any] = {"direction": "both", "stops": {"stop_loss": 0.01, "take_profit": 0.015}}


def test_workers_batches_and_order_do_not_show_in_the_bytes() -> None:
    found = []
    with workers(2) as two, workers(1) as one:
        for document in (SWEEP, SWEEP | STOPS):
            batches, *whole = collect_sweep(one, document, 1_000, reverse=False)
            assert batches == 1
            rows, header = whole
            assert pq.read_table(pa.BufferReader(rows))["set"].to_pylist() == list(range(SETS))
            assert json.loads(header)["missing"] == []
            assert collect_sweep(two, document, 1, reverse=False) == (SETS, *whole)
            assert collect_sweep(two, document, 7, reverse=True) == (3, *whole)
            assert collect_sweep(one, document, 7, reverse=True) == (3, *whole)
            found.append(rows)
    plain, stopped = (pq.read_table(pa.BufferReader(rows)) for rows in found)
    assert not plain.equals(stopped), "stops do show"
