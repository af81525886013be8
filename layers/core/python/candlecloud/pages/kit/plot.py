"""The frame of a figure: one SVG whose places are percentages, so that text keeps its size on any screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from candlecloud.pages.kit.markup import Markup, join, tag
from candlecloud.pages.kit.scales import Scale


@dataclass(frozen=True)
class Axis:
    """A scale and what is written at its ticks.

    Attributes
    ----------
    downward : bool
        Whether larger values of a vertical axis lie lower, as drawdowns do.
    baseline : float or None
        A value with a stronger line, such as 0.
    """

    scale: Scale
    labels: Sequence[str]
    downward: bool = False
    baseline: float | None = None

    def height(self, value: float) -> float:
        """Percent from the top."""
        place = self.scale.at(value)
        return 100.0 * (place if self.downward else 1.0 - place)


def draw_plot(name: str, title: str, description: str, x: Axis, y: Axis, *layers: Markup, size: str = "") -> Markup:
    """Grid, labels and layers.

    Parameters
    ----------
    name : str
        Unique on the page: the ids of title and description begin with it.
    description : str
        What the figure says, for those who do not see it.
    size : str
        A class of the style sheet that sets the height.
    """
    drawn = tag(
        "svg",
        tag("title", title, id=f"{name}-title"),
        tag("desc", description, id=f"{name}-desc"),
        _horizontal_grid(y),
        _times(x),
        *layers,
        class_="plot",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        width="100%",
        height="100%",
    )
    return tag("div", drawn, class_=f"frame {size}".strip())


def figure(name: str, heading: str | None, plot: Markup, caption: Markup | str, legend: Markup | None = None) -> Markup:
    """A figure with its legend, plot and caption; a heading where the section's own does not say it all."""
    return tag(
        "figure",
        None if heading is None else tag("h3", heading),
        legend,
        plot,
        tag("figcaption", caption),
        id=name,
    )


def legend(*entries: tuple[str, str]) -> Markup:
    """Entries of (class of the mark, text)."""
    marks = {
        "strategy": tag("path", d="M1 7H21", class_="line strategy"),
        "benchmark": tag("path", d="M1 7H21", class_="line benchmark"),
        "win": tag("use", href="#win", x="11", y="7"),
        "loss": tag("use", href="#loss", x="11", y="7"),
        "bar": tag("path", d="M4 2H18V12H4Z", class_="bar"),
    }
    return tag(
        "ul",
        *(
            tag("li", tag("svg", marks[mark], width="22", height="14", aria_hidden="true"), tag("span", words))
            for mark, words in entries
        ),
        class_="legend",
    )


def _horizontal_grid(y: Axis) -> Markup:
    lines: list[Markup] = []
    for tick, label in zip(y.scale.ticks, y.labels, strict=True):
        place = f"{y.height(tick):.2f}%"
        kind = "grid base" if tick == y.baseline else "grid"
        lines.append(tag("line", x1="0", x2="100%", y1=place, y2=place, class_=kind))
        lines.append(tag("text", label, x="-8", y=place, dy=".32em", class_="tick left"))
    return join(*lines)


def _times(x: Axis) -> Markup:
    marks: list[Markup] = []
    hidden = _hidden_when_narrow(x.labels)
    for number, (tick, label) in enumerate(zip(x.scale.ticks, x.labels, strict=True)):
        at = 100.0 * x.scale.at(tick)
        edge = " first" if at < 4.0 else " last" if at > 96.0 else ""
        odd = " odd" if number in hidden else ""
        marks.append(tag("line", x1=f"{at:.2f}%", x2=f"{at:.2f}%", y1="100%", y2="100%", class_="notch"))
        marks.append(tag("text", label, x=f"{at:.2f}%", y="100%", dy="1.5em", class_=f"tick below{edge}{odd}"))
    return join(*marks)


def _hidden_when_narrow(labels: Sequence[str]) -> frozenset[int]:
    """Every other one of many labels; years stay rather than months."""
    if len(labels) <= 4:
        return frozenset()
    years = [label.isdigit() and len(label) == 4 for label in labels]
    hides_years = sum(years[1::2]) > sum(years[::2])
    return frozenset(range(0 if hides_years else 1, len(labels), 2))
