"""The whole page: a result document in, one HTML file out, the same text for the same document."""

from __future__ import annotations

from candlecloud.tearsheet.distribution import draw_distribution
from candlecloud.tearsheet.equity import draw_equity
from candlecloud.tearsheet.headline import draw_headline, headline_title
from candlecloud.tearsheet.intrabar import draw_intrabar
from candlecloud.tearsheet.judgement import draw_metrics, draw_relative
from candlecloud.tearsheet.marks import marker_shapes
from candlecloud.tearsheet.markup import Markup, tag
from candlecloud.tearsheet.periods import draw_months, draw_rolling_sharpe
from candlecloud.tearsheet.policy import CONTENT_SECURITY_POLICY
from candlecloud.tearsheet.provenance import (
    draw_assumptions,
    draw_conventions,
    draw_data_quality,
    draw_identity,
    draw_tripwire,
)
from candlecloud.tearsheet.reading import Document, read_curves
from candlecloud.tearsheet.regimes import draw_regimes
from candlecloud.tearsheet.style import style_sheet
from candlecloud.tearsheet.trades import draw_trades

__all__ = ["CONTENT_SECURITY_POLICY", "render"]


def render(document: Document) -> str:
    """Write the tear sheet of a run.

    Parameters
    ----------
    document : mapping
        A result as `candlecloud.runs.evaluate` writes it. A part that is absent is left out, or the page says why.

    Returns
    -------
    str
        HTML that is well-formed XML too: no script, no reference to anything outside. About 50 to 250 KB, whatever
        the number of bars: longer curves are thinned.
    """
    curves = read_curves(document)
    sections = (
        draw_headline(document, curves),
        draw_equity(document, curves),
        draw_months(document, curves),
        draw_rolling_sharpe(document, curves),
        draw_trades(document),
        draw_distribution(document, curves),
        draw_regimes(document),
        draw_metrics(document, curves),
        draw_relative(document),
        draw_intrabar(document),
        draw_assumptions(document),
        draw_tripwire(document),
        draw_data_quality(document),
        draw_identity(document),
        draw_conventions(document),
    )
    page = tag("html", _head(headline_title(document)), tag("body", marker_shapes(), tag("main", *sections)), lang="en")
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
