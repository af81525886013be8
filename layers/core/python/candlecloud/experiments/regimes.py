"""The market regimes that a run is judged by: labels over windows of time, whatever the timeframe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from candlecloud.backtest.simulation import Simulation
from candlecloud.backtest.trades import Trade
from candlecloud.contract.results import RegimeParameters, Regimes, TrendParameters, VolatilityParameters
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_feature
from candlecloud.features.families.regime import TREND_REGIME, VOLATILITY_REGIME
from candlecloud.features.feature import Feature
from candlecloud.market.timeframe import Timeframe
from candlecloud.metrics.curves import bar_returns
from candlecloud.metrics.regimes import describe_regimes, labels_in_force
from candlecloud.parameters import Number

_HOUR_MS = 3_600_000
_LONGEST = 10_000  # bars; of minutes that is a week


@dataclass(frozen=True)
class Regime:
    """A label feature with its parameters in bars."""

    feature: Feature
    parameters: Mapping[str, Number]

    def to_dict(self) -> dict[str, Any]:
        return {"feature": self.feature.name, **self.feature.check_parameters(self.parameters)}


def regimes_of(timeframe: Timeframe) -> dict[str, Regime]:
    """Trend against the mean of 200 hours, volatility of a day ranked among 30 days; in bars, within 10,000.

    Days are too long for that: there it is 20 bars, and 10 bars among 100.
    """
    return {
        "trend": Regime(TREND_REGIME, {"window": _bars(200, timeframe, 20)}),
        "volatility": Regime(
            VOLATILITY_REGIME, {"window": _bars(24, timeframe, 10), "lookback": _bars(720, timeframe, 100)}
        ),
    }


def regime_parameters(timeframe: Timeframe) -> RegimeParameters:
    """The label features with all their parameters, as a result tells them."""
    trend, volatility = (regime.to_dict() for regime in regimes_of(timeframe).values())
    return RegimeParameters(trend=TrendParameters(**trend), volatility=VolatilityParameters(**volatility))


def describe_by_regime(bars: Bars, result: Simulation, trades: Sequence[Trade], timeframe: Timeframe) -> Regimes:
    """The run's figures by the regime that was known when each bar began.

    Parameters
    ----------
    bars : Bars
        The run's own, warm-up included.
    trades : sequence of Trade
        Those of the simulation.
    """
    returns = bar_returns(result.equity, result.backtest.initial_equity)
    entries = np.array([trade.entry_time for trade in trades], np.int64)
    entry_bars = np.searchsorted(bars.open_time[result.backtest.start_bar :], entries)
    profits = np.array(result.profits)
    bar_ms = result.span_ms / len(result.equity)
    found, start_bar = {}, result.backtest.start_bar
    for name, regime in regimes_of(timeframe).items():
        feature = regime.feature
        labels = labels_in_force(compute_feature(bars, feature, regime.parameters)[feature.name], start_bar)
        found[name] = describe_regimes(returns, labels, feature.labels, entry_bars, profits, bar_ms)
    return Regimes(**found)


def _bars(hours: int, timeframe: Timeframe, least: int) -> int:
    return min(max(hours * _HOUR_MS // timeframe.ms, least), _LONGEST)
