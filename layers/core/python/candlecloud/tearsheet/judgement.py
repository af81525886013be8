"""Tables that judge a run: all metrics beside the benchmark's, and figures relative to it."""

from __future__ import annotations

from candlecloud.tearsheet.markup import Markup
from candlecloud.tearsheet.names import grouped, label, written
from candlecloud.tearsheet.reading import Curves, Document, part, text
from candlecloud.tearsheet.subject import shorter_than_a_year
from candlecloud.tearsheet.tables import body, group, note, row, section, table

_COMPOUNDED = ("cagr", "calmar")  # to a year: of a shorter run an extrapolation with an exponent above 1
_RELATIVE = (
    "excess_return", "alpha", "beta", "correlation", "tracking_error", "information_ratio", "up_capture",
    "down_capture",
)  # fmt: skip


def draw_metrics(document: Document, curves: Curves) -> Markup:
    """Every metric of the document beside the benchmark's; what each means is in its tooltip and the glossary."""
    ours = part(document, "metrics")
    held = part(part(document, "benchmark"), "metrics")
    meaning = part(document, "conventions")
    if not ours:
        return section("metrics", "Metrics", note("The result holds no metrics."))
    short = shorter_than_a_year(document, curves)
    headings = ["Metric", "Strategy", *(["Buy and hold"] if held else [])]
    groups = (
        group(
            name,
            len(headings),
            *(
                row(
                    f"{label(metric)}, annualised from {short}" if short and metric in _COMPOUNDED else label(metric),
                    *(written(metric, side[metric]) if metric in side else "" for side in (ours, held) if side),
                    title=text(meaning.get(metric)),
                )
                for metric in members
            ),
        )
        for name, members in grouped({*ours, *held})
    )
    return section("metrics", "Metrics", table("Each name is explained under Conventions", headings, groups, "narrow"))


def draw_relative(document: Document) -> Markup | None:
    """Figures against the benchmark; nothing where the document holds none."""
    relative, meaning = part(document, "relative"), part(document, "relative_conventions")
    if not relative:
        return None
    lines = (
        row(label(name), written(name, relative[name]), title=text(meaning.get(name))) for name in _in_order(relative)
    )
    return section(
        "relative",
        "Against buy and hold",
        table("Figures relative to buy and hold", ["Figure", "Value"], [body(*lines)], "narrow"),
    )


def _in_order(relative: Document) -> list[str]:
    known = [name for name in _RELATIVE if name in relative]
    return known + sorted(set(relative) - set(known))
