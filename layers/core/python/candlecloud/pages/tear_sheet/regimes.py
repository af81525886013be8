"""The market's regimes: what each label means with this run's numbers, and how the run did in it."""

from __future__ import annotations

from collections.abc import Sequence

from candlecloud.contract.results import RunResult, TrendParameters, VolatilityParameters
from candlecloud.metrics.figures import RegimeFigures
from candlecloud.metrics.regime_row import RegimeRow
from candlecloud.pages.kit.formats import count, counted, duration, exact, percent, plain_percent
from candlecloud.pages.kit.markup import Markup, tag
from candlecloud.pages.kit.names import label, written
from candlecloud.pages.kit.tables import body, note, row, section, table

_FIGURES = tuple(RegimeFigures.__dataclass_fields__)


def draw_regimes(result: RunResult) -> Markup:
    """One table per kind of regime; a regime with too few bars says so instead of giving numbers."""
    bar_ms, parameters = result.config.series.timeframe.ms, result.regime_parameters
    return section(
        "regimes",
        "By market regime",
        note("A bar counts under the label that was known at the close before it.", kind="caption"),
        _table("By trend", _trend(parameters.trend, bar_ms), result.regimes.trend),
        _table("By volatility", _volatility(parameters.volatility, bar_ms), result.regimes.volatility),
    )


def _table(heading: str, meaning: str, regimes: Sequence[RegimeRow]) -> Markup:
    headings = ["Regime", "Bars", "Share", "Trades", *(label(name) for name in _FIGURES)]
    return table(heading, headings, [body(*map(_regime, regimes))], explained=meaning)


def _regime(regime: RegimeRow) -> Markup:
    cells = [
        exact(regime.bars, count(regime.bars)),
        exact(regime.share, percent(regime.share)),
        exact(regime.trades, count(regime.trades)),
    ]
    name, metrics = regime.label.replace("_", " "), regime.metrics
    if metrics is not None:
        return row(name, *cells, *(written(metric, getattr(metrics, metric)) for metric in _FIGURES))
    refused = tag("td", regime.refused, colspan=len(_FIGURES), class_="refused")
    return tag("tr", tag("th", name, scope="row"), *(tag("td", cell) for cell in cells), refused)


def _trend(parameters: TrendParameters, bar_ms: int) -> str:
    band = plain_percent(parameters.band)
    return (
        f"Up: the close lies more than {band} above the mean close of the last {_bars(parameters.window, bar_ms)}. "
        f"Down: more than {band} below it. Flat: between."
    )


def _volatility(parameters: VolatilityParameters, bar_ms: int) -> str:
    return (
        f"The volatility of the last {_bars(parameters.window, bar_ms)} is ranked among its own values at the last "
        f"{_bars(parameters.lookback, bar_ms)}. Low: a rank below {plain_percent(parameters.low)}. "
        f"High: above {plain_percent(parameters.high)}. Normal: between."
    )


def _bars(bars: int, bar_ms: int) -> str:
    """``200 bars (8.3 days)``."""
    return f"{counted(bars, 'bar')} ({duration(bars * bar_ms / 1000.0)})"
