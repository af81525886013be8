"""Wilder's range and direction."""

from __future__ import annotations

from candlecloud.features.definitions.windows import full_window_of_changes, window
from candlecloud.features.feature import Feature, deferred

_WILDER = "Wilder 1978, New Concepts in Technical Trading Systems; TA-Lib"

ATR = Feature(
    name="atr",
    description="Average true range, in quote currency; seeded by the mean of the first w true ranges.",
    formula="a[t] = ((w - 1) a[t-1] + max(high[t], c[t-1]) - min(low[t], c[t-1])) / w",
    source=f"{_WILDER} ATR",
    parameters=(window(14, description="True ranges in the first average."),),
    warmup_bars=full_window_of_changes,
    compute=deferred("trend", "atr_of_bars"),
    recursive=True,
)
ADX = Feature(
    name="adx",
    description="Average directional index and the directional indicators, 0 to 100. A bar without movement leaves the "
    "index; the indicators are NaN while there has been no range at all (TA-Lib: 0).",
    formula="+DI, -DI = 100 up / range, 100 down / range, sums smoothed as s[t] = s[t-1] - s[t-1] / w + x[t]; "
    "adx = Wilder average of 100 |+DI - -DI| / (+DI + -DI)",
    source=f"{_WILDER} ADX, PLUS_DI, MINUS_DI",
    parameters=(window(14, low=2, description="Bars in the first sums of movement and in the first average."),),
    outputs=("adx", "plus_di", "minus_di"),
    warmup_bars=lambda parameters: 2 * int(parameters["window"]),
    compute=deferred("trend", "adx_of_bars"),
    recursive=True,
)
