"""The market's regimes: what each label means with this run's numbers, and how the run did in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from candlecloud.tearsheet.formats import count, counted, duration, exact, percent, plain_percent
from candlecloud.tearsheet.markup import Markup, shorten, tag
from candlecloud.tearsheet.names import label, written
from candlecloud.tearsheet.reading import Document, number, part, rows, text
from candlecloud.tearsheet.subject import bar_length
from candlecloud.tearsheet.tables import body, note, row, section, table

_FIGURES = ("total_return", "volatility", "sharpe", "max_drawdown", "win_rate", "profit_factor")
_REGIMES = {"trend": "By trend", "volatility": "By volatility"}
_LONGEST = 300


def draw_regimes(document: Document) -> Markup:
    """One table per kind of regime; a regime with too few bars says so instead of giving numbers."""
    regimes = part(document, "regimes")
    found = [
        _table(heading, _meaning(document, name), rows(regimes, name))
        for name, heading in _REGIMES.items()
        if rows(regimes, name)
    ]
    if not found:
        return section("regimes", "By market regime", note("The result holds no figures per regime."))
    rule = note("A bar counts under the label that was known at the close before it.", kind="caption")
    return section("regimes", "By market regime", rule, *found)


def _table(heading: str, meaning: str | None, regimes: Sequence[Document]) -> Markup:
    headings = ["Regime", "Bars", "Share", "Trades", *(label(name) for name in _FIGURES)]
    return table(heading, headings, [body(*map(_regime, regimes))], explained=meaning)


def _regime(regime: Document) -> Markup:
    share, metrics = number(regime.get("share")), part(regime, "metrics")
    cells: list[Markup] = [
        exact(number(regime.get("bars")), count(number(regime.get("bars")))),
        exact(share, percent(share)),
        exact(number(regime.get("trades")), count(number(regime.get("trades")))),
    ]
    name = shorten(str(regime.get("label", "")), 60).replace("_", " ")
    if metrics:
        return row(name, *cells, *(written(metric, metrics.get(metric)) for metric in _FIGURES))
    why = shorten(text(regime.get("refused")) or "no figures", 200)
    refused = tag("td", why, colspan=len(_FIGURES), class_="refused")
    return tag("tr", tag("th", name, scope="row"), *(tag("td", cell) for cell in cells), refused)


def _meaning(document: Document, name: str) -> str | None:
    """What the labels mean in words; of a feature that has none here, its name and parameters."""
    parameters = part(part(document, "regime_parameters"), name)
    feature = text(parameters.get("feature"))
    if feature is None:
        return None
    told = _MEANINGS[feature](parameters, bar_length(document)) if feature in _MEANINGS else None
    given = ", ".join(f"{word} {value}" for word, value in parameters.items() if word != "feature")
    return told or shorten(f"Labels of {feature} ({given}).", _LONGEST)


def _trend(parameters: Document, bar: int | None) -> str | None:
    window, band = (number(parameters.get(name)) for name in ("window", "band"))
    if window is None or band is None:
        return None
    return (
        f"Up: the close lies more than {plain_percent(band)} above the mean close of the last {_bars(window, bar)}. "
        f"Down: more than {plain_percent(band)} below it. Flat: between."
    )


def _volatility(parameters: Document, bar: int | None) -> str | None:
    window, lookback, low, high = (number(parameters.get(name)) for name in ("window", "lookback", "low", "high"))
    if window is None or lookback is None or low is None or high is None:
        return None
    return (
        f"The volatility of the last {_bars(window, bar)} is ranked among its own values at the last "
        f"{_bars(lookback, bar)}. Low: a rank below {plain_percent(low)}. High: above {plain_percent(high)}. "
        "Normal: between."
    )


_MEANINGS: dict[str, Callable[[Document, int | None], str | None]] = {
    "trend_regime": _trend,
    "volatility_regime": _volatility,
}


def _bars(bars: float, bar: int | None) -> str:
    """``200 bars (8.3 days)``."""
    length = "" if bar is None else f" ({duration(bars * bar / 1000.0)})"
    return counted(bars, "bar") + length
