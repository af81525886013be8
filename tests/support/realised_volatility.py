"""What a run with a volatility target came to: the volatility of its own returns, where the model decided the size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from candlecloud.backtest.bar_engine import simulate
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.sizing.volatility_target import VOLATILITY_TARGET
from candlecloud.backtest.slippage.fixed_bps import FIXED_BPS
from candlecloud.features.bars import Bars
from candlecloud.metrics.annual import YEAR_MS
from candlecloud.metrics.curves import bar_returns
from candlecloud.strategies.builtin import STRATEGIES

ASKED = (0.1, 0.2, 0.3, 0.4, 0.6)
WINDOWS = (72, 168, 720)
RULES = ("buy_and_hold", "dual_sma")
COSTS = {"taker_fee_bps": 10.0, **FIXED_BPS.execution({"bps": 2.0})}


@dataclass(frozen=True)
class Realised:
    """One run, long, with default parameters, 10 bps of fees and 2 of slippage.

    Attributes
    ----------
    bars : int
        That began with a position, under a size below 1.
    ratio : float
        Volatility of their returns, per 365-day year, over the one that was asked.
    fills : int
        Of the whole run.
    """

    rule: str
    window: int
    asked: float
    bars: int
    ratio: float
    fills: int


def realised(bars: Bars, rule: str, window: int, asked: float, band: float | None = None) -> Realised:
    """Run a strategy under a volatility target; without a band, with the one of the model."""
    parameters = VOLATILITY_TARGET.check_parameters({"annual_volatility": asked, "window": window})
    strategy = STRATEGIES.find(rule)
    target = strategy.target(bars, strategy.check_parameters({})).clip(0.0, 1.0)
    size = np.asarray(VOLATILITY_TARGET.size(bars, target, parameters))
    band = VOLATILITY_TARGET.rebalance_band if band is None else band
    first = VOLATILITY_TARGET.warmup_bars(parameters)
    run = simulate(Backtest(bars, 10_000.0, first), target, Execution(**COSTS, rebalance_band=band), size)
    held = np.zeros(len(bars) + 1)
    for fill in run.fills:
        held[fill.bar + 1 :] = fill.held
    decided = (held[first:-1] != 0.0) & (size[first - 1 : -1] < 1.0)
    returns = bar_returns(run.equity, 10_000.0)[decided]
    per_year = YEAR_MS * (len(bars) - first) / run.span_ms
    return Realised(
        rule, window, asked, len(returns), float(returns.std(ddof=1)) * math.sqrt(per_year) / asked, len(run.fills)
    )


def table_of(bars: Bars, band: float | None = None) -> Iterator[Realised]:
    """Every rule, window and asked volatility."""
    for rule in RULES:
        for window in WINDOWS:
            for asked in ASKED:
                yield realised(bars, rule, window, asked, band)
