"""Tables that judge a run: all metrics beside the benchmark's, and figures relative to it."""

from __future__ import annotations

from dataclasses import fields

from candlecloud.contract.results import RunResult
from candlecloud.metrics.figures import Relative
from candlecloud.pages.kit.markup import Markup
from candlecloud.pages.kit.names import GROUPS, label, written
from candlecloud.pages.kit.tables import body, group, row, section, table
from candlecloud.pages.tear_sheet.subject import shorter_than_a_year

_COMPOUNDED = ("cagr", "calmar")  # to a year: of a shorter run an extrapolation with an exponent above 1
_HEADINGS = ("Metric", "Strategy", "Buy and hold")


def draw_metrics(result: RunResult) -> Markup:
    """Every metric beside the benchmark's; what each means is in its tooltip and the glossary."""
    short = shorter_than_a_year(result)
    groups = (
        group(name, len(_HEADINGS), *(_metric(result, metric, short) for metric in members))
        for name, members in GROUPS.items()
    )
    return section("metrics", "Metrics", table("Each name is explained under Conventions", _HEADINGS, groups, "narrow"))


def _metric(result: RunResult, name: str, short: str | None) -> Markup:
    return row(
        f"{label(name)}, annualised from {short}" if short and name in _COMPOUNDED else label(name),
        written(name, getattr(result.metrics, name)),
        written(name, getattr(result.benchmark.metrics, name)),
        title=result.conventions.get(name),
    )


def draw_relative(result: RunResult) -> Markup:
    """Figures against the benchmark."""
    names = (field.name for field in fields(Relative))
    lines = (
        row(label(name), written(name, getattr(result.relative, name)), title=result.relative_conventions.get(name))
        for name in names
    )
    return section(
        "relative",
        "Against buy and hold",
        table("Figures relative to buy and hold", ["Figure", "Value"], [body(*lines)], "narrow"),
    )
