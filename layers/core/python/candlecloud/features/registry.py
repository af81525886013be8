"""Every feature that can be computed, by name.

To add one: write its function of bars and its definition in the module of its family, name it below, and run
``python -m infra.generate`` for the catalogue and docs/features.md.
"""

from __future__ import annotations

from dataclasses import replace

from candlecloud.arrays import FloatArray
from candlecloud.errors import UnknownFeatureError
from candlecloud.features import compute
from candlecloud.features.bars import Bars
from candlecloud.features.channel import BOLLINGER, DONCHIAN, ZSCORE
from candlecloud.features.feature import Feature
from candlecloud.features.momentum import MACD, ROC, RSI, STOCHASTIC
from candlecloud.features.moving_average import EMA, SMA, WMA
from candlecloud.features.regime import TREND_REGIME, VOLATILITY_REGIME
from candlecloud.features.trend import ADX, ATR
from candlecloud.features.volatility import (
    GARMAN_KLASS_VOLATILITY,
    PARKINSON_VOLATILITY,
    REALISED_VOLATILITY,
    VOLATILITY_OF_VOLATILITY,
)
from candlecloud.features.volume import OBV, SESSION_VWAP, VWAP
from candlecloud.registry import Registry
from candlecloud.spec import FeatureUse

FEATURES: Registry[Feature] = Registry(
    "feature",
    (
        *(SMA, EMA, WMA),
        *(RSI, MACD, STOCHASTIC, ROC),
        *(BOLLINGER, ZSCORE, DONCHIAN),
        *(ATR, ADX),
        *(OBV, VWAP, SESSION_VWAP),
        *(REALISED_VOLATILITY, PARKINSON_VOLATILITY, GARMAN_KLASS_VOLATILITY, VOLATILITY_OF_VOLATILITY),
        *(TREND_REGIME, VOLATILITY_REGIME),
    ),
    field="feature",
    error=UnknownFeatureError,
)


def compute_use(bars: Bars, use: FeatureUse) -> FloatArray:
    """Compute what is read of any feature, also where only the catalogue's data of it is at hand.

    Raises
    ------
    UnknownFeatureError
        If no feature has that name.
    InvalidParameterError, InvalidTimeframeError
        As `candlecloud.features.compute.compute_use`.
    """
    if isinstance(use.feature, Feature):
        return compute.compute_use(bars, use)
    return compute.compute_use(bars, replace(use, feature=FEATURES.find(use.feature.name)))
