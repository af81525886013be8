"""The measured process of `tests.evidence.cold_imports`: a handler is imported, then its first invocation begins.

It is run in other checkouts too, so it is a script of its own and asks for names where older ones keep them.
"""

from __future__ import annotations

import time

started = time.process_time()

import handler  # type: ignore[import-not-found]  # noqa: E402, F401

imported = time.process_time()

import sys  # noqa: E402
from importlib import import_module  # noqa: E402
from importlib.util import find_spec  # noqa: E402

from candlecloud.wiring import runtime_of  # noqa: E402

CONFIG = {
    "exchange": "binance",
    "symbol": "BTC-USDT",
    "timeframe": "1h",
    "start": "2024-01-01",
    "end": "2025-01-01",
    "strategy": "dual_sma",
}
RUNS = ("api", "preview_series", "run_backtest")
SWEEPS = ("plan_sweep", "run_sweep_batch", "collect_sweep", "plan_fan_out", "collect_fan_out")
WITHOUT_CANDLES = (
    *("collect_sweep", "fail_sweep", "plan_sweep", "collect_fan_out", "fail_fan_out", "plan_fan_out"),
    *("prune_versions", "recover_runs"),
)


def begin(function: str) -> None:
    """What the first invocation of a function begins with."""
    stores = runtime_of(function).stores
    if function not in WITHOUT_CANDLES:
        assert stores.candles
    is_old = find_spec("candlecloud.contract") is None
    if function in RUNS:
        module = import_module("candlecloud.runs.config" if is_old else "candlecloud.contract.run")
        module.RunConfig.from_dict(CONFIG)
    if function in SWEEPS:
        if find_spec("candlecloud.fan_out") is not None:
            import_module("candlecloud.fan_out.kinds").KINDS.find("sweep")
        module = import_module("candlecloud.runs.sweep" if is_old else "candlecloud.contract.sweep")
        module.SweepConfig.from_dict(CONFIG | {"grid": {"fast": [5, 10], "slow": [20, 30]}})


begin(sys.argv[1])
print(imported - started, time.process_time() - started)
