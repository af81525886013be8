"""Calendar and clock: returns per month and year as a heat map, and the Sharpe ratio of a moving window."""

from __future__ import annotations

import math

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.contract.results import RunResult
from candlecloud.metrics.annual import bars_per_year
from candlecloud.metrics.curves import bar_returns
from candlecloud.metrics.periods import monthly_returns, rolling_sharpe, yearly_returns
from candlecloud.pages.kit.calendar import month_name
from candlecloud.pages.kit.formats import DASH, axis_labels, decimal, exact
from candlecloud.pages.kit.marks import draw_line
from candlecloud.pages.kit.markup import Markup, tag
from candlecloud.pages.kit.plot import Axis, draw_plot, figure
from candlecloud.pages.kit.scales import linear_scale
from candlecloud.pages.kit.tables import body, note, section, table
from candlecloud.pages.tear_sheet.equity import against_benchmark, thinning_note, time_axis
from candlecloud.pages.tear_sheet.reading import CurveArrays

_DAY_MS = 86_400_000
_WINDOWS = (365, 180, 90, 30)
_WINDOWS_PER_SPAN = 3  # a rolling number says something only if the window is short against the run
_SHADES = (0.0, 0.02, 0.05, 0.10)  # lower ends of the four depths of colour


def draw_months(result: RunResult, curves: CurveArrays) -> Markup:
    """The section of returns per month, a year per row."""
    if not len(curves):
        return section("months", "Returns by month", note("The result holds no equity curve."))
    initial = result.config.initial_equity
    months = {(year, month): value for year, month, value in monthly_returns(curves.close_time, curves.equity, initial)}
    years = dict(yearly_returns(curves.close_time, curves.equity, initial))
    held = dict(yearly_returns(curves.close_time, curves.benchmark_equity, initial))
    lines = (
        tag(
            "tr",
            tag("th", year, scope="row"),
            *(_cell(months[year, month]) if (year, month) in months else tag("td") for month in range(1, 13)),
            _cell(total, "total"),
            tag("td", _shown(held.get(year)), class_="total"),
        )
        for year, total in years.items()
    )
    headings = ["Year", *(month_name(month) for month in range(1, 13)), "Year", "Buy and hold"]
    drawn = table("Percent, calendar months in UTC", headings, [body(*lines)], kind="months")
    caption = (
        "From the last close of the month before to the last close of the month; the first and last month and year are "
        "as long as the run makes them. Colour deepens at 2, 5 and 10\u00a0%; losses carry a minus sign."
    )
    return section("months", "Returns by month", drawn, note(caption, kind="caption"))


def draw_rolling_sharpe(result: RunResult, curves: CurveArrays) -> Markup:
    """The section of the Sharpe ratio of a moving window, the longest that fits three times into the run."""
    span = int(curves.close_time[-1] - curves.close_time[0]) if len(curves) else 0
    days = next((d for d in _WINDOWS if d * _DAY_MS * _WINDOWS_PER_SPAN <= span), None)
    if days is None:
        least = _WINDOWS[-1] * _WINDOWS_PER_SPAN
        return section("rolling", "Rolling Sharpe ratio", note(f"Left out: it needs a run of at least {least} days."))
    initial, bar_ms = result.config.initial_equity, span / (len(curves) - 1)  # absent candles make bars take longer
    window, per_year = round(days * _DAY_MS / bar_ms), bars_per_year(bar_ms)
    ours = rolling_sharpe(bar_returns(curves.equity, initial), window, per_year)
    held = rolling_sharpe(bar_returns(curves.benchmark_equity, initial), window, per_year)
    if not np.isfinite(ours).any():
        return section("rolling", "Rolling Sharpe ratio", note("Left out: no window of returns moved."))
    return section("rolling", "Rolling Sharpe ratio", _rolling(curves, ours, held, days, window))


def _rolling(curves: CurveArrays, ours: FloatArray, held: FloatArray, days: int, window: int) -> Markup:
    x = time_axis(curves)
    scale = linear_scale(ours, held, zero=True, wanted=4)
    y = Axis(scale, axis_labels(scale.ticks), baseline=0.0)
    times = curves.close_time.astype(np.float64)
    last = ours[np.isfinite(ours)][-1]
    caption = (
        f"Of the last {window:,} simple bar returns ({days} days on average), annualised on a 365-day clock, riskless "
        f"rate 0; it begins when the first window is full. Last value {decimal(float(last))}."
        + thinning_note(len(curves))
    )
    plot = draw_plot(
        "rolling-curve",
        f"Sharpe ratio of the last {days} days",
        f"Strategy between {decimal(float(np.nanmin(ours)))} and {decimal(float(np.nanmax(ours)))}.",
        x,
        y,
        draw_line(x, y, times, held, "benchmark"),
        draw_line(x, y, times, ours, "strategy"),
        size="low",
    )
    return figure("rolling-figure", None, plot, caption, against_benchmark())


def _cell(value: float | None, kind: str = "") -> Markup:
    return tag("td", _shown(value), class_=f"{_shade(value)} {kind}".strip() or None)


def _shown(value: float | None) -> Markup:
    value = _finite(value)
    return exact(value, DASH if value is None else decimal(100.0 * value, 1))


def _shade(value: float | None) -> str:
    value = _finite(value)
    if not value:
        return ""
    return f"{'up' if value > 0.0 else 'down'}{sum(abs(value) >= edge for edge in _SHADES)}"


def _finite(value: float | None) -> float | None:
    """None for a growth beyond the largest float."""
    return value if value is not None and math.isfinite(value) else None
