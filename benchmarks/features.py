"""What each feature costs on three years of real hours, beside TA-Lib where it has the feature."""

from __future__ import annotations

from functools import partial

from benchmarks.tables import figure, table
from benchmarks.timing import cpu_s
from candlecloud.features.bars import bars_from_table
from candlecloud.features.families import FEATURES
from candlecloud.features.kernels import rolling
from tests.golden.talib_oracle import ORACLES
from tests.support.recorded import btc_hours

LONG = 1_000


def tables() -> str:
    """CPU time per bar: default parameters, TA-Lib's with the same, and a long window; all outputs from the arrays."""
    bars = bars_from_table(btc_hours())
    rows = []
    for name, feature in FEATURES.items():
        defaults = feature.check_parameters({})
        works = [partial(feature.compute, bars, defaults), None, None]
        if name in ORACLES:
            works[1] = partial(ORACLES[name], bars, defaults)
        if "window" in defaults:
            works[2] = partial(feature.compute, bars, {**defaults, "window": LONG})
        rows.append([name, *("" if work is None else figure(cpu_s(work) / len(bars) * 1e9, 2) for work in works)])
    form = "compiled" if rolling.__file__.endswith(".so") else "as plain Python"
    head = ("feature", "defaults", "TA-Lib", f"window {LONG:,}")
    return f"{len(bars):,} hours, kernels {form}; CPU nanoseconds per bar, one thread.\n\n" + table(head, rows)


if __name__ == "__main__":
    print(tables())
