"""Features of volume; unknown where the exchange does not say it."""

from __future__ import annotations

from candlecloud.features.definitions.windows import full_window, window
from candlecloud.features.feature import Feature, deferred

OBV = Feature(
    name="obv",
    description="On-balance volume, in base units. Unknown after an unknown volume.",
    formula="b[t] = b[t-1] + sign(c[t] - c[t-1]) v[t], b[0] = v[0]",
    source="Granville 1963; TA-Lib OBV",
    parameters=(),
    warmup_bars=lambda _: 1,
    compute=deferred("volume", "obv_of_bars"),
    recursive=True,
)
VWAP = Feature(
    name="vwap",
    description="Volume-weighted average of typical prices in the window, in quote currency. NaN while a volume in the "
    "window is unknown, and where nothing was traded.",
    formula="sum(p v) / sum(v), p = (high + low + close) / 3; sums in fixed point of 2^-56",
    source="Berkowitz, Logue, Noser 1988, with typical prices per bar",
    parameters=(window(24),),
    warmup_bars=full_window,
    compute=deferred("volume", "vwap_of_bars"),
)
SESSION_VWAP = Feature(
    name="session_vwap",
    description="Volume-weighted average of typical prices since midnight UTC, in quote currency. The first value "
    "comes with the first midnight in the bars; NaN from an unknown volume to the end of its day, and before a day's "
    "first trade.",
    formula="sum(p v) / sum(v) over the bars of the UTC day up to t, p = (high + low + close) / 3",
    source="Berkowitz, Logue, Noser 1988, with typical prices per bar",
    parameters=(),
    warmup_bars=lambda _: 1,
    compute=deferred("volume", "session_vwap_of_bars"),
)
