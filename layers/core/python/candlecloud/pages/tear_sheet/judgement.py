"""Tables that judge a run: all metrics beside the benchmark's, and figures relative to it."""

from __future__ import annotations

from candlecloud.contract.results import RunResult
from candlecloud.metrics.figures import METRICS, Relative, RunMetrics
from candlecloud.pages.kit.markup import Markup
from candlecloud.pages.kit.names import label, written
from candlecloud.pages.kit.tables import body, group, row, section, table
from candlecloud.pages.tear_sheet.subject import shorter_than_a_year

_COMPOUNDED = ("cagr", "calmar")  # to a year: of a shorter run an extrapolation with an exponent above 1
_HEADINGS = ("Metric", "Strategy", "Buy and hold")


def draw_metrics(result: RunResult) -> Markup:
    """Every metric beside the benchmark's; what each means is in its tooltip and the glossary."""
    short = shorter_than_a_year(result)
    members: dict[str, list[Markup]] = {}
    for name in RunMetrics.__dataclass_fields__:
        members.setdefault(METRICS[name].group, []).append(_metric(result, name, short))
    groups = (group(name, len(_HEADINGS), *rows) for name, rows in members.items())
    return section("metrics", "Metrics", table("Each name is explained under Conventions", _HEADINGS, groups, "narrow"))


def _metric(result: RunResult, name: str, short: str | None) -> Markup:
    ours = getattr(result.metrics, name)
    extrapolated = short and name in _COMPOUNDED and ours is not None
    return row(
        f"{label(name)}, annualised from {short}" if extrapolated else label(name),
        written(name, ours),
        written(name, getattr(result.benchmark.metrics, name)),
        title=result.conventions.get(name),
    )


def draw_relative(result: RunResult) -> Markup:
    """Figures against the benchmark."""
    lines = (
        row(label(name), written(name, getattr(result.relative, name)), title=result.relative_conventions.get(name))
        for name in Relative.__dataclass_fields__
    )
    return section(
        "relative",
        "Against buy and hold",
        table("Figures relative to buy and hold", ["Figure", "Value"], [body(*lines)], "narrow"),
    )
