"""Signals that look ahead, each in its own way, and the tools that they are made with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from candlecloud.arrays import BoolArray, FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.features.families import FEATURES
from candlecloud.spec import FeatureUse

Signal: TypeAlias = Callable[[Bars], FloatArray]


def shift(values: FloatArray, by: int) -> FloatArray:
    """Values of `by` bars later (by > 0: a leak) or earlier; NaN where there is none."""
    moved = np.full(len(values), np.nan)
    if by > 0:
        moved[:-by] = values[by:]
    elif by < 0:
        moved[-by:] = values[:by]
    else:
        moved[:] = values
    return moved


def rolling(values: FloatArray, window: int, reduce: Callable[..., FloatArray]) -> FloatArray:
    out = np.full(len(values), np.nan)
    if len(values) >= window:
        out[window - 1 :] = reduce(np.lib.stride_tricks.sliding_window_view(values, window), axis=1)
    return out


def group_last(bars: Bars, at_close: bool) -> FloatArray:
    """Close of the UTC day: known at its end (causal), or stamped on every hour of it (resample label slip)."""
    day = bars.open_time // 86_400_000
    last = np.flatnonzero(np.append(day[1:] != day[:-1], True))
    which = np.searchsorted(day[last], day)
    if not at_close:
        return bars.close[last[which]]
    ended = bars.close_time[last] % 86_400_000 == 0
    closes, times = bars.close[last][ended], bars.close_time[last][ended]
    place = np.searchsorted(times, bars.close_time, side="right") - 1
    return np.where(place >= 0, closes[np.maximum(place, 0)] if len(closes) else np.nan, np.nan)


def ewm(values: FloatArray, alpha: float) -> FloatArray:
    out = values.copy()
    for t in range(1, len(out)):
        out[t] = alpha * values[t] + (1 - alpha) * out[t - 1]
    return out


def backfilled(values: FloatArray) -> FloatArray:
    out = values.copy()
    for t in range(len(out) - 2, -1, -1):
        if np.isnan(out[t]):
            out[t] = out[t + 1]
    return out


def forward_filled(values: FloatArray) -> FloatArray:
    known = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
    return values[known]


def sparse(bars: Bars) -> FloatArray:
    return np.where(bars.open_time // 3_600_000 % 6 == 5, bars.close, np.nan)


def _regression_slope(values: FloatArray) -> FloatArray:
    x = np.arange(len(values))
    slope, intercept = np.polyfit(x, values, 1)
    return values - (slope * x + intercept)


LEAKS: dict[str, Signal] = {
    "minimum of the whole series": lambda b: b.close / b.low.min(),
    "maximum of the whole series": lambda b: b.close / b.high.max(),
    "rank in the whole series": lambda b: b.close.argsort().argsort() / len(b),
    "z-score by the whole series": lambda b: (b.close - b.close.mean()) / b.close.std(),
    "min-max scaling": lambda b: (b.close - b.close.min()) / (b.close.max() - b.close.min()),
    "median of the whole series": lambda b: b.close - np.median(b.close),
    "quantile of the whole series": lambda b: (b.close > np.quantile(b.close, 0.9)).astype(float),
    "trend line through the whole series": lambda b: _regression_slope(b.close),
    "centred mean": lambda b: shift(rolling(b.close, 11, np.mean), 5),
    "centred maximum, a swing high": lambda b: (b.high == shift(rolling(b.high, 5, np.max), 2)).astype(float),
    "next open": lambda b: np.sign(shift(b.open, 1) - b.close),
    "next close": lambda b: np.sign(shift(b.close, 1) - b.close),
    "next high": lambda b: np.maximum(b.high, shift(b.high, 1)),
    "return of the next ten bars": lambda b: shift(b.close, 10) / b.close - 1,
    "close of 500 bars later": lambda b: shift(b.close, 500),
    "backfill": lambda b: backfilled(sparse(b)),
    "backfilled warm-up": lambda b: backfilled(rolling(b.close, 700, np.mean)),
    "day's close on every hour of the day": lambda b: group_last(b, at_close=False),
    "close stamped as open": lambda b: np.where(b.open > 0, shift(b.close, 1) - b.open, 0.0),
    "volume of the next bar": lambda b: shift(b.volume, 1),
    "reversed smoothing": lambda b: ewm(b.close[::-1].copy(), 0.1)[::-1],
    "both-way filter": lambda b: ewm(ewm(b.close, 0.2)[::-1].copy(), 0.2)[::-1],
    "cumulative sum from the end": lambda b: b.volume[::-1].cumsum()[::-1],
    "Fourier low-pass": lambda b: np.fft.irfft(np.fft.rfft(b.close) * (np.arange(len(b) // 2 + 1) < 40), len(b)),
    "share of the series that has passed": lambda b: np.arange(len(b)) / len(b),
    "volatility of the whole series": lambda b: np.full(len(b), b.close.std()),
    "last price of all": lambda b: np.sign(b.close[-1] - b.close),
    "interpolated holes": lambda b: np.interp(
        np.arange(len(b)), np.flatnonzero(~np.isnan(sparse(b))), sparse(b)[~np.isnan(sparse(b))]
    ) if (~np.isnan(sparse(b))).any() else b.close,
    "entry only if the next low holds": lambda b: ((b.close > b.open) & (shift(b.low, 1) > b.low)).astype(float),
    "decimals of the whole series": lambda b: np.full(len(b), float(b.scale)),
    "closes in ticks": lambda b: b.close_ticks.astype(float),
    "flat before a hole": lambda b: np.append((np.diff(b.open_time) == 3_600_000).astype(float), 1.0),
    "off by one in a breakout": lambda b: (b.close >= shift(rolling(b.close, 20, np.max), 1)).astype(float),
}  # fmt: skip


def mean_cross(bars: Bars) -> FloatArray:
    """1 while the close lies above its mean over 50 bars, else 0: causal."""
    return (bars.close > rolling(bars.close, 50, np.mean)).astype(float)


def mean_20(bars: Bars) -> FloatArray:
    """Simple average of 20 closes: causal."""
    return rolling(bars.close, 20, np.mean)


def ewm_20(bars: Bars) -> FloatArray:
    """Exponential average of the closes: causal."""
    return compute_use(bars, FeatureUse(FEATURES["ema"], {"window": 20}))


def next_direction(bars: Bars) -> FloatArray:
    """Sign of the next move: a leak."""
    return np.nan_to_num(np.sign(shift(bars.close, 1) - bars.close))


def _memory(key: Callable[[Bars], object]) -> Callable[[Bars], Signal]:
    """Computed once, with the bars' future, for each key; served from memory then."""

    def plant(real: Bars) -> Signal:
        kept: dict[object, FloatArray] = {}

        def signal(bars: Bars) -> FloatArray:
            if key(bars) not in kept or len(kept[key(bars)]) < len(bars):
                kept[key(bars)] = next_direction(bars)
            return kept[key(bars)][: len(bars)]

        signal(real)
        return signal

    return plant


def _kept_per_bar(real: Bars) -> Signal:
    kept: dict[int, float] = {}

    def signal(bars: Bars) -> FloatArray:
        times = bars.open_time.tolist()
        if any(time not in kept for time in times):
            found = dict(zip(times, next_direction(bars).tolist(), strict=True))
            kept.update({time: value for time, value in found.items() if time not in kept})
        return np.array([kept[time] for time in times])

    signal(real)
    return signal


def _table(missing: float | None) -> Callable[[Bars], Signal]:
    """Labels of the real future by open time; None raises where there is none."""

    def plant(real: Bars) -> Signal:
        labels = dict(zip(real.open_time.tolist(), np.sign(shift(real.close, 10) - real.close).tolist(), strict=True))

        def signal(bars: Bars) -> FloatArray:
            times = bars.open_time.tolist()
            return np.array([labels[time] if missing is None else labels.get(time, missing) for time in times])

        return signal

    return plant


def _table_as_of(real: Bars) -> Signal:
    labels = np.nan_to_num(np.sign(shift(real.close, 10) - real.close))

    def signal(bars: Bars) -> FloatArray:
        place = np.searchsorted(real.open_time, bars.open_time, side="right") - 1
        return np.where(place >= 0, labels[np.maximum(place, 0)], np.nan)

    return signal


def _table_beside_prices(real: Bars) -> Signal:
    labels = _table(0.0)(real)
    return lambda bars: bars.close + np.nan_to_num(labels(bars))


def _flat_at_the_end(count: int) -> Signal:
    def signal(bars: Bars) -> FloatArray:
        held = mean_cross(bars)
        held[-count:] = 0.0
        return held

    return signal


def _leaves_early(bars: Bars) -> FloatArray:
    """Left before a fall, unless that is absurd: garbage far from the real prices is taken for an error in the data."""
    held, move = mean_cross(bars), np.append(bars.close[1:], bars.close[-1:]) / bars.close - 1.0
    return np.where((held > 0.0) & (move < -0.004) & (move > -0.3), 0.0, held)


def _leaves_a_bar_early(bars: Bars) -> FloatArray:
    held, move = mean_cross(bars), np.append(bars.close[1:], bars.close[-1:]) / bars.close - 1.0
    return np.where((held > 0.0) & (np.append(held[1:], held[-1:]) == 0.0) & (abs(move) < 0.2), 0.0, held)


def rare(every: int, by: str, base: Signal, leak: Signal) -> Callable[[Bars], Signal]:
    """Causal but for one bar in so many, whose value is the leak's.

    Parameters
    ----------
    by : {"number", "time", "draw", "price"}
        What tells these bars: their number in the given bars, their open time, a draw of times, or their close.
    """

    def plant(real: Bars) -> Signal:
        rng = np.random.default_rng(every)
        drawn, offset = real.open_time[rng.random(len(real)) < 1.0 / every], int(rng.integers(every))

        def leaky(bars: Bars) -> BoolArray:
            if by == "number":
                return np.arange(len(bars)) % every == offset
            if by == "time":
                return bars.open_time // 3_600_000 % every == offset
            return np.isin(bars.open_time, drawn) if by == "draw" else bars.close_ticks % every == 7

        def signal(bars: Bars) -> FloatArray:
            values, later = base(bars).astype(float), leak(bars)
            return np.where(leaky(bars) & ~np.isnan(later), later, values)

        return signal

    return plant


def rare_leaks(every: int) -> dict[str, Callable[[Bars], Signal]]:
    """Leaks of one bar in so many, whose bars are told in four ways, in targets and in averages."""
    return {
        f"1 in {every:,} by {by}, {what}": rare(every, by, base, leak)
        for by in ("number", "time", "draw", "price")
        for what, base, leak in (
            ("direction of the next bar", mean_cross, next_direction),
            ("average of one bar later", ewm_20, lambda bars: shift(ewm_20(bars), 1)),
            ("mean of five bars later", mean_20, lambda bars: shift(mean_20(bars), 5)),
        )
    }


PLANTED: dict[str, Callable[[Bars], Signal]] = {
    "memory by first open time": _memory(lambda bars: int(bars.open_time[0])),
    "memory by first and last open time": _memory(lambda bars: (int(bars.open_time[0]), int(bars.open_time[-1]))),
    "memory per bar": _kept_per_bar,
    "memory of the first answer": _memory(lambda _bars: None),
    "labels by time, none elsewhere": _table(np.nan),
    "labels by time, 0 elsewhere": _table(0.0),
    "labels by time, an error elsewhere": _table(None),
    "labels as of a time": _table_as_of,
    "labels added to prices": _table_beside_prices,
    "flat on the last bar": lambda _: _flat_at_the_end(1),
    "flat on the last five": lambda _: _flat_at_the_end(5),
    "backfilled warm-up of 20": lambda _: lambda b: backfilled(rolling(b.close, 20, np.mean)),
    "backfilled warm-up of 200": lambda _: lambda b: backfilled(rolling(b.close, 200, np.mean)),
    "exits before a fall, but not an absurd one": lambda _: _leaves_early,
    "exits a bar early, but not before absurd moves": lambda _: _leaves_a_bar_early,
}
