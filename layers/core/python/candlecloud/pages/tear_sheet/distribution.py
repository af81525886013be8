"""How bar returns are spread, and where value at risk and expected shortfall lie in them."""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.contract.results import RunResult
from candlecloud.metrics.curves import bar_returns
from candlecloud.pages.kit.formats import percent, percent_labels
from candlecloud.pages.kit.marks import draw_bars, draw_steps, draw_uprights
from candlecloud.pages.kit.markup import Markup
from candlecloud.pages.kit.plot import Axis, draw_plot, figure, legend
from candlecloud.pages.kit.scales import Scale, linear_scale, nice_step
from candlecloud.pages.kit.tables import note, section
from candlecloud.pages.tear_sheet.reading import CurveArrays

_LEAST = 20  # moving bars below which a histogram is an anecdote
_BINS = 61
_TAIL = 0.002  # fraction of the returns on each side that may lie in the outermost bars
_MARKS = (
    ("value_at_risk_95", "VaR 95"),
    ("expected_shortfall_95", "ES 95"),
    ("value_at_risk_99", "VaR 99"),
    ("expected_shortfall_99", "ES 99"),
)


def draw_distribution(result: RunResult, curves: CurveArrays) -> Markup:
    """The section of the histogram."""
    initial = result.config.initial_equity
    ours = _moving(bar_returns(curves.equity, initial))
    if len(ours) < _LEAST:
        words = f"Left out: bars in which equity moved: {len(ours)}, needed: {_LEAST}."
        return section("distribution", "Distribution of returns", note(words))
    held = _moving(bar_returns(curves.benchmark_equity, initial))
    return section("distribution", "Distribution of returns", _histogram(result, ours, held, len(curves)))


def _histogram(result: RunResult, ours: FloatArray, held: FloatArray, n_bars: int) -> Markup:
    marks = _marks(result)
    edges = _edges(np.concatenate((ours, held)), [value for value, _ in marks])
    share, beyond = _shares(ours, edges, n_bars)
    other, _ = _shares(held, edges, n_bars)
    scale = linear_scale(share, other, zero=True, wanted=4)
    step = nice_step((edges[-1] - edges[0]) / 7)
    across = np.arange(np.ceil(edges[0] / step), np.floor(edges[-1] / step) + 1) * step
    x = Axis(Scale(float(edges[0]), float(edges[-1]), tuple(across.tolist())), percent_labels(across.tolist()))
    y = Axis(scale, percent_labels(scale.ticks), baseline=0.0)
    told = ", ".join(f"{word}\u00a0% at a loss of {percent(-value, 2)}" for value, word in marks)
    caption = (
        f"Share of all {n_bars:,} bars by simple return. {n_bars - len(ours):,} bars without a return other than 0 are "
        f"not drawn; the outermost bars also hold what lies beyond ({beyond:,})."
    )
    if told:
        caption += f" {told}, as the metrics count them: over all bars."
    plot = draw_plot(
        "return-bars",
        "Distribution of bar returns",
        f"Of {len(ours):,} returns that are not 0, {int((ours < 0.0).sum()):,} are losses. {told}",
        x,
        y,
        draw_bars(x, y, edges, share),
        *([draw_steps(x, y, edges, other, "benchmark")] if len(held) else []),
        draw_uprights(x, [(value, word) for value, word in marks]),
        size="square",
    )
    entries = [("bar", "Strategy"), *([("benchmark", "Buy and hold")] if len(held) else [])]
    return figure("distribution-figure", None, plot, caption, legend(*entries))


def _marks(result: RunResult) -> list[tuple[float, str]]:
    """Losses as negative returns, nearest to 0 first; a metric that does not exist has no mark."""
    found = [(getattr(result.metrics, name), word) for name, word in _MARKS]
    return sorted(((-value, word) for value, word in found if value is not None), reverse=True)


def _moving(returns: FloatArray) -> FloatArray:
    moving: FloatArray = returns[np.isfinite(returns) & (returns != 0.0)]
    return moving


def _edges(returns: FloatArray, marks: list[float]) -> FloatArray:
    """Edges of bins of equal width, one of them centred at 0, wide enough for every mark."""
    reach = max(
        float(np.abs(np.quantile(returns, [_TAIL, 1.0 - _TAIL])).max()), *(1.1 * abs(mark) for mark in marks), 0.0
    )
    reach = min(reach, 1e6) or 1.0
    return np.linspace(-reach, reach, _BINS + 1)


def _shares(returns: FloatArray, edges: FloatArray, n_bars: int) -> tuple[FloatArray, int]:
    """Fraction of all bars per bin, and how many returns lie beyond the outermost edges."""
    inside = np.clip(returns, edges[0], edges[-1])
    counts = np.histogram(inside, edges)[0]
    return counts / n_bars, int((returns != inside).sum())
