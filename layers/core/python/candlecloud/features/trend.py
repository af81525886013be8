"""Wilder's true range and directional movement."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.kernels import recursive
from candlecloud.features.kernels.views import doubles
from candlecloud.parameters import Parameters


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
