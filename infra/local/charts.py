"""Charts as inline SVG that follow the page: its colours in light and dark, its font, its width.

matplotlib draws with stand-in colours, which become CSS variables afterwards; each chart is drawn twice, for a wide
and for a narrow page, so that its text keeps its size on a phone.
"""

from __future__ import annotations

import hashlib
import html
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import dates
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, PercentFormatter

WIDE_IN, NARROW_IN = 9.2, 4.1
MAX_POINTS = 900
"""Points drawn per curve; every bucket keeps its lowest and highest value, so no drawdown is drawn away."""

# Stand-in colour to CSS variable.
_VARIABLES = {
    "#0a0b0c": "--ink",
    "#6a6b6c": "--muted",
    "#dadbdc": "--line",
    "#1a5bd7": "--strategy",
    "#c2661a": "--hold",
}
INK, MUTED, LINE, STRATEGY, HOLD = _VARIABLES
# Worse and better than the middle, told apart by lightness too; both ends read on light and on dark pages.
_DIVERGING = LinearSegmentedColormap.from_list("worse_better", ["#8c3b14", "#d98d4f", "#e9e4da", "#5aa3c7", "#124f7d"])
_DATES: Any = dates
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "candlecloud",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "path.simplify": True,
}


@dataclass(frozen=True)
class Curve:
    """One equity curve: open times in ms UTC and equity at each close."""

    name: str
    colour: str
    times: Sequence[int]
    equity: Sequence[float]


def equity_chart(curves: Sequence[Curve], initial_equity: float, label: str) -> str:
    """Draw equity over drawdown.

    Parameters
    ----------
    curves
        The first is drawn on top.
    label
        What a screen reader says.
    """

    def draw(figure: Figure, narrow: bool) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(2.3, 1))
        for order, curve in enumerate(reversed(curves)):
            kept = _kept(np.asarray(curve.equity))
            times = _dates(np.asarray(curve.times)[kept])
            equity = np.asarray(curve.equity)
            depth = 1 - equity / np.maximum.accumulate(np.maximum(equity, initial_equity))
            top.plot(times, equity[kept], color=curve.colour, linewidth=1.3, label=curve.name, zorder=2 + order)
            bottom.fill_between(times, -depth[kept], 0, color=curve.colour, alpha=0.22, linewidth=0, zorder=2 + order)
            bottom.plot(times, -depth[kept], color=curve.colour, linewidth=0.9, zorder=2 + order)
        top.set_yscale("log")
        top.yaxis.set_major_locator(LogLocator(10, subs=(1, 1.5, 2, 3, 5, 7)))
        top.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        top.yaxis.set_minor_formatter(NullFormatter())
        top.set_title("equity, log scale", loc="left", fontsize=9.5, color=MUTED)
        handles, names = top.get_legend_handles_labels()
        top.legend(handles[::-1], names[::-1], loc="upper left", ncols=1 if narrow else 2)
        bottom.set_title("drawdown", loc="left", fontsize=9.5, color=MUTED)
        bottom.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        bottom.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        locator = _DATES.AutoDateLocator(minticks=3 if narrow else 4, maxticks=8 if narrow else 9)
        bottom.xaxis.set_major_locator(locator)
        bottom.xaxis.set_major_formatter(_DATES.ConciseDateFormatter(locator, show_offset=False))
        for axes in (top, bottom):
            axes.grid(visible=True, axis="y")
            axes.margins(x=0.01)
            axes.tick_params(length=0)

    return _both(draw, label, wide_height=4.6, narrow_height=4.3)


@dataclass(frozen=True)
class HeatMap:
    """Values of a two-parameter sweep: `values[row][column]` belongs to `rows[row]` and `columns[column]`."""

    row_name: str
    column_name: str
    rows: Sequence[int]
    columns: Sequence[int]
    values: Sequence[Sequence[float | None]]
    middle: float
    """Value in the middle of the colours."""
    value_name: str
    best: tuple[int, int]
    """Row and column of the cell to mark."""


def heat_map(data: HeatMap, label: str) -> str:
    """Draw a sweep's values, coloured by how far they lie from the middle."""
    values = np.array([[np.nan if cell is None else cell for cell in row] for row in data.values], dtype=float)
    reach = float(np.nanmax(np.abs(values - data.middle))) or 1.0

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.subplots()
        norm = TwoSlopeNorm(data.middle, data.middle - reach, data.middle + reach)
        mesh = axes.pcolormesh(values, cmap=_DIVERGING, norm=norm, edgecolors="none")
        row, column = data.best
        axes.plot(
            column + 0.5, row + 0.5, marker="o", markersize=7, fillstyle="none", color="#0d0d0d", markeredgewidth=1.6
        )
        for ticks, labels, set_ticks in (
            (_some(len(data.columns), 5 if narrow else 12), data.columns, axes.set_xticks),
            (_some(len(data.rows), 7), data.rows, axes.set_yticks),
        ):
            set_ticks([tick + 0.5 for tick in ticks], [str(labels[tick]) for tick in ticks])
        axes.set_xlabel(data.column_name)
        axes.set_ylabel(data.row_name)
        axes.tick_params(length=0)
        bar = figure.colorbar(mesh, ax=axes, orientation="horizontal", pad=0.02, aspect=40, shrink=0.9)
        bar.outline.set_visible(False)
        bar.set_label(data.value_name)
        bar.ax.tick_params(length=0)
        bar.ax.axvline(data.middle, color="#0d0d0d", linewidth=1.2)

    return _both(draw, label, wide_height=4.4, narrow_height=4.4)


def _both(draw: Callable[[Figure, bool], None], label: str, *, wide_height: float, narrow_height: float) -> str:
    wide = _svg(draw, WIDE_IN, wide_height, label, narrow=False)
    narrow = _svg(draw, NARROW_IN, narrow_height, label, narrow=True)
    return f'<div class="chart wide">{wide}</div><div class="chart narrow">{narrow}</div>'


def _svg(draw: Callable[[Figure, bool], None], width: float, height: float, label: str, *, narrow: bool) -> str:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.patch.set_alpha(0)
        draw(figure, narrow)
        for axes in figure.axes:
            axes.patch.set_alpha(0)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(out.getvalue(), label, narrow=narrow)


def _inline(svg: str, label: str, *, narrow: bool) -> str:
    """Make a stand-alone SVG a part of the page: own ids, page colours, a name for screen readers, no fixed size."""
    prefix = f"{'n' if narrow else 'w'}{hashlib.sha256(label.encode()).hexdigest()[:8]}-"
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r"(\d\.\d\d)\d+", r"\1", svg)  # a hundredth of a point is finer than any screen
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    svg = svg.replace("url(#", f"url(#{prefix}").replace('href="#', f'href="#{prefix}')
    for colour, variable in _VARIABLES.items():
        svg = re.sub(re.escape(colour), f"var({variable})", svg, flags=re.I)
    head, rest = svg.split(">", 1)
    view_box = re.search(r'viewBox="[^"]+"', head)
    assert view_box is not None, "matplotlib always writes a viewBox"
    name = html.escape(label, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {view_box.group()} '
        f'role="img" aria-label="{name}">{rest}'
    )


def _kept(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Indices to draw: first, last, and the lowest and highest of each bucket."""
    if len(values) <= MAX_POINTS:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), MAX_POINTS // 2 + 1).astype(int)
    kept = {0, len(values) - 1}
    for start, end in pairwise(edges):
        part = values[start:end]
        kept |= {start + int(part.argmin()), start + int(part.argmax())}
    return np.array(sorted(kept))


def _dates(times: np.ndarray[Any, Any]) -> list[datetime]:
    return [datetime.fromtimestamp(int(moment) / 1000, UTC).replace(tzinfo=None) for moment in times]


def _some(count: int, most: int) -> list[int]:
    """Up to `most` evenly spread indices."""
    step = max(1, -(-count // most))
    return list(range(0, count, step))
