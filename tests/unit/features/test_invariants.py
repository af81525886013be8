"""What every registered feature must keep, whatever the bars: no future, no memory beyond its window, NaN by rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_feature, compute_use
from candlecloud.features.families import FEATURES
from candlecloud.features.feature import Compute, Feature
from candlecloud.parameters import Number, Parameters, Warmup
from candlecloud.spec import FeatureUse
from tests.support.drawn_bars import (
    DAY_MS,
    KNOWN_VOLUMES,
    Step,
    bars_from_steps,
    drawn_bars,
    drawn_steps,
    head,
)

EVERY = pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
WINDOWED = pytest.mark.parametrize(
    "feature",
    [f for f in FEATURES.values() if not f.recursive],
    ids=[n for n, f in FEATURES.items() if not f.recursive],
)
OF_VOLUME = {name for name, feature in FEATURES.items() if feature.compute.__module__.endswith(".volume")}
QUICK = settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def parameters_of(draw: st.DrawFn, feature: Feature) -> dict[str, Number]:
    """Parameters in their bounds that go together, windows short enough for short bars."""
    drawn: dict[str, Number] = {}
    for p in feature.parameters:
        if p.kind == "integer":
            drawn[p.name] = draw(st.integers(int(p.low), min(int(p.high), 7)))
        else:
            drawn[p.name] = draw(st.floats(p.low, p.high))
    assume(feature.conflict(drawn) is None)
    return drawn


def same(a: Mapping[str, FloatArray], b: Mapping[str, FloatArray], k: int) -> bool:
    return all(a[name][:k].tobytes() == b[name][:k].tobytes() for name in a)


def check_increments(feature: Feature, data: st.DataObject, most: int) -> None:
    bars = data.draw(drawn_bars(max_size=most))
    parameters = data.draw(parameters_of(feature))
    whole = compute_feature(bars, feature, parameters)
    assert set(whole) == set(feature.outputs)
    for k in range(1, len(bars) + 1):
        assert same(compute_feature(head(bars, k), feature, parameters), whole, k)


@EVERY
@QUICK
@given(data=st.data())
def test_one_bar_more_changes_nothing_before_it(feature: Feature, data: st.DataObject) -> None:
    """Batch equals incremental, bit for bit: the value at t from all bars is the one that the first t + 1 bars give."""
    check_increments(feature, data, most=24)


@EVERY
@pytest.mark.slow
@settings(QUICK, max_examples=60)
@given(data=st.data())
def test_one_bar_more_changes_nothing_in_many_long_cases(feature: Feature, data: st.DataObject) -> None:
    check_increments(feature, data, most=120)


@EVERY
@QUICK
@given(data=st.data())
def test_garbage_in_the_future_moves_nothing(feature: Feature, data: st.DataObject) -> None:
    before = data.draw(drawn_steps(max_size=25))
    after, garbage = (data.draw(drawn_steps(max_size=10, largest=10**6)) for _ in range(2))
    parameters = data.draw(parameters_of(feature))
    computed = [compute_feature(bars_from_steps(before + future), feature, parameters) for future in (after, garbage)]
    assert same(*computed, len(before))


@EVERY
@QUICK
@given(data=st.data())
def test_a_higher_timeframe_knows_no_future(feature: Feature, data: st.DataObject) -> None:
    bars = data.draw(drawn_bars(min_size=10, max_size=40))
    parameters = data.draw(parameters_of(feature))
    timeframe = data.draw(st.sampled_from(["15m", "1h", "1d"]))
    use = FeatureUse(feature, parameters, timeframe, data.draw(st.sampled_from([None, *feature.outputs])))
    whole = compute_use(bars, use)
    for k in {1, len(bars) // 3, len(bars) // 2, len(bars) - 1}:
        assert compute_use(head(bars, k), use).tobytes() == whole[:k].tobytes()


@WINDOWED
@QUICK
@given(data=st.data())
def test_a_window_gives_the_same_bits_wherever_the_bars_begin(feature: Feature, data: st.DataObject) -> None:
    bars = data.draw(drawn_bars(min_size=12, max_size=40))
    parameters = data.draw(parameters_of(feature))
    start = data.draw(st.integers(1, len(bars) - 1))
    later = bars.since(int(bars.open_time[start]))
    assert len(later) == len(bars) - start
    first = feature.warmup_bars(parameters) - 1
    if feature.name == "session_vwap":  # begins with a day
        new_day = np.flatnonzero(later.open_time // DAY_MS != later.open_time[0] // DAY_MS)
        first = int(new_day[0]) if len(new_day) else len(later)
    whole, part = (compute_feature(b, feature, parameters) for b in (bars, later))
    for output in feature.outputs:
        assert part[output][first:].tobytes() == whole[output][start + first :].tobytes()


@EVERY
@QUICK
@given(data=st.data())
def test_nan_before_the_warm_up_and_nowhere_else_on_lively_bars(feature: Feature, data: st.DataObject) -> None:
    """Every bar has a range and moves the close, every volume is known: nothing is 0/0 and nothing unknown."""
    drawn = data.draw(drawn_steps(1, 30, KNOWN_VOLUMES, absent=1))
    drawn = [s._replace(to_close=s.to_close + 1) if s.to_open + s.to_close == 0 else s for s in drawn]
    drawn[0] = drawn[0]._replace(absent=0)  # midnight: a session begins
    bars = bars_from_steps([s._replace(above=s.above + 1) for s in drawn], price=10**6)
    parameters = data.draw(parameters_of(feature))
    values = compute_feature(bars, feature, parameters)
    first = feature.warmup_bars(parameters) - 1
    for output in feature.outputs:
        assert len(values[output]) == len(bars)
        assert np.isnan(values[output][:first]).all()
        assert np.isfinite(values[output][first:]).all()


def _whole_maximum(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    return {"leak": bars.close / bars.close.max()}


def _next_close(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    return {"leak": np.append(bars.close[1:], bars.close[-1:])}


def _last_digit(bars: Bars, parameters: Parameters) -> Mapping[str, FloatArray]:
    return {"leak": np.full(len(bars), np.nextafter(1.0, 2.0 if len(bars) % 2 else 0.0))}


@pytest.mark.parametrize("leak", [_whole_maximum, _next_close, _last_digit])
def test_the_check_of_increments_sees_a_leak(leak: Compute) -> None:
    """Of a large value, of the neighbour, of one bit."""
    leaky = replace(FEATURES["roc"], name="leak", outputs=("leak",), parameters=(), warmup=Warmup(), compute=leak)
    drawn = [Step(0, 10, 0, 0, 1.0, 0)] * 3
    whole = compute_feature(bars_from_steps(drawn), leaky, {})
    assert not all(same(compute_feature(bars_from_steps(drawn[:k]), leaky, {}), whole, k) for k in (1, 2))


FLAT = [Step(0, 0, 0, 0, 1.0, 0)] * 40
UNDEFINED_WHEN_FLAT = {"rsi": {"rsi"}, "stochastic": {"k", "d"}, "zscore": {"zscore"}, "adx": {"plus_di", "minus_di"}}


@EVERY
def test_zero_by_zero_is_nan_and_nothing_else_is(feature: Feature) -> None:
    """A price that never moves: what divides by its movement has no value, all else has one."""
    few = {p.name: 4 for p in feature.parameters if p.kind == "integer" and p.name not in ("fast", "slow")}
    values = compute_feature(bars_from_steps(FLAT), feature, few)
    first = feature.warmup_bars(feature.check_parameters(few)) - 1
    assert first < 39
    undefined = {output for output in feature.outputs if np.isnan(values[output]).all()}
    assert undefined == UNDEFINED_WHEN_FLAT.get(feature.name, set())
    for output in set(feature.outputs) - undefined:
        assert not np.isnan(values[output][first:]).any()


@EVERY
@QUICK
@given(data=st.data())
def test_an_unknown_volume_is_felt_by_features_of_volume_alone(feature: Feature, data: st.DataObject) -> None:
    drawn = data.draw(drawn_steps(8, 30, KNOWN_VOLUMES))
    drawn[0] = drawn[0]._replace(absent=0)
    at = data.draw(st.integers(1, len(drawn) - 1))
    parameters = data.draw(parameters_of(feature))
    unknown = [*drawn[:at], drawn[at]._replace(volume=float("nan")), *drawn[at + 1 :]]
    bars = bars_from_steps(drawn)
    known = compute_feature(bars, feature, parameters)
    got = compute_feature(bars_from_steps(unknown), feature, parameters)
    if feature.name not in OF_VOLUME:
        assert same(known, got, len(drawn))
        return
    changed = np.isnan(got[feature.name]) & ~np.isnan(known[feature.name])
    t, days = np.arange(len(bars)), bars.open_time // DAY_MS
    window = int(parameters.get("window", 0))
    windowed = (t >= at) & (t < at + window) & (t >= window - 1)
    wanted = {
        "obv": (t >= at) & (bars.close_ticks[at] != bars.close_ticks[at - 1]),
        "session_vwap": (t >= at) & (days == days[at]),
    }.get(feature.name, windowed)
    assert (changed == wanted).all()


@EVERY
@pytest.mark.parametrize("n", [0, 1, 2])
def test_very_few_bars_have_no_values_yet(feature: Feature, n: int) -> None:
    parameters = feature.check_parameters({})
    values = compute_feature(head(bars_from_steps(FLAT), n), feature, parameters)
    assert list(values) == list(feature.outputs)
    for array in values.values():
        assert len(array) == n
        assert np.isnan(array[: feature.warmup_bars(parameters) - 1]).all()
