"""The same numbers, market regime by market regime."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from candlecloud.arrays import BoolArray, FloatArray, IntArray
from candlecloud.errors import InvalidInputError
from candlecloud.metrics.annual import MIN_SPAN_MS, bars_per_year
from candlecloud.metrics.curves import accumulate_curve
from candlecloud.metrics.drawdown import MAX_DRAWDOWN
from candlecloud.metrics.figures import RegimeFigures
from candlecloud.metrics.metric import Metric, conventions_of, evaluate
from candlecloud.metrics.moments import sample_deviation
from candlecloud.metrics.performance import SHARPE, TOTAL_RETURN, VOLATILITY
from candlecloud.metrics.regime_row import RegimeRow
from candlecloud.metrics.trading import PROFIT_FACTOR, WIN_RATE
from candlecloud.registry import Registry

MIN_BARS = 100
"""Bars below which a regime gets no figures. The standard error of a Sharpe ratio per bar is about ``1 / sqrt(n)``: at
100 bars it is 0.1 per bar, which is 9 per year at 1h, and below that a table of numbers would be a table of noise."""

MIN_TRADES = 10
"""Trades below which a regime gets no win rate or profit factor. The standard error of a rate near one half is
``0.5 / sqrt(n)``: at 10 trades it is 0.16, and with fewer one trade more or less moves the rate by over ten points."""

UNKNOWN = "unknown"


def labels_in_force(labels: FloatArray, first: int) -> FloatArray:
    """Label that was known when each bar began, for the bars from `first` on.

    Parameters
    ----------
    labels : FloatArray
        One per bar, warm-up included, each known at its bar's close.
    first : int
        Number of the run's first bar.

    Returns
    -------
    FloatArray, length ``len(labels) - first``
        Entry t is the label of the close before; NaN where there is no bar before. So a bar's own return has no part
        in choosing the regime that it is counted in.
    """
    known = np.concatenate(([np.nan], labels[:-1]))
    return known[first:]


def describe_regimes(
    returns: FloatArray,
    labels: FloatArray,
    names: Mapping[int, str],
    entry_bars: IntArray,
    profits: FloatArray,
    bar_ms: float,
) -> list[RegimeRow]:
    """Figures per regime, in the order of `names`, then the bars without a label, if there are any.

    Parameters
    ----------
    returns : FloatArray, length n
        Simple bar returns of the run.
    labels : FloatArray, length n
        Regime in force in each bar (`labels_in_force`), NaN where unknown.
    names : mapping
        Name of each label's value.
    entry_bars : IntArray, one per closed trade
        Bar of the run, from 0, in which the trade was entered.
    profits : FloatArray, one per closed trade
        Quote currency after all costs.
    bar_ms : float
        Time over bars: the timeframe, and more where candles are absent.

    Raises
    ------
    InvalidInputError
        If lengths differ, or a label has no name.
    """
    _check(returns, labels, names, entry_bars, profits)
    rows = [_row(name, labels == value, returns, entry_bars, profits, bar_ms) for value, name in names.items()]
    unknown = np.isnan(labels)
    if unknown.any():
        bars, trades = int(unknown.sum()), int(unknown[entry_bars].sum())
        why = "No label was known in these bars: the label warms up, or its inputs are missing."
        rows.append(RegimeRow(UNKNOWN, bars, bars / len(labels), trades, None, why))
    return rows


def _row(
    name: str, chosen: BoolArray, returns: FloatArray, entry_bars: IntArray, profits: FloatArray, bar_ms: float
) -> RegimeRow:
    bars = int(chosen.sum())
    inside = profits[chosen[entry_bars]]
    share = bars / len(returns) if len(returns) else 0.0
    if bars < MIN_BARS:
        refused = f"{bars} bars are too few: figures need at least {MIN_BARS}."
        return RegimeRow(name, bars, share, len(inside), None, refused)
    figures = RegimeFigures(**evaluate(REGIME, Sample(returns[chosen], inside, bar_ms)))
    return RegimeRow(name, bars, share, len(inside), figures, None)


class Sample:
    """The bars of one regime, and the profits of the trades that were entered in them."""

    def __init__(self, returns: FloatArray, profits: FloatArray, bar_ms: float) -> None:
        self.accumulators = accumulate_curve(np.cumprod(1.0 + returns, dtype=np.float64), 1.0, profits.tolist())
        self.trades = len(profits)
        self.mean = float(returns.sum()) / len(returns)
        self.deviation = sample_deviation(len(returns), float(returns.sum()), float((returns * returns).sum()))
        self.annual_root = math.sqrt(bars_per_year(bar_ms))
        self.enough_time = round(bar_ms * len(returns)) >= MIN_SPAN_MS

    @property
    def enough_trades(self) -> bool:
        """Whether a rate of them says anything."""
        return self.trades >= MIN_TRADES


def _sharpe(sample: Sample) -> float | None:
    exists = sample.enough_time and sample.deviation > 0.0
    return sample.mean / sample.deviation * sample.annual_root if exists else None


def _win_rate(sample: Sample) -> float | None:
    return sample.accumulators.n_wins / sample.trades if sample.enough_trades else None


def _profit_factor(sample: Sample) -> float | None:
    exists = sample.enough_trades and sample.accumulators.sum_loss > 0.0
    return sample.accumulators.sum_profit / sample.accumulators.sum_loss if exists else None


REGIME: Registry[Metric[Sample, float | None]] = Registry(
    "metric",
    (
        TOTAL_RETURN.of(
            lambda sample: sample.accumulators.final_equity - 1.0,
            convention="Returns of the regime's bars, compounded.",
            formula="product(1 + r) - 1",
        ),
        VOLATILITY.of(
            lambda sample: sample.deviation * sample.annual_root, convention="As for the run, from the regime's bars."
        ),
        SHARPE.of(
            _sharpe,
            convention="As for the run, from the regime's bars; null where these are less than 30 days together.",
        ),
        MAX_DRAWDOWN.of(
            lambda sample: sample.accumulators.max_drawdown,
            convention="Of the curve that the regime's bars make when joined without the bars between: not a loss that "
            "was lived through in one stretch.",
        ),
        WIN_RATE.of(_win_rate, convention="Of the trades that were entered in the regime; null below 10 trades."),
        PROFIT_FACTOR.of(
            _profit_factor,
            convention="Of the trades that were entered in the regime; null below 10 trades or without a loss.",
        ),
    ),
    field="metric",
)

REGIME_CONVENTIONS: Mapping[str, str] = {
    "bars": "Bars of the run that began in the regime: the label is the one known at the close before.",
    "share": "These bars over all bars of the run.",
    "trades": "Closed trades that were entered in such a bar.",
    **conventions_of(REGIME),
}
"""Of a regime's row; below 100 bars there are no figures, and a sentence says so."""


def _check(
    returns: FloatArray, labels: FloatArray, names: Mapping[int, str], entry_bars: IntArray, profits: FloatArray
) -> None:
    if len(returns) != len(labels) or len(entry_bars) != len(profits):
        raise InvalidInputError(
            f"{len(returns)} returns with {len(labels)} labels, {len(entry_bars)} entries with {len(profits)} profits.",
            hint="Give one label per bar of the run and one profit per trade; labels_in_force cuts the labels.",
        )
    strange = sorted(set(np.unique(labels[~np.isnan(labels)]).tolist()) - set(map(float, names)))
    if strange:
        raise InvalidInputError(
            f"No name for the regime label {strange[0]:g}.",
            hint="Every value of the label feature needs an entry in its `labels`.",
        )
