"""The look-ahead test catches every leak of the corpus, names it, and is silent on everything causal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from candlecloud.arrays import FloatArray
from candlecloud.errors import LookAheadError
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.compute import compute_use
from candlecloud.features.families import FEATURES
from candlecloud.parameters import Parameters
from candlecloud.spec import FeatureUse
from candlecloud.strategies.look_ahead import SWEEP_EFFORT, SignalUnderTest, check_look_ahead, garbage_from
from candlecloud.strategies.look_ahead.features import features_under_test
from candlecloud.strategies.look_ahead.garbage import at_other_times, extended, joined, mirrored_at, other_future, part
from candlecloud.strategies.look_ahead.signals import bits
from tests.golden.bars import bars_of
from tests.support.look_ahead_clean import CLEAN
from tests.support.look_ahead_leaks import LEAKS, PLANTED, Signal, rare_leaks, rolling, shift
from tests.support.recorded import btc_hours

BARS = bars_from_table(btc_hours().slice(0, 1_500))
ALL_BARS = bars_from_table(btc_hours())
RARE = {**rare_leaks(100), **rare_leaks(500), **rare_leaks(2_000)}


def caught(plant: Callable[[Bars], Signal], bars: Bars, seed: int) -> LookAheadError | None:
    """What the test of a run says of one signal."""
    try:
        check_look_ahead(bars, [SignalUnderTest("signal", plant(bars))], rng=np.random.default_rng(seed))
    except LookAheadError as error:
        return error
    return None


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(LEAKS) >= 25
    assert len(PLANTED) >= 15
    assert len(CLEAN) >= 40


@pytest.mark.parametrize("name", LEAKS)
@pytest.mark.parametrize("seed", range(4))
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


@pytest.mark.parametrize("name", PLANTED)
def test_leaks_at_the_edges_and_from_memory_are_caught(name: str) -> None:
    """What garbage at a few cuts does not show: the first bars, the last ones, tables, memories, filters."""
    error = caught(PLANTED[name], BARS, 1)
    assert error is not None
    assert error.details["signal"] == "signal"
    assert error.hint


@pytest.mark.parametrize("name", rare_leaks(100))
def test_one_leaky_bar_in_a_hundred_is_caught(name: str) -> None:
    assert caught(RARE[name], ALL_BARS, 3) is not None


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LEAKS, *PLANTED, *RARE])
def test_all_leaks_are_caught_whatever_the_seed(name: str) -> None:
    """As `python -m tests.evidence.look_ahead` prints: of 40 seeds all, of leaks in one bar of 500 or fewer half."""
    plants = {**{leak: (lambda _, signal=signal: signal) for leak, signal in LEAKS.items()}, **PLANTED, **RARE}
    count = sum(caught(plants[name], ALL_BARS, seed) is not None for seed in range(40))
    assert count >= (20 if name.startswith(("1 in 500", "1 in 2,000")) else 40)


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_causal_is_accused(name: str) -> None:
    assert check_look_ahead(BARS, [SignalUnderTest(name, CLEAN[name])], rng=np.random.default_rng(0))


@pytest.mark.slow
@pytest.mark.parametrize("name", CLEAN)
def test_nothing_causal_is_accused_whatever_the_seed(name: str) -> None:
    assert not [seed for seed in range(40) if caught(lambda _: CLEAN[name], ALL_BARS, seed) is not None]


def test_rounding_that_depends_on_the_length_is_accused_and_the_hint_says_what_to_do() -> None:
    """A causal average by Fourier transform: its last bits change with the number of bars."""

    def by_transform(bars: Bars) -> FloatArray:
        n, weights = 2 * len(bars), np.r_[np.full(20, 0.05), np.zeros(2 * len(bars))][: 2 * len(bars)]
        return np.fft.irfft(np.fft.rfft(bars.close, n) * np.fft.rfft(weights), n)[: len(bars)]

    np.testing.assert_allclose(by_transform(BARS)[19:], rolling(BARS.close, 20, np.mean)[19:], rtol=1e-12)
    error = caught(lambda _: by_transform, BARS, 0)
    assert error is not None
    assert "Fourier" in error.hint


def test_each_feature_is_computed_once_for_all_its_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    macd, calls = FEATURES["macd"], 0

    def counted(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
        nonlocal calls
        calls += 1
        return macd.compute(bars, parameters)

    feature = replace(macd, compute=counted)
    uses = [FeatureUse(feature, {}, output=output, shift=back) for output in macd.outputs for back in (0, 2)]
    uses += [FeatureUse(feature, {"fast": 12}, output="signal"), FeatureUse(feature, {}, "1d", "signal")]
    signals = features_under_test(uses)
    assert len(signals) == 2
    own, daily = (signal.compute(BARS) for signal in signals.values())
    assert calls == 2
    assert (own.shape, daily.shape) == ((6, len(BARS)), (1, len(BARS)))
    for row, use in zip([*own, *daily], [*uses[:6], uses[7]], strict=True):
        assert row.tobytes() == compute_use(BARS, use).tobytes()


def test_the_cost_does_not_grow_with_the_bars_beyond_the_head() -> None:
    def computed(bars: Bars) -> int:
        total = 0

        def signal(given: Bars) -> FloatArray:
            nonlocal total
            total += len(given)
            return given.close

        check_look_ahead(
            bars, [SignalUnderTest("s", signal)], rng=np.random.default_rng(2), warmup_bars=50, effort=SWEEP_EFFORT
        )
        return total

    assert computed(ALL_BARS) < 1.2 * computed(part(ALL_BARS, 0, 5_000)) < 60_000


def test_flat_prices_accuse_nobody() -> None:
    """0/0 is a NaN whose sign NumPy is free to choose."""
    flat = bars_of([30.5] * 90, [30.5] * 90)
    use = FeatureUse(FEATURES["stochastic"], {"window": 4, "smooth": 16, "signal": 3}, output="d")
    for seed in range(20):
        check_look_ahead(
            flat, [SignalUnderTest("stochastic", lambda b: compute_use(b, use))], rng=np.random.default_rng(seed)
        )


def test_a_leaky_decision_alone_is_caught() -> None:
    """No feature is named; the targets themselves look one bar ahead, and change rarely."""

    def target(bars: Bars) -> FloatArray:
        mean = rolling(bars.close, 50, np.mean)
        return (shift(bars.close, 1) > mean).astype(float)

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


@pytest.mark.parametrize("seed", range(3))
def test_other_bars_are_valid_and_differ_only_where_they_should(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = np.arange(1 + seed, len(BARS), 7)
    scattered, future, longer = mirrored_at(BARS, places, rng), other_future(BARS, 700, rng), extended(BARS, 30, rng)
    later = at_other_times(BARS, 86_400_000)
    spliced = joined(part(BARS, 0, 700), part(future, 700, len(BARS)))
    for other, same in (
        (scattered, np.setdiff1d(np.arange(len(BARS)), places)),
        (future, np.arange(700)),
        (spliced, np.arange(700)),
        (longer, np.arange(len(BARS))),
    ):
        for name in ("open_time", "close_time", "open", "high", "low", "close", "volume", "close_ticks"):
            assert np.array_equal(getattr(other, name)[same], getattr(BARS, name)[same])
        assert np.all(other.low <= np.minimum(other.open, other.close))
        assert np.all(other.high >= np.maximum(other.open, other.close))
        assert other.low.min() > 0
        assert np.all(np.diff(other.open_time) > 0)
        assert np.array_equal(other.close_ticks / 10.0**other.scale, other.close)
    assert np.all(scattered.close[places] != BARS.close[places])
    assert np.array_equal(bits(spliced.close), bits(future.close))
    assert np.array_equal(later.open_time - BARS.open_time, np.full(len(BARS), 86_400_000))


@pytest.mark.parametrize("bars", [0, 1, 2])
def test_short_series_have_few_cuts(bars: int) -> None:
    few = bars_from_table(btc_hours().slice(0, bars)) if bars else BARS.since(int(BARS.close_time[-1]))
    cuts = check_look_ahead(few, [SignalUnderTest("close", lambda b: b.close)], rng=np.random.default_rng(0))
    assert cuts == ([1] if bars == 2 else [])
