"""Equity and drawdown against the benchmark's, one above the other on the same time axis."""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.contract.results import RunResult
from candlecloud.pages.kit.calendar import time_labels, time_scale
from candlecloud.pages.kit.formats import axis_labels, day, money, percent, percent_labels
from candlecloud.pages.kit.marks import draw_line
from candlecloud.pages.kit.markup import Markup
from candlecloud.pages.kit.plot import Axis, draw_plot, figure, legend
from candlecloud.pages.kit.scales import bounds, linear_scale, log_scale, spans_decades
from candlecloud.pages.kit.tables import note, section
from candlecloud.pages.kit.thinning import MOST_POINTS
from candlecloud.pages.tear_sheet.reading import CurveArrays
from candlecloud.pages.tear_sheet.subject import quote_of

_LOG_FROM = 4.0  # highest over lowest equity from which equal ratios should look equal


def draw_equity(result: RunResult, curves: CurveArrays) -> Markup:
    """The section of both curves."""
    if not len(curves):
        return section("equity", "Equity", note("The result holds no equity curve."))
    x = time_axis(curves)
    return section("equity", "Equity", _equity(result, curves, x), _drawdown(curves, x))


def time_axis(curves: CurveArrays) -> Axis:
    """From the first close to the last."""
    scale = time_scale(int(curves.close_time[0]), int(curves.close_time[-1]))
    return Axis(scale, time_labels(scale.ticks))


def thinning_note(n: int) -> str:
    """What a caption says about a curve of n points."""
    if n <= MOST_POINTS:
        return ""
    return (
        f" Thinned from {n:,} bars to at most {MOST_POINTS:,} points; the lowest and highest of each stretch are kept."
    )


def against_benchmark() -> Markup:
    """Legend of a figure with both curves."""
    return legend(("strategy", "Strategy"), ("benchmark", "Buy and hold"))


def _equity(result: RunResult, curves: CurveArrays, x: Axis) -> Markup:
    both = (curves.equity, curves.benchmark_equity)
    log = spans_decades(*both, factor=_LOG_FROM)
    scale = log_scale(*both) if log else linear_scale(*both)
    y = Axis(scale, axis_labels(scale.ticks), baseline=None if log else 0.0)
    times = curves.close_time.astype(np.float64)
    caption = f"Equity at each bar's close, {quote_of(result)}, {'logarithmic' if log else 'linear'} scale."
    if not log and bounds(*both)[0] <= 0.0:
        caption += " Equity of zero or less has no logarithm, so the scale is linear."
    plot = draw_plot(
        "equity-curve",
        "Equity against buy and hold",
        f"{_story('Strategy', curves.equity, curves)} {_story('Buy and hold', curves.benchmark_equity, curves)}",
        x,
        y,
        draw_line(x, y, times, curves.benchmark_equity, "benchmark"),
        draw_line(x, y, times, curves.equity, "strategy"),
        size="tall",
    )
    return figure(
        "equity-figure",
        None,
        plot,
        caption + thinning_note(len(curves)),
        against_benchmark(),
    )


def _drawdown(curves: CurveArrays, x: Axis) -> Markup:
    scale = linear_scale(curves.drawdown, curves.benchmark_drawdown, zero=True, wanted=4)
    if bounds(curves.drawdown, curves.benchmark_drawdown)[1] == 0.0:
        scale = linear_scale(np.array([0.0, 0.01]), wanted=2)
    y = Axis(scale, percent_labels(scale.ticks), downward=True, baseline=0.0)
    times = curves.close_time.astype(np.float64)
    worst = int(np.argmax(curves.drawdown))
    deepest = float(curves.drawdown[worst])
    where = (
        f"Deepest: {percent(deepest)} at {day(float(curves.close_time[worst]))}."
        if deepest > 0.0
        else "There was none."
    )
    plot = draw_plot(
        "drawdown-curve",
        "Drawdown against buy and hold",
        where,
        x,
        y,
        draw_line(x, y, times, curves.benchmark_drawdown, "benchmark"),
        draw_line(x, y, times, curves.drawdown, "strategy", fill_to=0.0),
        size="low",
    )
    caption = f"Loss since the highest equity so far, at closes. {where}{thinning_note(len(curves))}"
    return figure("drawdown-figure", "Drawdown", plot, caption, against_benchmark())


def _story(name: str, values: FloatArray, curves: CurveArrays) -> str:
    low, high = bounds(values)
    return (
        f"{name}: {money(float(values[0]))} on {day(float(curves.close_time[0]))}, "
        f"{money(float(values[-1]))} on {day(float(curves.close_time[-1]))}, "
        f"between {money(low)} and {money(high)}."
    )
