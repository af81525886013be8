"""The top of the page: what ran where, and in a plain sentence whether it was worth it."""

from __future__ import annotations

from candlecloud.contract.results import RunResult
from candlecloud.pages.kit.formats import counted, duration, money
from candlecloud.pages.kit.markup import Markup, join, shorten, tag
from candlecloud.pages.kit.names import label, written
from candlecloud.pages.kit.tables import note
from candlecloud.pages.tear_sheet.cautions import benchmark_held_up, draw_cautions
from candlecloud.pages.tear_sheet.reading import CurveArrays
from candlecloud.pages.tear_sheet.subject import quote_of, run_length, shorter_than_a_year

FIVE = ("total_return", "cagr", "sharpe", "max_drawdown", "exposure")
"""The five numbers that stand beside the benchmark's."""
_LONGEST_NAME = 80
_SIDES = {"long": "long only", "short": "short only", "both": "long and short"}


def draw_headline(result: RunResult, curves: CurveArrays) -> Markup:
    """Name, market, span, verdict, five numbers, and whatever must not be overlooked."""
    short = shorter_than_a_year(result)
    tiles = (_tile(result, name, short if name == "cagr" else None) for name in FIVE)
    return tag(
        "header",
        tag("p", "Backtest", class_="kind"),
        tag("h1", headline_title(result)),
        tag("p", _setting(result), class_="setting"),
        note(verdict(result), kind="verdict"),
        tag("dl", *tiles, class_="tiles"),
        *draw_cautions(result, curves),
    )


def _tile(result: RunResult, name: str, short: str | None) -> Markup:
    """A number and the benchmark's; none where a run as short as `short` would have to be extrapolated to a year."""
    if short is not None:
        value, beside = written(name, None), join(f"Needs a year; this run has {short}")
    else:
        value = written(name, getattr(result.metrics, name))
        beside = join("Buy and hold ", written(name, getattr(result.benchmark.metrics, name)))
    return tag(
        "div",
        tag("dt", label(name)),
        tag("dd", value, class_="value"),
        tag("dd", beside, class_="beside"),
    )


def headline_title(result: RunResult) -> str:
    """Strategy, its parameters, market and timeframe."""
    config = result.config
    parameters = ", ".join(f"{name} {value}" for name, value in config.parameters.items())
    strategy = shorten(config.strategy, _LONGEST_NAME)
    shown = f"{strategy} ({parameters})" if parameters else strategy
    return shorten(f"{shown} on {config.symbol} {config.timeframe}", 3 * _LONGEST_NAME)


def verdict(result: RunResult) -> Markup:
    """Whether the run beat buy-and-hold, by how much, and how deep each fell on the way."""
    ours, held = result.metrics, result.benchmark.metrics
    mine, other = ours.total_return, held.total_return
    word = "Beat" if mine > other else "Matched" if mine == other else "Did not beat"
    return join(
        tag("strong", f"{word} buy-and-hold."),
        " It returned ",
        written("total_return", mine),
        "; buying and holding returned ",
        written("total_return", other),
        ". Maximum drawdown ",
        written("max_drawdown", ours.max_drawdown),
        " against ",
        written("max_drawdown", held.max_drawdown),
        ". Buy and hold could not trade freely: see the warning below." if benchmark_held_up(result) else ".",
    )


def _setting(result: RunResult) -> Markup:
    config, data = result.config, result.data
    length = duration(run_length(result) / 1000.0)
    words = (
        config.exchange,
        f"{data.first_open[:10]} to {data.last_close[:10]} ({length})",
        counted(data.bars, "bar"),
        _SIDES[config.direction],
        f"{money(config.initial_equity)} became {money(result.metrics.final_equity)} {quote_of(result)}",
    )
    return join(*(tag("span", word) for word in words))
