"""Bars that did not happen: valid ones, the same as the real bars up to a cut, or at all but a few places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.features.bars import Bars, prefix_sums

_LONGEST_GARBAGE = 200
_MOST_TICKS = 2**50
_MOST_DECIMALS = 12
_VALUES = ("open", "high", "low", "close", "volume")
_COLUMNS = ("open_time", "close_time", *_VALUES)


def part(bars: Bars, first: int, last: int) -> Bars:
    """``bars[first:last]``, without copying."""
    columns = {name: getattr(bars, name)[first:last] for name in _COLUMNS}
    return Bars(**columns, scale=bars.scale, close_tick_sums=bars.close_tick_sums[first : last + 1])


def joined(head: Bars, tail: Bars) -> Bars:
    """One after the other; both of the same scale."""
    columns = {name: np.concatenate([getattr(head, name), getattr(tail, name)]) for name in _COLUMNS}
    sums = np.concatenate([head.close_tick_sums, tail.close_tick_sums[1:] + _gap(head, tail)])
    return Bars(**columns, scale=head.scale, close_tick_sums=sums)


def at_other_times(bars: Bars, by_ms: int) -> Bars:
    """The same bars, later or earlier."""
    return replace(bars, open_time=bars.open_time + by_ms, close_time=bars.close_time + by_ms)


def garbage_from(bars: Bars, cut: int, factor: float, rng: np.random.Generator) -> Bars:
    """The bars before the cut, and up to 200 of garbage after it.

    Parameters
    ----------
    cut : int
        At least 1, below the number of bars.
    factor : float
        How far the garbage lies from the last real close; each bar strays from it by up to a factor of 3. Below 1 it
        also has a decimal more than the real prices, where there is room for one: a series' number of decimals is a
        fact about all of it, the future included. Above 1 the next candle and half of the others are absent: where the
        next hole lies is such a fact too.
    """
    places = np.arange(cut, cut + int(rng.integers(1, min(len(bars) - cut, _LONGEST_GARBAGE) + 1)))
    if factor > 1.0 and len(places) > 1:  # the next candle is absent, and about half of those to come
        places = places[1 + np.sort(rng.permutation(len(places) - 1)[: len(places) // 2])]
    length = len(places)
    room = bars.scale < _MOST_DECIMALS and float(bars.high[:cut].max()) * 10.0 ** (bars.scale + 1) <= _MOST_TICKS
    scale, step = (bars.scale + 1, 10) if factor < 1.0 and room else (bars.scale, 1)
    unit, real_sums = 10.0**scale, bars.close_tick_sums[: cut + 1] * step
    ticks = _absurd_ticks(np.full(length, bars.close[cut - 1] * factor), unit, rng)
    columns = _columns(ticks, rng.choice([0.0, 1e-6, 1.0, 1e9], length), unit)
    sums = np.concatenate([real_sums, real_sums[-1] + np.cumsum(ticks[3])])
    return replace(
        bars,
        open_time=np.concatenate([bars.open_time[:cut], bars.open_time[places]]),
        close_time=np.concatenate([bars.close_time[:cut], bars.close_time[places]]),
        **{name: np.concatenate([getattr(bars, name)[:cut], values]) for name, values in columns.items()},
        scale=scale,
        close_tick_sums=sums,
    )


def other_future(bars: Bars, cut: int, rng: np.random.Generator) -> Bars:
    """The bars before the cut, and from it on what could have been: the real moves the other way, as large."""
    places = np.arange(cut, len(bars))
    return _replaced(bars, places, _mirrored_ticks(bars, places, np.full(len(places), bars.close[cut - 1]), rng), rng)


def mirrored_at(bars: Bars, places: IntArray, rng: np.random.Generator) -> Bars:
    """Bars of which some, all but the first may be, went the other way from the close before; the rest are real."""
    return _replaced(bars, places, _mirrored_ticks(bars, places, bars.close[places - 1], rng), rng)


def absurd_at(bars: Bars, places: IntArray, rng: np.random.Generator) -> Bars:
    """Bars of which some lie about ten times above or below the close before; the rest are real."""
    around = bars.close[places - 1] * rng.choice([0.1, 10.0], len(places))
    return _replaced(bars, places, _absurd_ticks(around, 10.0**bars.scale, rng), rng)


def with_bars_of(bars: Bars, source: Bars, places: IntArray) -> Bars:
    """Bars of which some are those of another series of the same times and scale."""
    changed = {name: getattr(bars, name).copy() for name in _VALUES}
    for name, column in changed.items():
        column[places] = getattr(source, name)[places]
    close_ticks = bars.close_ticks.copy()
    close_ticks[places] = source.close_ticks[places]
    return replace(bars, **changed, close_tick_sums=prefix_sums(close_ticks))


def extended(bars: Bars, count: int, rng: np.random.Generator) -> Bars:
    """The bars and as many more as there are of `count`, with prices like those of the first bars."""
    step = bars.timeframe_ms
    real = part(bars, 0, min(count, len(bars)))
    tail = replace(real, open_time=bars.close_time[-1] + step * np.arange(len(real), dtype=np.int64))
    tail = replace(tail, close_time=tail.open_time + step)
    return other_future(joined(bars, tail), len(bars), rng)


def _gap(head: Bars, tail: Bars) -> int:
    """What takes the running sums of the tail on from those of the head."""
    return int(head.close_tick_sums[-1] - tail.close_tick_sums[0])


def _mirrored_ticks(bars: Bars, places: IntArray, around: FloatArray, rng: np.random.Generator) -> IntArray:
    """Prices as far from those around as the real ones are, on the other side, and a few ticks beside that."""
    prices = np.array([getattr(bars, name)[places] for name in ("open", "high", "low", "close")])
    unit = 10.0**bars.scale
    with np.errstate(over="ignore"):
        ticks = np.rint(around * (around / prices) ** rng.uniform(0.7, 2.0) * unit)
    strayed: IntArray = ticks.clip(4.0, _MOST_TICKS).astype(np.int64) + rng.integers(-3, 4, ticks.shape)
    return strayed


def _absurd_ticks(around: FloatArray, unit: float, rng: np.random.Generator) -> IntArray:
    centre = (around * unit).clip(1.0, float(_MOST_TICKS))
    ticks: IntArray = np.rint(centre * np.exp(rng.uniform(-1.1, 1.1, (4, len(around))))).clip(1.0).astype(np.int64)
    return ticks


def _columns(ticks: IntArray, volume: FloatArray, unit: float) -> dict[str, FloatArray]:
    """Four prices per bar: the first is the open, the last the close, the range holds all."""
    prices = ticks / unit
    return {
        "open": prices[0],
        "high": prices.max(axis=0),
        "low": prices.min(axis=0),
        "close": prices[3],
        "volume": volume,
    }


def _replaced(bars: Bars, places: IntArray, ticks: IntArray, rng: np.random.Generator) -> Bars:
    columns = _columns(
        ticks, rng.choice(bars.volume, len(places)) * rng.choice([0.5, 2.0], len(places)), 10.0**bars.scale
    )
    changed = {name: getattr(bars, name).copy() for name in columns}
    for name, values in columns.items():
        changed[name][places] = values
    close_ticks = bars.close_ticks.copy()
    close_ticks[places] = ticks[3]
    return replace(bars, **changed, close_tick_sums=prefix_sums(close_ticks))
