"""The whole page: a result in, one HTML file out, the same text for the same result."""

from __future__ import annotations

from candlecloud.contract.results import RunResult
from candlecloud.pages.kit.marks import marker_shapes
from candlecloud.pages.kit.markup import Markup, tag
from candlecloud.pages.kit.style import style_sheet
from candlecloud.pages.tear_sheet.content_security_policy import CONTENT_SECURITY_POLICY
from candlecloud.pages.tear_sheet.distribution import draw_distribution
from candlecloud.pages.tear_sheet.equity import draw_equity
from candlecloud.pages.tear_sheet.headline import draw_headline, headline_title
from candlecloud.pages.tear_sheet.intrabar import draw_intrabar
from candlecloud.pages.tear_sheet.judgement import draw_metrics, draw_relative
from candlecloud.pages.tear_sheet.periods import draw_months, draw_rolling_sharpe
from candlecloud.pages.tear_sheet.provenance import (
    draw_assumptions,
    draw_conventions,
    draw_data_quality,
    draw_identity,
    draw_look_ahead_test,
)
from candlecloud.pages.tear_sheet.reading import read_curves
from candlecloud.pages.tear_sheet.regimes import draw_regimes
from candlecloud.pages.tear_sheet.trades import draw_trades

__all__ = ["CONTENT_SECURITY_POLICY", "render"]


def render(result: RunResult) -> str:
    """Write the tear sheet of a run.

    Returns
    -------
    str
        HTML that is well-formed XML too: no script, no reference to anything outside. About 50 to 250 KB, whatever
        the number of bars: longer curves are thinned.
    """
    curves = read_curves(result)
    sections = (
        draw_headline(result, curves),
        draw_equity(result, curves),
        draw_months(result, curves),
        draw_rolling_sharpe(result, curves),
        draw_trades(result),
        draw_distribution(result, curves),
        draw_regimes(result),
        draw_metrics(result),
        draw_relative(result),
        draw_intrabar(result),
        draw_assumptions(result),
        draw_look_ahead_test(result),
        draw_data_quality(result),
        draw_identity(result),
        draw_conventions(result),
    )
    page = tag("html", _head(headline_title(result)), tag("body", marker_shapes(), tag("main", *sections)), lang="en")
    return f"<!doctype html>\n{page}\n"


def _head(title: str) -> Markup:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=CONTENT_SECURITY_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("link", rel="icon", href="data:,"),
        tag("style", Markup(style_sheet())),
    )
