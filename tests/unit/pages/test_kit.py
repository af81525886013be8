"""Scales, thinning, formats and colours of the tear sheet."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from candlecloud.pages.kit.calendar import time_labels, time_scale
from candlecloud.pages.kit.formats import axis_labels, decimal, duration, money, percent
from candlecloud.pages.kit.markup import Markup, escape, tag
from candlecloud.pages.kit.scales import linear_scale, log_scale, nice_step
from candlecloud.pages.kit.style import DARK, LIGHT
from candlecloud.pages.kit.thinning import thin
from tests.support.run_documents import START

FINITE = st.floats(-1e300, 1e300)
DAY = 86_400_000


@given(st.lists(FINITE | st.just(math.nan), min_size=1, max_size=400), st.integers(4, 60))
def test_thinning_keeps_ends_minimum_and_maximum(values: list[float], most: int) -> None:
    curve = np.array(values)
    kept = thin(curve, most)
    assert len(kept) <= max(most, min(len(curve), most))
    assert np.all(np.diff(kept) > 0)
    assert (kept[0], kept[-1]) == (0, len(curve) - 1)
    if not np.isnan(curve).all():
        assert np.nanmin(curve[kept]) == np.nanmin(curve)
        assert np.nanmax(curve[kept]) == np.nanmax(curve)


def test_thinning_keeps_the_extremes_of_each_stretch() -> None:
    rng = np.random.default_rng(1)
    curve = rng.normal(size=10_000)
    kept = curve[thin(curve, 102)]
    for stretch in curve.reshape(50, 200):
        assert stretch.min() in kept
        assert stretch.max() in kept


@given(st.lists(FINITE, min_size=1, max_size=20), st.booleans())
def test_linear_scale_holds_its_values_between_few_ticks(values: list[float], zero: bool) -> None:
    scale = linear_scale(np.array(values), zero=zero)
    assert scale.low < scale.high
    assert 2 <= len(scale.ticks) <= 9
    assert all(a < b for a, b in pairwise(scale.ticks))
    places = scale.place(np.array(values))
    assert np.all((places >= 0.0) & (places <= 1.0))
    rounding = 1e-8 * (scale.high - scale.low)
    assert scale.low <= min(values) + rounding
    assert scale.high >= max(values) - rounding
    assert not zero or scale.low <= 0.0 <= scale.high


@given(st.floats(1e-150, 1e150), st.floats(1.0, 1e6))
def test_log_scale_places_by_ratio(low: float, ratio: float) -> None:
    scale = log_scale(np.array([low, low * ratio]))
    assert len(scale.ticks) <= 7
    middle = scale.at(low * math.sqrt(ratio))
    assert middle == pytest.approx((scale.at(low) + scale.at(low * ratio)) / 2, abs=1e-9)
    assert all(scale.low <= tick <= scale.high for tick in scale.ticks)


@given(st.floats(1e-200, 1e200))
def test_nice_step_is_round_and_not_smaller(step: float) -> None:
    nice = nice_step(step)
    assert step * (1 - 1e-6) <= nice <= 2.5 * step
    assert f"{nice:.0e}"[0] in "1235"


@given(st.integers(0, 4_000_000_000_000), st.integers(0, 4 * 10**11))
def test_time_axis_has_a_handful_of_marks_inside(start: int, length: int) -> None:
    scale = time_scale(start, start + length)
    assert len(scale.ticks) <= 10
    assert all(scale.low <= tick <= scale.high for tick in scale.ticks)
    assert len(time_labels(scale.ticks)) == len(scale.ticks)


def test_time_labels_name_what_changed() -> None:
    assert time_labels(time_scale(START, START + 3 * 365 * DAY).ticks)[:4] == ["2023", "Jul", "2024", "Jul"]
    assert time_labels(time_scale(START + 40 * DAY, START + 200 * DAY).ticks)[:2] == ["Mar 2023", "Apr"]
    assert time_labels(time_scale(START, START + 6 * DAY).ticks)[:2] == ["1 Jan 2023", "2 Jan"]
    assert time_labels(time_scale(START, START + DAY).ticks)[:2] == ["1 Jan 2023", "03:00"]
    assert time_labels(time_scale(START + 60_000, START + 180_000).ticks) == ["1 Jan 00:01", "00:02", "00:03"]


def test_numbers_read_as_people_write_them() -> None:
    assert percent(0.1234) == "12.3\u00a0%"
    assert percent(-0.1234, signed=True) == "−12.3\u00a0%"
    assert percent(0.5, signed=True) == "+50.0\u00a0%"
    assert percent(0.00123) == "0.12\u00a0%"
    assert percent(0.0000012) == "0.00012\u00a0%"
    assert percent(0.0, signed=True) == "0.0\u00a0%"
    assert percent(12.345) == "1,234.5\u00a0%"
    assert percent(-0.99983) == "−99.98\u00a0%"
    assert percent(0.9999999) == "99.99999\u00a0%"
    assert percent(1.0) == "100.0\u00a0%"
    assert percent(None) == percent(math.nan) == decimal(math.inf) == money(None) == duration(None) == "–"
    assert money(13_253.1029) == "13,253.10"
    assert money(-1_234_567.8) == "−1,234,568"
    assert money(0.00000123) == "0.0000012"
    assert decimal(1e20) == "1.00e+20"
    assert duration(63_399_600) == "733.8\u00a0days"
    assert duration(0) == "0\u00a0min"
    assert duration(1e9) == "31.7\u00a0years"


def test_axis_labels_tell_neighbours_apart() -> None:
    assert axis_labels([0.0, 0.25, 0.5]) == ["0.00", "0.25", "0.50"]
    assert axis_labels([-20.0, 0.0, 20.0]) == ["−20", "0", "20"]
    assert axis_labels([10_000.0, 12_500.0]) == ["10,000", "12,500"]
    assert axis_labels([0.0, 500_000.0, 1e6, 1.5e6]) == ["0", "0.5M", "1.0M", "1.5M"]
    assert axis_labels([]) == []


def test_only_markup_escapes_escaping() -> None:
    assert tag("p", "<b>", Markup("<i></i>"), None, title='"&') == '<p title="&quot;&amp;">&lt;b&gt;<i></i></p>'
    assert escape("a\x00b\u202ec\ud800") == "a\ufffdb\ufffdc\ufffd"
    assert tag("line", x1="0") == '<line x1="0"/>'


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_have_the_contrast_of_wcag_aa(colours: dict[str, str]) -> None:
    """4.5 for text, 3 for lines and marks (WCAG 2.2, 1.4.3 and 1.4.11)."""
    for surface in ("paper", "card"):
        assert contrast(colours["ink"], colours[surface]) >= 4.5
        assert contrast(colours["soft"], colours[surface]) >= 4.5
    for name, colour in colours.items():
        if name[-1].isdigit():
            assert contrast(colours["ink"], colour) >= 4.5, name
    for name in ("accent", "benchmark", "below"):
        assert contrast(colours[name], colours["paper"]) >= 3.0, name


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))
