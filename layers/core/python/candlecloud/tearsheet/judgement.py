"""Tables that judge a run: all metrics, figures relative to the benchmark, the market's regimes, intrabar doubt."""

from __future__ import annotations

from collections.abc import Sequence

from candlecloud.tearsheet.formats import count, exact, percent
from candlecloud.tearsheet.markup import Markup, join, shorten, tag
from candlecloud.tearsheet.names import grouped, label, written
from candlecloud.tearsheet.reading import Document, number, part, rows, text
from candlecloud.tearsheet.tables import body, group, note, row, section, table

_PER_REGIME = ("total_return", "volatility", "sharpe", "max_drawdown", "win_rate", "profit_factor")
_RELATIVE = (
    "excess_return", "alpha", "beta", "correlation", "tracking_error", "information_ratio", "up_capture",
    "down_capture",
)  # fmt: skip
_REGIMES = {"trend": "By trend", "volatility": "By volatility"}
_INTRABAR = ("total_return", "sharpe", "max_drawdown", "win_rate", "final_equity")


def draw_metrics(document: Document) -> Markup:
    """Every metric of the document beside the benchmark's; what each means is in its tooltip and the glossary."""
    ours = part(document, "metrics")
    held = part(part(document, "benchmark"), "metrics")
    meaning = part(document, "conventions")
    if not ours:
        return section("metrics", "Metrics", note("The result holds no metrics."))
    headings = ["Metric", "Strategy", *(["Buy and hold"] if held else [])]
    groups = (
        group(
            name,
            len(headings),
            *(
                row(
                    label(metric),
                    written(metric, ours[metric]),
                    *([written(metric, held[metric]) if metric in held else ""] if held else []),
                    title=text(meaning.get(metric)),
                )
                for metric in members
            ),
        )
        for name, members in grouped(ours)
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


def draw_regimes(document: Document) -> Markup:
    """One table per kind of regime; a regime with too few bars says so instead of giving numbers."""
    regimes = part(document, "regimes")
    found = [_regime_table(words, rows(regimes, name)) for name, words in _REGIMES.items() if rows(regimes, name)]
    return section("regimes", "By market regime", *(found or [note("The result holds no figures per regime.")]))


def _regime_table(caption: str, regimes: Sequence[Document]) -> Markup:
    headings = ["Regime", "Bars", "Share", "Trades", *(label(name) for name in _PER_REGIME)]
    return table(caption, headings, [body(*map(_regime, regimes))])


def _regime(regime: Document) -> Markup:
    share, metrics = number(regime.get("share")), part(regime, "metrics")
    cells: list[Markup] = [
        exact(number(regime.get("bars")), count(number(regime.get("bars")))),
        exact(share, percent(share)),
        exact(number(regime.get("trades")), count(number(regime.get("trades")))),
    ]
    name = shorten(str(regime.get("label", "")), 60).replace("_", " ")
    if metrics:
        return row(name, *cells, *(written(metric, metrics.get(metric)) for metric in _PER_REGIME))
    why = shorten(text(regime.get("refused")) or "no figures", 200)
    refused = tag("td", why, colspan=len(_PER_REGIME), class_="refused")
    return tag("tr", tag("th", name, scope="row"), *(tag("td", cell) for cell in cells), refused)


def draw_intrabar(document: Document) -> Markup | None:
    """The band between the pessimistic and the optimistic order of events inside a bar."""
    intrabar = part(document, "intrabar")
    if not intrabar:
        return None
    doubtful, finer = number(intrabar.get("ambiguous_exits")), text(intrabar.get("finer_timeframe"))
    worse, better = part(intrabar, "pessimistic"), part(intrabar, "optimistic")
    if not doubtful:
        words = join("No bar left it open which of stop and target came first.")
    else:
        words = join(
            exact(doubtful, count(doubtful)),
            " exits fell into a bar that touched both stop and target, and the worse outcome counts. ",
        )
    asked = f" {shorten(finer, 20)} candles were asked first." if finer else None
    return section("intrabar", "Inside the bar", note(words, asked), _band(worse, better) if doubtful else None)


def _band(worse: Document, better: Document) -> Markup | None:
    names = [name for name in _INTRABAR if name in worse or name in better]
    if not names:
        return None
    lines = (row(label(name), written(name, worse.get(name)), written(name, better.get(name))) for name in names)
    return table(
        "The result if the worse or the better came first",
        ["Metric", "Pessimistic (counts)", "Optimistic"],
        [body(*lines)],
        "narrow",
    )
