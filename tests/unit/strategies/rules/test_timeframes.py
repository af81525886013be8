"""Shifts of features on longer timeframes: counted in the feature's own bars, known at their closes, no future."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.errors import InvalidParameterError
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.compute import compute_use
from candlecloud.features.families import FEATURES
from candlecloud.market.timeframe import Timeframe
from candlecloud.spec import FeatureUse
from candlecloud.strategies.look_ahead import SignalUnderTest, check_look_ahead
from tests.golden.bars import bars_of
from tests.golden.rules import RulesLoop
from tests.support.drawn_bars import DAY_MS, QUARTER_MS, Step, bars_from_steps, drawn_bars, head
from tests.support.recorded import btc_hours
from tests.support.rules import rules_strategy

HOUR_MS = 3_600_000
DAY: dict[str, Any] = {"feature": "sma", "parameters": {"window": 2}, "timeframe": "1d"}
RISES = ["day", {"of": "day", "shift": 1}]


def days(closes: list[int]) -> Bars:
    """Days of 24 hours; only the last hour of a day closes at the day's close, the others at 20."""
    path = [close if hour == 23 else 20 for close in closes for hour in range(24)]
    return bars_of(path, path)


# mean of two days:   -   11 11.5  13  10 6.5  19 15.5: it rises on days 2, 3 and 6, and turns up on day 6
CLOSES = [10, 12, 11, 15, 5, 8, 30, 1]


def test_the_daily_average_rises() -> None:
    document = {"features": {"day": DAY}, "long": {"entry": {"gt": RISES}}}
    strategy = rules_strategy(document, HOUR_MS)
    assert strategy.warmup_bars({}) == 3 * 24 + 23, "three days, wherever in a day the bars begin"
    target = strategy.target(days(CLOSES), {})
    # Day k is known from its last hour, 24 k + 23, to the hour before that of day k + 1; the warm-up ends at hour 94.
    assert np.flatnonzero(target).tolist() == [*range(94, 4 * 24 + 23), *range(6 * 24 + 23, 7 * 24 + 23)]


def test_a_crossing_compares_with_the_bar_of_the_run_before() -> None:
    crossing = {"features": {"day": DAY}, "long": {"entry": {"crosses_above": RISES}}}
    strategy = rules_strategy(crossing, HOUR_MS)
    assert strategy.warmup_bars({}) == 3 * 24 + 24
    assert np.flatnonzero(strategy.target(days(CLOSES), {})).tolist() == [6 * 24 + 23], "the hour that ends day 6"
    held: dict[str, Any] = {"entry": {"crosses_above": RISES}, "exit": {"lt": RISES}}
    target = rules_strategy({"features": {"day": DAY}, "long": held}, HOUR_MS).target(days(CLOSES), {})
    assert np.flatnonzero(target).tolist() == [*range(6 * 24 + 23, 7 * 24 + 23)]


def test_the_daily_average_rises_on_about_half_of_real_hours() -> None:
    bars = bars_from_table(btc_hours())
    document = {"features": {"day": DAY | {"parameters": {"window": 20}}}, "long": {"entry": {"gt": RISES}}}
    strategy = rules_strategy(document, HOUR_MS)
    first = strategy.warmup_bars({}) - 1
    last_close = dict(zip((bars.open_time // DAY_MS).tolist(), bars.close_ticks.tolist(), strict=True))
    closed, wanted = sorted(last_close), []
    for moment in bars.close_time[first:].tolist():
        known = closed.index(moment // DAY_MS - 1) + 1  # days in a row: none of these is without a candle
        now, before = (sum(last_close[d] for d in closed[known - k - 20 : known - k]) for k in (0, 1))
        wanted.append(float(now > before))
    assert strategy.target(bars, {})[first:].tolist() == wanted
    assert 0.4 < np.mean(wanted) < 0.6


def known_average(bars: Bars, t: int, timeframe_ms: int, window: int, shift: int) -> float:
    """Mean of the closes of whole bars that had closed with bar t, the newest `shift` left out; from bars 0..t only."""
    last_close: dict[int, int] = {}
    for opened, tick in zip(bars.open_time[: t + 1].tolist(), bars.close_ticks[: t + 1].tolist(), strict=True):
        last_close[opened // timeframe_ms] = tick
    first = int(bars.open_time[0])
    whole = [
        tick
        for interval, tick in last_close.items()
        if (interval + 1) * timeframe_ms <= bars.close_time[t] and not interval * timeframe_ms < first
    ]
    used = whole[: len(whole) - shift][-window:] if shift < len(whole) else []
    return float(Fraction(sum(used), window * 10**bars.scale)) if len(used) == window else math.nan


_uses = st.builds(
    lambda window, timeframe, shift: FeatureUse(FEATURES["sma"], {"window": window}, timeframe, shift=shift),
    st.integers(1, 3),
    st.sampled_from([None, "15m", "1h", "1d"]),
    st.integers(0, 4),
)


@settings(max_examples=150)
@given(drawn_bars(min_size=20, max_size=60, absent=40), _uses)
def test_a_shift_is_that_of_a_plain_loop_and_knows_no_future(bars: Bars, use: FeatureUse) -> None:
    """Also where candles and whole days are absent, and the bars begin inside a day."""
    got = compute_use(bars, use)
    length = QUARTER_MS if use.timeframe is None else Timeframe(use.timeframe).ms
    wanted = [known_average(bars, t, length, int(use.parameters["window"]), use.shift) for t in range(len(bars))]
    np.testing.assert_array_equal(got, wanted)
    for k in {1, len(bars) // 3, len(bars) // 2, len(bars) - 1}:
        assert compute_use(head(bars, k), use).tobytes() == got[:k].tobytes()


@pytest.mark.parametrize("timeframe", [None, "15m", "1h"])
@pytest.mark.parametrize("shift", [0, 1, 5])
def test_the_warmup_is_enough_wherever_the_bars_begin_and_no_longer(timeframe: str | None, shift: int) -> None:
    use = FeatureUse(FEATURES["sma"], {"window": 3}, timeframe, shift=shift)
    needed = use.warmup_bars(QUARTER_MS)
    assert needed == ((3 + shift) * 4 + 3 if timeframe == "1h" else 3 + shift)
    steps, firsts = [Step(0, 1, 1, 0, 1.0, 0)] * 60, []
    for quarter in range(4):
        known = ~np.isnan(compute_use(bars_from_steps(steps, start_ms=quarter * QUARTER_MS), use))
        firsts.append(int(np.flatnonzero(known)[0]))
    assert max(firsts) == needed - 1


def test_a_shift_into_the_future_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="shift of sma must not be below 0"):
        FeatureUse(FEATURES["sma"], {"window": 3}, "1d", shift=-1)


def test_the_look_ahead_test_reads_what_the_conditions_read() -> None:
    features = {"day": DAY, "m": {"feature": "macd"}}
    conditions: list[Any] = [
        {"gt": RISES}, {"gt": ["day", {"of": "day", "shift": 1}]}, {"gt": [{"of": "m", "shift": 2}, "m.signal"]}
    ]  # fmt: skip
    strategy = rules_strategy({"features": features, "long": {"entry": {"all": conditions}}}, HOUR_MS)
    uses = strategy.features({})
    assert [(use.feature.name, use.timeframe, use.output, use.shift) for use in uses] == [
        ("sma", "1d", "sma", 0), ("sma", "1d", "sma", 1), ("macd", None, "macd", 0), ("macd", None, "signal", 0),
    ]  # fmt: skip
    bars = bars_from_table(btc_hours().slice(0, 2_000))
    signals = [SignalUnderTest(use.feature.name, lambda given, use=use: compute_use(given, use)) for use in uses]  # type: ignore[misc]
    signals.append(SignalUnderTest("rules", lambda given: strategy.target(given, {})))
    assert check_look_ahead(bars, signals, rng=np.random.default_rng(5))


_FEATURES: dict[str, Any] = {
    "quarter": {"feature": "sma", "parameters": {"window": 2}, "timeframe": "15m"},
    "hour": {"feature": "sma", "parameters": {"window": 2}, "timeframe": "1h"},
    "reach": {"feature": "donchian", "parameters": {"window": 1}, "timeframe": "1h"},
    "day": {"feature": "roc", "parameters": {"window": 1}, "timeframe": "1d"},
    "own": {"feature": "ema", "parameters": {"window": 3}},
}
_names = st.sampled_from(["close", "volume", "own", "quarter", "hour", "reach.upper", "reach.lower", "day"])
_series = st.one_of(_names, st.builds(lambda name, shift: {"of": name, "shift": shift}, _names, st.integers(0, 6)))
_operands = st.one_of(_series, st.builds(lambda a, b: {"sub": [a, b]}, _series, _series))
_comparisons = st.builds(
    lambda key, a, b: {key: [a, b]},
    st.sampled_from(["gt", "le", "crosses_above", "crosses_below"]),
    _series,
    st.one_of(_operands, st.just(0)),
)
_conditions = st.one_of(
    _comparisons,
    st.builds(
        lambda key, some: {key: some}, st.sampled_from(["all", "any"]), st.lists(_comparisons, min_size=2, max_size=6)
    ),
    st.builds(lambda one: {"not": one}, _comparisons),
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    side = st.fixed_dictionaries({"entry": _conditions}, optional={"exit": _conditions})
    document: dict[str, Any] = draw(st.fixed_dictionaries({"long": side}, optional={"short": side}))
    document["features"] = {
        name: feature
        for name, feature in _FEATURES.items()
        if f"'{name}'" in str(document) or f"'{name}." in str(document)
    }
    return document


@settings(max_examples=120)
@given(documents(), st.integers(0, 2**32 - 1), st.integers(0, 95), st.integers(1, 599))
def test_any_shifts_are_a_plain_loop_without_the_future(document: Any, seed: int, quarter: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    moves = rng.integers(-3, 4, (600, 2)).tolist()
    steps = [Step(a, b, 1, 1, float(v), 0) for (a, b), v in zip(moves, rng.integers(0, 3, 600), strict=True)]
    bars = bars_from_steps(steps, start_ms=quarter * QUARTER_MS)
    strategy = rules_strategy(document, QUARTER_MS)
    target = strategy.target(bars, {})
    first = strategy.warmup_bars({}) - 1
    assert not target[:first].any()
    assert target.tolist() == RulesLoop(document, bars, {}).targets(first)
    assert strategy.target(head(bars, cut), {}).tobytes() == target[:cut].tobytes()


@settings(max_examples=80)
@given(documents(), drawn_bars(min_size=30, max_size=80, absent=20), st.data())
def test_absent_candles_open_no_view_of_the_future(document: Any, bars: Bars, data: st.DataObject) -> None:
    strategy = rules_strategy(document, QUARTER_MS)
    target = strategy.target(bars, {})
    cut = data.draw(st.integers(1, len(bars) - 1))
    assert strategy.target(head(bars, cut), {}).tobytes() == target[:cut].tobytes()
