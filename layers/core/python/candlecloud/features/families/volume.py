"""What volume says: on-balance volume, and prices weighted by it. An unknown volume makes values unknown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.feature import Feature
from candlecloud.features.kernels import recursive, rolling
from candlecloud.features.kernels.views import doubles, integers
from candlecloud.features.window_parameter import FULL_WINDOW, window_parameter
from candlecloud.parameters import Parameters, Warmup

_DAY_MS = 86_400_000


def obv_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """On-balance volume: base volume added when the close rises, taken off when it falls; starts at the first volume.

    After an unknown volume that had to be added or taken off the balance is unknown to the end.
    """
    balance = np.full(len(bars), np.nan)
    recursive.obv(integers(bars.close_ticks), _volume(bars), doubles(balance))
    return {"obv": balance}


def vwap_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Typical prices ``(high + low + close) / 3`` of the last w bars, weighted by base volume.

    Sums are kept in fixed point of 2**-56, so that they do not depend on where they began. NaN while a volume in the
    window is unknown (or price times volume reaches 2**57), and where nothing was traded.
    """
    average = np.full(len(bars), np.nan)
    worth = doubles(_typical(bars) * bars.volume)
    rolling.quotient(worth, _volume(bars), int(parameters["window"]), doubles(average))
    return {"vwap": average}


def session_vwap_of_bars(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    """Typical prices since midnight UTC, weighted by base volume.

    The day that the bars begin in counts only if the first bar opens at its midnight: else the day's beginning is not
    known. NaN from an unknown volume to the end of its day, and before the day's first trade.
    """
    days = bars.open_time // _DAY_MS
    later = np.flatnonzero(days != days[0])
    whole = bars.open_time[0] == days[0] * _DAY_MS
    first = 0 if whole else int(later[0]) if len(later) else len(bars)
    average = np.full(len(bars), np.nan)
    recursive.session_vwap(integers(days), doubles(_typical(bars)), _volume(bars), first, doubles(average))
    return {"session_vwap": average}


def _typical(bars: Bars) -> FloatArray:
    return (bars.high + bars.low + bars.close) / 3.0


def _volume(bars: Bars) -> memoryview[float]:
    return doubles(np.ascontiguousarray(bars.volume))


OBV = Feature(
    name="obv",
    description="On-balance volume, in base units. Unknown after an unknown volume.",
    formula="b[t] = b[t-1] + sign(c[t] - c[t-1]) v[t], b[0] = v[0]",
    source="Granville 1963; TA-Lib OBV",
    parameters=(),
    warmup=Warmup(1),
    compute=obv_of_bars,
    recursive=True,
)
VWAP = Feature(
    name="vwap",
    description="Volume-weighted average of typical prices in the window, in quote currency. NaN while a volume in the "
    "window is unknown, and where nothing was traded.",
    formula="sum(p v) / sum(v), p = (high + low + close) / 3; sums in fixed point of 2^-56",
    source="Berkowitz, Logue, Noser 1988, with typical prices per bar",
    parameters=(window_parameter(24),),
    warmup=FULL_WINDOW,
    compute=vwap_of_bars,
)
SESSION_VWAP = Feature(
    name="session_vwap",
    description="Volume-weighted average of typical prices since midnight UTC, in quote currency. The first value "
    "comes with the first midnight in the bars; NaN from an unknown volume to the end of its day, and before a day's "
    "first trade.",
    formula="sum(p v) / sum(v) over the bars of the UTC day up to t, p = (high + low + close) / 3",
    source="Berkowitz, Logue, Noser 1988, with typical prices per bar",
    parameters=(),
    warmup=Warmup(1),
    compute=session_vwap_of_bars,
)
