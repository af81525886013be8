"""CPU time of short work: enough calls per round that the clock's grain does not show, the median of rounds."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from statistics import median
from typing import Any

_LEAST_S = 0.02


def cpu_s(work: Callable[[], Any], rounds: int = 7) -> float:
    """CPU seconds of one call, after one call to warm up."""
    work()
    gc.collect()
    calls = 1
    while (once := _round(work, calls)) < _LEAST_S and calls < 1_000_000:
        calls *= 2 if once <= 0.0 else max(2, min(100, int(_LEAST_S / once) + 1))
    return median(_round(work, calls) for _ in range(rounds)) / calls


def _round(work: Callable[[], Any], calls: int) -> float:
    started = time.process_time()
    for _ in range(calls):
        work()
    return time.process_time() - started
