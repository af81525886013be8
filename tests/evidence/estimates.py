"""What `fan_out.kinds.sweep` estimates for a set and a sweep's look-ahead test, beside what they take on this machine.

The estimates decide how many sets make a batch, and what is refused because it would be cut off: they are upper bounds.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pyarrow as pa

from candlecloud.contract.sweep import SweepConfig
from candlecloud.experiments.sweep import evaluate_batch
from candlecloud.fan_out.kinds.sweep import sweep_work
from candlecloud.market.timeframe import Timeframe
from candlecloud.runs.inputs import RunInputs

BARS = 100_000
START = 1_577_836_800_000
BASE = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1m"}
AVERAGES: dict[str, Any] = {"strategy": "dual_sma", "grid": {"fast": [5, 10, 20, 50], "slow": [110, 200, 500]}}
MANY = {"fast": {"start": 5, "stop": 54, "step": 1}, "slow": {"start": 110, "stop": 500, "step": 10}}
STOPS = {"stops.stop_loss": [0.01, 0.02, 0.03, 0.04, 0.05], "stops.take_profit": [0.02, 0.04, 0.06, 0.08, 0.1]}
BOTH_STOPS: dict[str, Any] = {"stops": {"stop_loss": 0.02, "take_profit": 0.04}}
EVERYTHING: dict[str, Any] = {
    **BOTH_STOPS,
    "direction": "both",
    "sizing": {"model": "kelly_fraction"},
    "slippage": {"model": "participation_rate"},
    "rebalance_band": 0.05,
}
RULES: dict[str, Any] = {
    "strategy": "rules",
    "grid": {"n": [10, 20, 40, 80, 160]},
    "rules": {
        "parameters": {"n": {"kind": "integer", "low": 2, "high": 1000, "default": 20}},
        "features": {
            "vr": {"feature": "volatility_regime"},
            "tr": {"feature": "trend_regime"},
            "bb": {"feature": "bollinger", "parameters": {"window": {"param": "n"}}},
            "dc": {"feature": "donchian", "parameters": {"window": {"param": "n"}}},
            "ad": {"feature": "adx"},
            "hourly": {"feature": "rsi", "timeframe": "1h"},
        },
        "long": {
            "entry": {
                "all": [
                    {"crosses_above": ["close", "bb.upper"]},
                    {"gt": ["ad", 20]},
                    {"gt": ["hourly", 50]},
                    {"ge": ["vr", 0]},
                    {"ge": ["tr", 0]},
                    {"gt": ["close", "dc.lower"]},
                ]
            },
            "exit": {"lt": ["close", "bb.middle"]},
        },
    },
}
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "averages, plain": ({**AVERAGES, "grid": MANY}, "none"),
    "averages, plain, 100 fees": ({**AVERAGES, "grid": {"fee_bps": {"start": 1, "stop": 100, "step": 1}}}, "none"),
    "averages, plain, 10 fees": ({**AVERAGES, "grid": {**AVERAGES["grid"], "fee_bps": list(range(10))}}, "none"),
    "averages, 25 stops": ({**AVERAGES, "grid": STOPS}, "none"),
    "averages of 1h, 25 stops, 1m inside": ({**AVERAGES, "grid": STOPS, "timeframe": "1h"}, "1m"),
    "averages, short too": ({**AVERAGES, "direction": "both"}, "none"),
    "averages, everything on": ({**AVERAGES, **EVERYTHING}, "none"),
    "averages of 1h, 1m inside": ({**AVERAGES, **BOTH_STOPS, "timeframe": "1h"}, "1m"),
    "ema_cross": ({**AVERAGES, "strategy": "ema_cross"}, "none"),
    "macd, everything on": (
        {"strategy": "macd", "grid": {"fast": [5, 8, 12], "slow": [26, 40, 60]}, **EVERYTHING},
        "none",
    ),
    "rules with six features": (RULES, "none"),
    "rules with six features, everything on": ({**RULES, **EVERYTHING}, "none"),
}


def candles(count: int, timeframe: str, start: int) -> pa.Table:
    """A random walk with the steps of Bitcoin."""
    step, rng = Timeframe(timeframe).ms, np.random.default_rng(1)
    close = np.round(20_000 * np.exp(np.cumsum(rng.normal(0, 5e-4 * np.sqrt(step / 60_000), count))), 2)
    opened = np.r_[close[0], close[:-1]]
    high = np.round(np.maximum(opened, close) * (1 + abs(rng.normal(0, 3e-4, count))), 2)
    low = np.round(np.minimum(opened, close) * (1 - abs(rng.normal(0, 3e-4, count))), 2)
    times = start + step * np.arange(count, dtype=np.int64)
    prices = {"open": opened, "high": high, "low": low, "close": close}
    return pa.table({"open_time": times, "close_time": times + step, **prices, "volume_base": rng.uniform(1, 5, count)})


def measure(asked: dict[str, Any], finer: str) -> tuple[float, float, float, float]:
    """Nanoseconds per bar: of a set, estimated; of the look-ahead test of the sweep, estimated."""
    config = SweepConfig.from_dict(BASE | asked)
    step, warmup = config.series.timeframe.ms, config.warmup_bars
    bars = BARS // 60 if finer != "none" else BARS
    begin = START + warmup * step
    span = {"start": begin, "end": begin + bars * step, "as_of": begin + bars * step}
    config = SweepConfig.from_dict(BASE | asked | span).model_copy(update={"finer_timeframe": finer})
    ratio = step // Timeframe(finer).ms if finer != "none" else 0
    inputs = RunInputs(candles(bars + warmup, config.series.timeframe.name, START), None)
    if ratio:
        inputs = RunInputs(inputs.candles, candles(bars * ratio, finer, begin))
    untested, sets = config.model_copy(update={"look_ahead_test": False}), config.size.valid

    def seconds(of: SweepConfig, start: int, end: int) -> float:
        evaluate_batch(of, inputs, start, end)
        began = time.process_time()
        evaluate_batch(of, inputs, start, end)
        return time.process_time() - began

    one, all_ = seconds(untested, 0, 1), seconds(untested, 0, sets)
    test = seconds(config, 0, sets) - all_
    work, without = sweep_work(config), sweep_work(untested)
    total = bars + warmup
    times = ((all_ - one) / (sets - 1), without.unit_s, test, work.start_s - without.start_s)
    return tuple(each / total * 1e9 for each in times)  # type: ignore[return-value]


def main() -> None:
    print("ns per bar, measured / estimated at most\n")
    print("| asked | a set | the look-ahead test |\n|---|---:|---:|")
    for name, (asked, finer) in CASES.items():
        found, assumed, test, test_assumed = measure(asked, finer)
        print(f"| {name} | {found:.1f} / {assumed:.0f} | {test:,.0f} / {test_assumed:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
