"""Wilder's true range and directional movement."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.feature import Feature
from candlecloud.features.kernels import recursive
from candlecloud.features.kernels.views import doubles
from candlecloud.features.window_parameter import FULL_WINDOW_OF_CHANGES, window_parameter
from candlecloud.parameters import Parameters, Warmup


def atr_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Wilder average of the true range ``max(high, close before) - min(low, close before)``, in quote currency."""
    average = np.full(len(bars), np.nan)
    recursive.atr(*_prices(bars), int(parameters["window"]), doubles(average))
    return {"atr": average}


def adx_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Average directional index and the two directional indicators, each 0 to 100.

    The greater of the high's rise and the low's fall is the bar's directional movement, if positive; sums of movement
    and true range are smoothed as ``s[t] = s[t-1] - s[t-1] / w + x[t]``, begun with the first ``w - 1`` bars as TA-Lib
    does. ``+DI = 100 up / range``, ``DX = 100 |+DI - -DI| / (+DI + -DI)``, ADX is the Wilder average of DX, begun with
    the mean of the first w. Without any movement DX is 0/0 and ADX stays as it is (in the first mean it counts 0, as in
    TA-Lib); without any range both DI are NaN (TA-Lib: 0). All outputs begin together.
    """
    index, plus, minus = (np.full(len(bars), np.nan) for _ in range(3))
    recursive.adx(*_prices(bars), int(parameters["window"]), doubles(index), doubles(plus), doubles(minus))
    return {"adx": index, "plus_di": plus, "minus_di": minus}


def _prices(bars: Bars) -> tuple[memoryview[float], memoryview[float], memoryview[float]]:
    high, low, close = (doubles(np.ascontiguousarray(prices)) for prices in (bars.high, bars.low, bars.close))
    return high, low, close


_WILDER = "Wilder 1978, New Concepts in Technical Trading Systems; TA-Lib"

ATR = Feature(
    name="atr",
    description="Average true range, in quote currency; seeded by the mean of the first w true ranges.",
    formula="a[t] = ((w - 1) a[t-1] + max(high[t], c[t-1]) - min(low[t], c[t-1])) / w",
    source=f"{_WILDER} ATR",
    parameters=(window_parameter(14, description="True ranges in the first average."),),
    warmup=FULL_WINDOW_OF_CHANGES,
    compute=atr_of_bars,
    recursive=True,
)
ADX = Feature(
    name="adx",
    description="Average directional index and the directional indicators, 0 to 100. A bar without movement leaves the "
    "index; the indicators are NaN while there has been no range at all (TA-Lib: 0).",
    formula="+DI, -DI = 100 up / range, 100 down / range, sums smoothed as s[t] = s[t-1] - s[t-1] / w + x[t]; "
    "adx = Wilder average of 100 |+DI - -DI| / (+DI + -DI)",
    source=f"{_WILDER} ADX, PLUS_DI, MINUS_DI",
    parameters=(
        window_parameter(14, low=2, description="Bars in the first sums of movement and in the first average."),
    ),
    outputs=("adx", "plus_di", "minus_di"),
    warmup=Warmup(0, {"window": 2}),
    compute=adx_of_bars,
    recursive=True,
)
