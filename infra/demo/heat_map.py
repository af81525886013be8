"""A sweep of two parameters as a field of colours: inline SVG in the tear sheet's frame and colours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from candlecloud.pages.kit.formats import axis_labels, decimal
from candlecloud.pages.kit.marks import stretched
from candlecloud.pages.kit.markup import Markup, tag
from candlecloud.pages.kit.plot import Axis, draw_plot, figure
from candlecloud.pages.kit.scales import Scale, nice_step

HEAT_MAP_STYLE = "".join(f".cell.{kind}{{fill:var(--{kind})}}" for side in ("up", "down") for kind in
                         (f"{side}1", f"{side}2", f"{side}3", f"{side}4")) + (
    ".cell{stroke:none;shape-rendering:crispEdges}.ring{fill:none;stroke:var(--ink);stroke-width:2}"
    ".key{display:inline-block;width:1.6rem;height:.8rem;border-radius:2px}"
)  # fmt: skip
_SHADES = 4
_SIDE = 1000.0


@dataclass(frozen=True)
class HeatMap:
    """Values of a two-parameter sweep.

    Attributes
    ----------
    rows, columns : sequence of int
        Parameter values, evenly spaced and ascending, upwards and to the right.
    values : mapping
        (row value, column value) to the number there; what is absent stays blank.
    middle : float
        Where the colours change sides.
    best : tuple of int
        Row and column value of the cell to mark.
    """

    row_name: str
    column_name: str
    rows: Sequence[int]
    columns: Sequence[int]
    values: Mapping[tuple[int, int], float | None]
    middle: float
    best: tuple[int, int]


def draw_heat_map(data: HeatMap, title: str, caption: str) -> Markup:
    """Draw the cells, shaded by how far they lie above or below the middle."""
    steps = _shade_steps(data)
    x, y = _axis(data.columns), _axis(data.rows)
    cells = "".join(
        tag("path", d="".join(paths), class_=f"cell {kind}") for kind, paths in sorted(_paths(data, steps).items())
    )
    row, column = data.best
    ring = tag(
        "circle",
        cx=f"{100.0 * x.scale.at(column):.2f}%",
        cy=f"{y.height(row):.2f}%",
        r="6",
        class_="ring",
    )
    plot = draw_plot("heat-map", title, caption, x, y, stretched(Markup(cells)), ring, size="tall")
    words = f"Across: {data.column_name}. Up: {data.row_name}. {caption}"
    return figure("heat-map-figure", None, plot, words, _legend(data.middle, steps))


def _shade_steps(data: HeatMap) -> tuple[float, float]:
    """Width of a shade below and above the middle, so that four of each side reach its farthest value."""
    away = [value - data.middle for value in data.values.values() if value is not None]
    reaches = max((-d for d in away if d < 0.0), default=0.0), max((d for d in away if d > 0.0), default=0.0)
    below, above = (max(math.ceil(100.0 * reach / _SHADES) / 100.0, 0.01) for reach in reaches)
    return below, above


def _shade(value: float, middle: float, steps: tuple[float, float]) -> str:
    side, step = ("up", steps[1]) if value > middle else ("down", steps[0])
    return f"{side}{min(max(math.ceil(abs(value - middle) / step), 1), _SHADES)}"


def _axis(values: Sequence[int]) -> Axis:
    """Half a cell of room at both ends."""
    half = (values[1] - values[0]) / 2 if len(values) > 1 else 0.5
    every = max(1, round(nice_step((values[-1] - values[0]) / 6 or 1.0)))
    ticks = tuple(float(tick) for tick in range(-(-values[0] // every) * every, values[-1] + 1, every))
    return Axis(Scale(values[0] - half, values[-1] + half, ticks), axis_labels(ticks))


def _paths(data: HeatMap, steps: tuple[float, float]) -> dict[str, list[str]]:
    """Per shade, one rectangle for each run of neighbours in a row that share it."""
    height, width = _SIDE / len(data.rows), _SIDE / len(data.columns)
    paths: dict[str, list[str]] = {}
    for number, row in enumerate(data.rows):
        top = _SIDE - (number + 1) * height
        for kind, start, end in _runs(data, row, steps):
            left, across = start * width, (end - start) * width
            paths.setdefault(kind, []).append(f"M{left:.5g} {top:.5g}h{across:.5g}v{height:.5g}h-{across:.5g}z")
    return paths


def _runs(data: HeatMap, row: int, steps: tuple[float, float]) -> Iterator[tuple[str, int, int]]:
    found = (data.values.get((row, column)) for column in data.columns)
    shades = [None if value is None else _shade(value, data.middle, steps) for value in found]
    start = 0
    for kind, group in groupby(shades):
        end = start + len(list(group))
        if kind is not None:
            yield kind, start, end
        start = end


def _legend(middle: float, steps: tuple[float, float]) -> Markup:
    """What each shade stands for, worst to best."""
    below, above = steps
    edges = [middle - k * below for k in range(_SHADES, 0, -1)] + [middle + k * above for k in range(_SHADES + 1)]
    shades = [f"down{k}" for k in range(_SHADES, 0, -1)] + [f"up{k}" for k in range(1, _SHADES + 1)]
    entries = (
        (shade, f"{decimal(low)} to {decimal(high)}")
        for shade, (low, high) in zip(shades, pairwise(edges), strict=True)
    )
    return tag(
        "ul",
        *(tag("li", tag("span", class_=f"key {kind}"), tag("span", words)) for kind, words in entries),
        class_="legend",
    )
