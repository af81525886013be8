"""The look-ahead test: garbage in the future must not move the past by a bit.

At a few cuts, all bars from the cut on are replaced by garbage, once far above and once far below the real prices, and
cut off soon after. Every feature that a strategy reads, its targets and its sizes are computed again; what they said
before the cut must be what they said on the real bars. A value that looks ahead meets garbage and moves.

It is a sample: a value that looks one bar ahead on one bar of a hundred, and nowhere else, mostly escapes one
run's cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.errors import LookAheadError
from candlecloud.features.bars import Bars
from candlecloud.market.instant import iso

QUARTERS = 4
PAIRS = 2
_LONGEST_GARBAGE = 200
_MOST_TICKS = 2**50
_MOST_DECIMALS = 12


@dataclass(frozen=True)
class SignalUnderTest:
    """Something that decides: a feature, the targets, the sizes. `compute` gives one number per bar."""

    name: str
    compute: Callable[[Bars], FloatArray]


def check_look_ahead(bars: Bars, signals: Sequence[SignalUnderTest], *, rng: np.random.Generator) -> list[int]:
    """Compare every signal before each cut with what it says once the bars from the cut on are garbage.

    Parameters
    ----------
    bars : Bars
        All that the signals are computed on, warm-up included.
    signals : sequence of SignalUnderTest
        Features before what is made of them: the first one that moves is named.
    rng : numpy.random.Generator
        Draws the cuts and the garbage.

    Returns
    -------
    list of int
        The cuts: number of the first bar that was garbage, ascending.

    Raises
    ------
    LookAheadError
        With the name of the signal and the first bar that moved.
    """
    real = [(signal, _bits(signal.compute(bars))) for signal in signals]
    cuts = _choose_cuts([values for _, values in real], len(bars), rng)
    for cut in cuts:
        for factor in (10.0, 0.1):
            other = garbage_from(bars, cut, factor, rng)
            for signal, wanted in real:
                _compare(signal, wanted, _bits(signal.compute(other)), cut, bars)
    return cuts


def garbage_from(bars: Bars, cut: int, factor: float, rng: np.random.Generator) -> Bars:
    """The bars before the cut, and up to 200 of garbage after it.

    Parameters
    ----------
    cut : int
        At least 1, below the number of bars.
    factor : float
        How far the garbage lies from the last real close; each bar strays from it by up to a factor of 3. Below 1 it
        also has a decimal more than the real prices, where there is room for one: a series' number of decimals is a
        fact about all of it, the future included. Above 1 half of the candles are absent, for so is the next hole.
    """
    places = np.arange(cut, cut + int(rng.integers(1, min(len(bars) - cut, _LONGEST_GARBAGE) + 1)))
    if factor > 1.0:  # about half of the candles to come are absent
        places = places[np.sort(rng.permutation(len(places))[: (len(places) + 1) // 2])]
    length = len(places)
    room = bars.scale < _MOST_DECIMALS and float(bars.high[:cut].max()) * 10.0 ** (bars.scale + 1) <= _MOST_TICKS
    scale, step = (bars.scale + 1, 10) if factor < 1.0 and room else (bars.scale, 1)
    unit, real_sums = 10.0**scale, bars.close_tick_sums[: cut + 1] * step
    centre = min(max(float(bars.close[cut - 1]) * unit * factor, 1.0), float(_MOST_TICKS))
    ticks = np.maximum(np.rint(centre * np.exp(rng.uniform(-1.1, 1.1, (2, length)))), 1.0).astype(np.int64)
    prices = ticks / unit
    high, low = prices.max(axis=0), prices.min(axis=0)
    volume = rng.choice([0.0, 1e-6, 1.0, 1e9], length)
    sums = np.concatenate([real_sums, real_sums[-1] + np.cumsum(ticks[1])])
    return replace(
        bars,
        open_time=np.concatenate([bars.open_time[:cut], bars.open_time[places]]),
        close_time=np.concatenate([bars.close_time[:cut], bars.close_time[places]]),
        open=np.concatenate([bars.open[:cut], prices[0]]),
        high=np.concatenate([bars.high[:cut], high]),
        low=np.concatenate([bars.low[:cut], low]),
        close=np.concatenate([bars.close[:cut], prices[1]]),
        volume=np.concatenate([bars.volume[:cut], volume]),
        scale=scale,
        close_tick_sums=sums,
    )


def _choose_cuts(signals: Sequence[IntArray], n: int, rng: np.random.Generator) -> list[int]:
    """One in each quarter of the bars; and for each signal a few pairs right after bars at which it changed.

    That is where a leak shows best, and two changes in a row are one of each kind: into a position and out of it.
    """
    if n < 2:
        return []
    cuts = (1 + (n - 1) * (np.arange(QUARTERS) + rng.random(QUARTERS)) / QUARTERS).astype(np.int64).tolist()
    for values in signals:
        after_change = np.flatnonzero(np.diff(values[: n - 1])) + 2
        if len(after_change):
            drawn = rng.integers(0, len(after_change), PAIRS)
            cuts += after_change[np.concatenate([drawn, np.minimum(drawn + 1, len(after_change) - 1)])].tolist()
    return sorted({int(cut) for cut in cuts})


def _compare(signal: SignalUnderTest, wanted: IntArray, got: IntArray, cut: int, bars: Bars) -> None:
    kept = min(cut, len(got))
    moved = np.flatnonzero(wanted[:kept] != got[:kept])
    if not len(moved) and kept == cut:
        return
    bar = int(moved[0]) if len(moved) else kept
    raise LookAheadError(
        f"{signal.name} looked ahead: its value at the bar that closed at {iso(int(bars.close_time[bar]))} moved when "
        f"later bars were replaced.",
        signal=signal.name,
        bar=bar,
        close_time=iso(int(bars.close_time[bar])),
        bars_ahead=cut - bar,
    )


def _bits(values: FloatArray) -> IntArray:
    """Floats as their bits, so that NaN equals NaN (whatever its sign) and nothing else passes for equal."""
    numbers = np.ascontiguousarray(values, np.float64)
    return np.where(np.isnan(numbers), np.nan, numbers).view(np.int64)
