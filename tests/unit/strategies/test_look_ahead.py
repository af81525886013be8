"""The look-ahead test catches every leak of the corpus, names it, and is silent on everything causal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from candlecloud.arrays import FloatArray
from candlecloud.errors import LookAheadError
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.compute import compute_use
from candlecloud.features.families import FEATURES
from candlecloud.spec import FeatureUse
from candlecloud.strategies.look_ahead import SignalUnderTest, check_look_ahead, garbage_from
from tests.golden.bars import bars_of
from tests.support.recorded import btc_hours

BARS = bars_from_table(btc_hours().slice(0, 1_500))


def _shift(values: FloatArray, by: int) -> FloatArray:
    """Values of `by` bars later (by > 0: a leak) or earlier; NaN where there is none."""
    moved = np.full(len(values), np.nan)
    if by > 0:
        moved[:-by] = values[by:]
    elif by < 0:
        moved[-by:] = values[:by]
    else:
        moved[:] = values
    return moved


def _rolling(values: FloatArray, window: int, reduce: Callable[..., FloatArray]) -> FloatArray:
    out = np.full(len(values), np.nan)
    if len(values) >= window:
        out[window - 1 :] = reduce(np.lib.stride_tricks.sliding_window_view(values, window), axis=1)
    return out


def _group_last(bars: Bars, at_close: bool) -> FloatArray:
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


def _ewm(values: FloatArray, alpha: float) -> FloatArray:
    out = values.copy()
    for t in range(1, len(out)):
        out[t] = alpha * values[t] + (1 - alpha) * out[t - 1]
    return out


def _backfilled(values: FloatArray) -> FloatArray:
    out = values.copy()
    for t in range(len(out) - 2, -1, -1):
        if np.isnan(out[t]):
            out[t] = out[t + 1]
    return out


def _forward_filled(values: FloatArray) -> FloatArray:
    known = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
    return values[known]


def _sparse(bars: Bars) -> FloatArray:
    return np.where(bars.open_time // 3_600_000 % 6 == 5, bars.close, np.nan)


def _regression_slope(values: FloatArray) -> FloatArray:
    x = np.arange(len(values))
    slope, intercept = np.polyfit(x, values, 1)
    return values - (slope * x + intercept)


LEAKS: dict[str, Callable[[Bars], FloatArray]] = {
    "minimum of the whole series": lambda b: b.close / b.low.min(),
    "maximum of the whole series": lambda b: b.close / b.high.max(),
    "rank in the whole series": lambda b: b.close.argsort().argsort() / len(b),
    "z-score by the whole series": lambda b: (b.close - b.close.mean()) / b.close.std(),
    "min-max scaling": lambda b: (b.close - b.close.min()) / (b.close.max() - b.close.min()),
    "median of the whole series": lambda b: b.close - np.median(b.close),
    "quantile of the whole series": lambda b: (b.close > np.quantile(b.close, 0.9)).astype(float),
    "trend line through the whole series": lambda b: _regression_slope(b.close),
    "centred mean": lambda b: _shift(_rolling(b.close, 11, np.mean), 5),
    "centred maximum, a swing high": lambda b: (b.high == _shift(_rolling(b.high, 5, np.max), 2)).astype(float),
    "next open": lambda b: np.sign(_shift(b.open, 1) - b.close),
    "next close": lambda b: np.sign(_shift(b.close, 1) - b.close),
    "next high": lambda b: np.maximum(b.high, _shift(b.high, 1)),
    "return of the next ten bars": lambda b: _shift(b.close, 10) / b.close - 1,
    "close of 500 bars later": lambda b: _shift(b.close, 500),
    "backfill": lambda b: _backfilled(_sparse(b)),
    "backfilled warm-up": lambda b: _backfilled(_rolling(b.close, 700, np.mean)),
    "day's close on every hour of the day": lambda b: _group_last(b, at_close=False),
    "close stamped as open": lambda b: np.where(b.open > 0, _shift(b.close, 1) - b.open, 0.0),
    "volume of the next bar": lambda b: _shift(b.volume, 1),
    "reversed smoothing": lambda b: _ewm(b.close[::-1].copy(), 0.1)[::-1],
    "both-way filter": lambda b: _ewm(_ewm(b.close, 0.2)[::-1].copy(), 0.2)[::-1],
    "cumulative sum from the end": lambda b: b.volume[::-1].cumsum()[::-1],
    "Fourier low-pass": lambda b: np.fft.irfft(np.fft.rfft(b.close) * (np.arange(len(b) // 2 + 1) < 40), len(b)),
    "share of the series that has passed": lambda b: np.arange(len(b)) / len(b),
    "volatility of the whole series": lambda b: np.full(len(b), b.close.std()),
    "last price of all": lambda b: np.sign(b.close[-1] - b.close),
    "interpolated holes": lambda b: np.interp(
        np.arange(len(b)), np.flatnonzero(~np.isnan(_sparse(b))), _sparse(b)[~np.isnan(_sparse(b))]
    ) if (~np.isnan(_sparse(b))).any() else b.close,
    "entry only if the next low holds": lambda b: ((b.close > b.open) & (_shift(b.low, 1) > b.low)).astype(float),
    "decimals of the whole series": lambda b: np.full(len(b), float(b.scale)),
    "closes in ticks": lambda b: b.close_ticks.astype(float),
    "flat before a hole": lambda b: np.append((np.diff(b.open_time) == 3_600_000).astype(float), 1.0),
    "off by one in a breakout": lambda b: (b.close >= _shift(_rolling(b.close, 20, np.max), 1)).astype(float),
}  # fmt: skip

CLEAN: dict[str, Callable[[Bars], FloatArray]] = {
    "close": lambda b: b.close,
    "constant": lambda b: np.ones(len(b)),
    "bar number": lambda b: np.arange(len(b), dtype=float),
    "open of this bar": lambda b: b.close - b.open,
    "return": lambda b: b.close / _shift(b.close, -1) - 1,
    "log return": lambda b: np.log(b.close / _shift(b.close, -1)),
    "lag of 500 bars": lambda b: _shift(b.close, -500),
    "trailing mean": lambda b: _rolling(b.close, 20, np.mean),
    "trailing deviation": lambda b: _rolling(b.close, 20, np.std),
    "trailing maximum": lambda b: _rolling(b.high, 55, np.max),
    "trailing median": lambda b: _rolling(b.close, 9, np.median),
    "minimum so far": lambda b: np.minimum.accumulate(b.low),
    "maximum so far": lambda b: np.maximum.accumulate(b.high),
    "expanding mean": lambda b: b.close.cumsum() / np.arange(1, len(b) + 1),
    "exponential smoothing": lambda b: _ewm(b.close, 0.1),
    "smoothing of smoothing": lambda b: _ewm(_ewm(b.close, 0.2), 0.2),
    "forward fill": lambda b: _forward_filled(_sparse(b)),
    "yesterday's close, known at its end": lambda b: _group_last(b, at_close=True),
    "hour of the day": lambda b: (b.open_time // 3_600_000 % 24).astype(float),
    "weekday": lambda b: (b.close_time // 86_400_000 % 7).astype(float),
    "volume": lambda b: b.volume,
    "cumulative volume": lambda b: b.volume.cumsum(),
    "range position": lambda b: (b.close - b.low) / np.maximum(b.high - b.low, 1e-12),
    "breakout of the bars before": lambda b: (b.close > _shift(_rolling(b.high, 20, np.max), -1)).astype(float),
    "swing high, known five bars later": lambda b: _shift(_rolling(b.high, 11, np.max), 0) - _shift(b.high, -5),
    "NaN before, number after": lambda b: np.where(np.arange(len(b)) < 300, np.nan, b.close),
    "negative zero": lambda b: -0.0 * b.close,
    "rounded": lambda b: np.round(b.close, -2),
}


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(LEAKS) >= 25
    assert len(CLEAN) >= 25


@pytest.mark.parametrize("name", LEAKS)
@pytest.mark.parametrize("seed", range(10))
def test_every_leak_is_caught_and_named(name: str, seed: int) -> None:
    signals = [
        SignalUnderTest("close", lambda b: b.close),
        SignalUnderTest(name, LEAKS[name]),
        SignalUnderTest("after", lambda b: b.volume),
    ]
    with pytest.raises(LookAheadError) as caught:
        check_look_ahead(BARS, signals, rng=np.random.default_rng(seed))
    assert caught.value.details["signal"] == name
    assert name in caught.value.message
    bar = caught.value.details["bar"]
    assert 0 <= bar < len(BARS)
    assert caught.value.details["bars_ahead"] >= 1


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_causal_is_accused(name: str) -> None:
    for seed in range(5):
        assert check_look_ahead(BARS, [SignalUnderTest(name, CLEAN[name])], rng=np.random.default_rng(seed))


def test_flat_prices_accuse_nobody() -> None:
    """0/0 is a NaN whose sign NumPy is free to choose."""
    flat = bars_of([30.5] * 90, [30.5] * 90)
    use = FeatureUse(FEATURES["stochastic"], {"window": 4, "smooth": 16, "signal": 3}, output="d")
    for seed in range(60):
        check_look_ahead(
            flat, [SignalUnderTest("stochastic", lambda b: compute_use(b, use))], rng=np.random.default_rng(seed)
        )


def test_a_leaky_decision_alone_is_caught() -> None:
    """No feature is named; the targets themselves look one bar ahead, and change rarely."""

    def target(bars: Bars) -> FloatArray:
        mean = _rolling(bars.close, 50, np.mean)
        return (_shift(bars.close, 1) > mean).astype(float)

    for seed in range(20):
        with pytest.raises(LookAheadError, match="target"):
            check_look_ahead(BARS, [SignalUnderTest("target", target)], rng=np.random.default_rng(seed))


def test_garbage_keeps_the_past_and_is_made_of_valid_bars() -> None:
    rng = np.random.default_rng(3)
    for cut, factor in ((1, 10.0), (2, 0.1), (700, 10.0), (len(BARS) - 1, 0.1)):
        other = garbage_from(BARS, cut, factor, rng)
        assert other.scale == BARS.scale + (factor < 1)
        assert cut < len(other) <= len(BARS)
        assert np.all(np.diff(other.open_time) > 0)
        assert set(other.open_time.tolist()) <= set(BARS.open_time.tolist())
        for name in ("open_time", "close_time", "open", "high", "low", "close", "volume"):
            assert np.array_equal(getattr(other, name)[:cut], getattr(BARS, name)[:cut])
        assert np.all(other.low <= np.minimum(other.open, other.close))
        assert np.all(other.high >= np.maximum(other.open, other.close))
        assert other.low.min() > 0
        assert np.array_equal(other.close_ticks / 10.0**other.scale, other.close)


@pytest.mark.parametrize("bars", [0, 1, 2])
def test_short_series_have_few_cuts(bars: int) -> None:
    few = bars_from_table(btc_hours().slice(0, bars)) if bars else BARS.since(int(BARS.close_time[-1]))
    cuts = check_look_ahead(few, [SignalUnderTest("close", lambda b: b.close)], rng=np.random.default_rng(0))
    assert cuts == ([1] if bars == 2 else [])
