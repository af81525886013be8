"""Higher timeframes: bars on the UTC grid, values from the moment they are known."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest
from hypothesis import given, settings

from candlecloud.errors import InvalidTimeframeError
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.features.families import FEATURES
from candlecloud.features.resample import align, resample_bars
from candlecloud.spec import FeatureUse
from tests.support.drawn_bars import DAY_MS, QUARTER_MS, Step, bars_from_steps, drawn_bars, head

HOUR_MS = 4 * QUARTER_MS


def quarters(*closes: int, absent: dict[int, int] | None = None, start: int = 0) -> Bars:
    """Bars whose close is given in units of 1; each opens at the close before, its high is 1 above, its volume 1."""
    drawn, last = [], closes[0]
    for t, close in enumerate(closes):
        drawn.append(Step(0, close - last, 1, 0, 1.0, (absent or {}).get(t, 0)))
        last = close
    return bars_from_steps(drawn, start_ms=start, scale=0, price=closes[0])


def test_an_hour_of_quarters() -> None:
    hours = resample_bars(quarters(5, 9, 3, 4, 6, 7, 8, 9, 1), HOUR_MS)
    assert hours.open_time.tolist() == [0, HOUR_MS]
    assert hours.close_time.tolist() == [HOUR_MS, 2 * HOUR_MS]  # the bar of 02:00 has just begun
    assert (hours.open.tolist(), hours.close.tolist()) == ([5.0, 4.0], [4.0, 9.0])
    assert (hours.high.tolist(), hours.low.tolist()) == ([10.0, 10.0], [3.0, 4.0])
    assert hours.volume.tolist() == [4.0, 4.0]
    assert hours.close_ticks.tolist() == [4, 9]
    assert hours.timeframe_ms == HOUR_MS


def test_an_hour_in_which_the_bars_begin_is_left_out() -> None:
    hours = resample_bars(quarters(*range(1, 12), start=QUARTER_MS), HOUR_MS)
    assert hours.open_time.tolist() == [HOUR_MS, 2 * HOUR_MS]


def test_absent_candles_are_not_invented() -> None:
    # hour 0: first two only; hour 1: none; hour 2: the last one only
    bars = quarters(1, 2, 3, 4, absent={2: 9})
    assert (bars.open_time // QUARTER_MS).tolist() == [0, 1, 11, 12]
    hours = resample_bars(bars, HOUR_MS)
    assert (hours.open_time // HOUR_MS).tolist() == [0, 2]
    assert hours.close.tolist() == [2.0, 3.0]
    assert hours.volume.tolist() == [2.0, 1.0]
    assert len(resample_bars(head(bars, 2), HOUR_MS)) == 0  # at 00:30 nobody knows that the hour is over


def test_a_volume_that_is_unknown_makes_the_sum_unknown() -> None:
    drawn = [Step(0, 0, 0, 0, volume, 0) for volume in (1.0, nan, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0)]
    volume = resample_bars(bars_from_steps(drawn), HOUR_MS).volume
    assert np.isnan(volume[0])
    assert volume[1] == 8.0


@pytest.mark.parametrize("timeframe_ms", [QUARTER_MS // 3, QUARTER_MS * 3 // 2])
def test_a_timeframe_must_be_a_multiple(timeframe_ms: int) -> None:
    with pytest.raises(InvalidTimeframeError) as refused:
        resample_bars(quarters(1, 2), timeframe_ms)
    assert "multiple" in refused.value.hint


def test_the_own_timeframe_changes_nothing() -> None:
    bars = quarters(1, 2, 3)
    assert resample_bars(bars, QUARTER_MS) is bars
    use = FeatureUse(FEATURES["sma"], {"window": 2}, "15m")
    assert compute_use(bars, use)[1:].tolist() == [1.5, 2.5]


def test_a_value_is_known_when_its_bar_has_closed_and_not_before() -> None:
    known = align(np.array([1.0, 2.0]), np.array([100, 200]), np.array([99, 100, 199, 200, 999]))
    assert np.isnan(known[0])
    assert known[1:].tolist() == [1.0, 1.0, 2.0, 2.0]


def test_a_feature_of_hours_on_quarters() -> None:
    bars = quarters(*range(1, 14))
    got = compute_use(bars, FeatureUse(FEATURES["sma"], {"window": 2}, "1h"))
    # hours close at 4, 8, 12 (bars 3, 7, 11); their averages of two at 8 and 12
    assert np.isnan(got[:7]).all()
    assert got[7:].tolist() == [6.0, 6.0, 6.0, 6.0, 10.0, 10.0]


def test_warm_up_counts_the_runs_own_bars() -> None:
    assert FeatureUse(FEATURES["rsi"], {"window": 14}).warmup_bars(QUARTER_MS) == 15
    use = FeatureUse(FEATURES["sma"], {"window": 3}, "1h")
    assert use.warmup_bars(QUARTER_MS) == 15
    for start in range(4):  # wherever the bars begin, 15 are enough; beginning on the grid 12 are
        got = compute_use(quarters(*range(1, 20), start=start * QUARTER_MS), use)
        assert int(np.flatnonzero(~np.isnan(got))[0]) == 11 + (4 - start) % 4
    assert not np.isnan(compute_use(quarters(*range(1, 16), start=QUARTER_MS), use)[14])


@settings(max_examples=40)
@given(drawn_bars(min_size=2, max_size=80))
def test_resampling_twice_is_resampling_once(bars: Bars) -> None:
    """Days from hours are the days from quarters, except that an hour the bars begin or end in takes its day along."""
    days = resample_bars(bars, DAY_MS)
    hours = resample_bars(bars, HOUR_MS)
    twice = {int(t): k for k, t in enumerate(resample_bars(hours, DAY_MS).open_time)} if len(hours) else {}
    again = resample_bars(hours, DAY_MS)
    for k, opened in enumerate(days.open_time.tolist()):
        if opened not in twice:
            continue
        j = twice[opened]
        for a, b in (
            (days.open, again.open),
            (days.high, again.high),
            (days.low, again.low),
            (days.close, again.close),
        ):
            assert a[k] == b[j]
