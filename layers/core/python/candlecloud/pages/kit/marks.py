"""What is drawn inside a frame: lines, areas, bars, points, vertical marks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from candlecloud.arrays import BoolArray, FloatArray
from candlecloud.pages.kit.markup import Markup, join, tag
from candlecloud.pages.kit.plot import Axis
from candlecloud.pages.kit.thinning import thin

_SIDE = 1000.0


def draw_line(
    x: Axis, y: Axis, times: FloatArray, values: FloatArray, kind: str, *, fill_to: float | None = None
) -> Markup:
    """A thinned curve; with `fill_to`, the area between it and that value too."""
    kept = thin(values)
    across, down = places(x, y, times[kept], values[kept])
    shapes: list[Markup] = []
    runs = _runs(~np.isnan(down))
    if fill_to is not None:
        floor = _SIDE * y.height(fill_to) / 100.0
        areas = (
            _path(across[a:b], down[a:b]) + f"L{across[b - 1]:g} {floor:g}L{across[a]:g} {floor:g}Z" for a, b in runs
        )
        shapes.append(tag("path", d="".join(areas), class_=f"area {kind}"))
    for single, shape in ((False, "line"), (True, "line dot")):
        paths = [_path(across[a:b], down[a:b]) for a, b in runs if (b - a == 1) == single]
        shapes += [tag("path", d="".join(paths), class_=f"{shape} {kind}")] if paths else []
    return stretched(*shapes)


def draw_bars(x: Axis, y: Axis, edges: FloatArray, heights: FloatArray) -> Markup:
    """Bars from 0 up, one between each pair of neighbouring edges."""
    left, top = places(x, y, edges[:-1], heights)
    right, floor = places(x, y, edges[1:], np.zeros(len(heights)))
    bars = (
        f"M{a:g} {f:g}V{t:g}H{b:g}V{f:g}Z"
        for a, b, t, f, h in zip(left, right, top, floor, heights, strict=True)
        if h > 0.0
    )
    return stretched(tag("path", d="".join(bars), class_="bar"))


def draw_steps(x: Axis, y: Axis, edges: FloatArray, heights: FloatArray, kind: str) -> Markup:
    """The outline of bars."""
    across, down = places(x, y, np.repeat(edges, 2)[1:-1], np.repeat(heights, 2))
    return stretched(tag("path", d=_path(across, down), class_=f"line {kind}"))


def draw_points(x: Axis, y: Axis, across: FloatArray, up: FloatArray, above: BoolArray) -> Markup:
    """A disc where `above` is true, a cross elsewhere: told apart by shape, not by colour alone."""
    left, top = places(x, y, across, up)
    return join(
        *(
            tag("use", href="#win" if win else "#loss", x=f"{a / 10:.2f}%", y=f"{t / 10:.2f}%")
            for a, t, win in zip(left, top, above, strict=True)
        )
    )


def draw_uprights(x: Axis, marks: Sequence[tuple[float, str]]) -> Markup:
    """Vertical lines with a word each, the words one below the other so that near lines stay readable."""
    drawn: list[Markup] = []
    for number, (value, word) in enumerate(marks):
        at = f"{100.0 * x.scale.at(value):.2f}%"
        drawn.append(tag("line", x1=at, x2=at, y1=str(4 + 14 * number), y2="100%", class_="upright"))
        drawn.append(tag("text", word, x=at, y=str(12 + 14 * number), dx="-4", class_="tick mark"))
    return join(*drawn)


def marker_shapes() -> Markup:
    """The shapes that `draw_points` refers to; once per page."""
    return tag(
        "svg",
        tag(
            "defs",
            tag("path", id="win", class_="win", d="M-3.2 0A3.2 3.2 0 1 0 3.2 0A3.2 3.2 0 1 0 -3.2 0Z"),
            tag("path", id="loss", class_="loss", d="M-3-3L3 3M-3 3L3-3"),
        ),
        width="0",
        height="0",
        class_="shapes",
        aria_hidden="true",
    )


def stretched(*shapes: Markup) -> Markup:
    """Shapes in a square of 1000 that fills the frame; strokes keep their width."""
    return tag(
        "svg", *shapes, viewBox="0 0 1000 1000", preserveAspectRatio="none", width="100%", height="100%", class_="fill"
    )


def places(x: Axis, y: Axis, across: FloatArray, up: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coordinates in the square of 1000, from its left and from its top."""
    place = y.scale.place(up)
    return np.round(_SIDE * x.scale.place(across), 1), np.round(_SIDE * (place if y.downward else 1.0 - place), 1)


def _runs(present: BoolArray) -> list[tuple[int, int]]:
    """Half-open ranges of neighbouring true entries."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], present, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _path(across: FloatArray, down: FloatArray) -> str:
    points = [f"{a:g} {b:g}" for a, b in zip(across.tolist(), down.tolist(), strict=True)]
    return f"M{points[0]}H{across[0]:g}" if len(points) == 1 else "M" + "L".join(points)
