"""Smaller positions where prices move more."""

from __future__ import annotations

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.sizing import SizingModel
from candlecloud.features.bars import Bars
from candlecloud.features.families.moving_average import ema
from candlecloud.features.families.volatility import log_returns
from candlecloud.metrics.annual import YEAR_MS
from candlecloud.parameters import Parameter, Parameters, Warmup

_SLOW, _MIDDLE, _FAST = 0.2, 0.6, 0.2
"""Weights of the three horizons. One average alone takes every peak for lasting (realised over asked volatility of 0.86
at worst on hours of BTC, see ``python -m tests.evidence.volatility_target``); these hold within a tenth there."""


def expected_volatility(bars: Bars, window: int) -> FloatArray:
    """Volatility per 365-day year that the next bars are expected to have, at each close.

    The root of a variance: exponential averages (RiskMetrics 1996) over three horizons (after Corsi 2009), 0.6 of one
    over `window` bars, 0.2 each of one over a quarter and of one over five times as many. Each is squared log returns
    over the time that they took, so absent candles neither add to it nor take from it.

    Returns
    -------
    FloatArray, length n
        NaN for the first `window` bars. The averages are seeded by the first bars given, which fade from them.
    """
    squares = log_returns(bars) ** 2
    took = np.diff(bars.close_time, prepend=0).astype(np.float64)
    quarter = max(1, window // 4)
    slow, middle, fast = (
        ema(squares, span, 1, seeds) / ema(took, span, 1, seeds)
        for span, seeds in ((5 * window, window), (window, window), (quarter, quarter))
    )
    return np.asarray(np.sqrt((_SLOW * slow + _MIDDLE * middle + _FAST * fast) * YEAR_MS), np.float64)


def _size(bars: Bars, target: FloatArray, parameters: Parameters) -> FloatArray:
    expected = expected_volatility(bars, int(parameters["window"]))
    wanted = float(parameters["base_fraction"]) * float(parameters["annual_volatility"])
    known = np.where(np.isnan(expected), np.inf, expected)
    return np.asarray(wanted / np.maximum(known, wanted), np.float64)


VOLATILITY_TARGET = SizingModel(
    name="volatility_target",
    description="min(1, base_fraction x annual_volatility / expected volatility). The expected volatility, per 365-day "
    "year, is the root of the sum of three exponential averages of squared log returns, each over the time that its "
    "returns took: 0.6 of one over `window` bars, 0.2 of one over window // 4, 0.2 of one over 5 x window (a new "
    "return weighs 2 / (bars + 1); the first `window` returns seed the longer two). "
    "Size 1 where it is 0 (no close moved). The first `window` bars have size 0: they open nothing. Never above 1: no "
    "leverage. With this model, and only with it, `rebalance_band` is 0.05 unless the run says otherwise: a position "
    "that is sized at its entry alone misses the target by what volatility does afterwards.",
    parameters=(
        Parameter(
            "annual_volatility",
            "number",
            0.001,
            10.0,
            0.3,
            "Wanted volatility per year (0.3 = 30 %).",
            aliases=("target_vol",),
        ),
        Parameter(
            "window",
            "integer",
            2,
            10_000,
            168,
            "Bars of the middle average, and of the warm-up.",
            aliases=("lookback",),
        ),
        Parameter("base_fraction", "number", 1e-6, 1.0, 1.0, "Part of the size that is taken; 1 is all of it."),
    ),
    warmup=Warmup(1, {"window": 1}),
    size=_size,
    rebalance_band=0.05,
)
