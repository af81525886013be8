"""What each feature costs on three years of real hours: ``python -m benchmarks.features``.

CPU ns per bar with default parameters and with a window of 1,000 bars, median of rounds; everything from the bars'
arrays to the finished outputs counts. TA-Lib's own figure stands beside it where it has the feature: rounds alternate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from typing import Any

from candlecloud.features.bars import bars_from_table
from candlecloud.features.feature import Feature
from candlecloud.features.kernels import rolling
from candlecloud.features.registry import FEATURES
from candlecloud.parameters import Number
from tests.golden.talib_oracle import ORACLES
from tests.support.recorded import btc_hours

ROUNDS = 9
LONG = 1_000


def nanoseconds(works: Mapping[str, Callable[[], Any]], bars: int) -> dict[str, float]:
    """Median CPU ns per bar of each work; rounds alternate."""
    taken: dict[str, list[int]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            started = time.process_time_ns()
            work()
            taken[name].append(time.process_time_ns() - started)
    return {name: median(times) / bars for name, times in taken.items()}


def long_window(feature: Feature) -> dict[str, Number] | None:
    """Parameters with a long window; None if the feature has no window."""
    return feature.check_parameters({"window": LONG}) if "window" in feature.check_parameters({}) else None


def main() -> None:
    bars = bars_from_table(btc_hours())
    form = "compiled" if rolling.__file__.endswith(".so") else "uncompiled, python -m infra.kernels compiles"
    print(f"{len(bars):,} real BTC-USDT hours, kernels {form}; CPU ns per bar, median of {ROUNDS} alternating rounds\n")
    print(f"| feature | defaults | TA-Lib | window {LONG:,} |\n|---|---|---|---|")
    for name, feature in FEATURES.items():
        defaults, longer = feature.check_parameters({}), long_window(feature)
        works: dict[str, Callable[[], Any]] = {"ours": partial(feature.compute, bars, defaults)}
        if name in ORACLES:
            works["theirs"] = partial(ORACLES[name], bars, defaults)
        if longer:
            works["long"] = partial(feature.compute, bars, longer)
        ns = nanoseconds(works, len(bars))
        cells = (f"{ns[key]:.1f}" if key in ns else "" for key in ("ours", "theirs", "long"))
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
