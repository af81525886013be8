"""The features that strategies, rules and the API can name; needs no NumPy until something is computed.

To add one: write its function of bars in the module of its family, define it in `definitions`, add it to the tuple
below, and run ``python -m candlecloud.features.reference`` for docs/features.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from candlecloud.errors import InvalidParameterError, UnknownFeatureError
from candlecloud.features.definitions.channels import BOLLINGER, DONCHIAN, ZSCORE
from candlecloud.features.definitions.momentum import MACD, ROC, RSI, STOCHASTIC
from candlecloud.features.definitions.moving_averages import EMA, SMA, WMA
from candlecloud.features.definitions.regimes import TREND_REGIME, VOLATILITY_REGIME
from candlecloud.features.definitions.trend import ADX, ATR
from candlecloud.features.definitions.volatility import (
    GARMAN_KLASS_VOLATILITY,
    PARKINSON_VOLATILITY,
    REALISED_VOLATILITY,
    VOLATILITY_OF_VOLATILITY,
)
from candlecloud.features.definitions.volume import OBV, SESSION_VWAP, VWAP
from candlecloud.features.feature import Feature, FeatureUse
from candlecloud.market.timeframe import Timeframe

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray
    from candlecloud.features.bars import Bars

FEATURES: Mapping[str, Feature] = MappingProxyType(
    {
        feature.name: feature
        for feature in (
            *(SMA, EMA, WMA),
            *(RSI, MACD, STOCHASTIC, ROC),
            *(BOLLINGER, ZSCORE, DONCHIAN),
            *(ATR, ADX),
            *(OBV, VWAP, SESSION_VWAP),
            *(REALISED_VOLATILITY, PARKINSON_VOLATILITY, GARMAN_KLASS_VOLATILITY, VOLATILITY_OF_VOLATILITY),
            *(TREND_REGIME, VOLATILITY_REGIME),
        )
    }
)


def find_feature(name: str, field: str = "feature") -> Feature:
    """Look a feature up by its name.

    Raises
    ------
    UnknownFeatureError
        If there is none; `field` names the place in the request.
    """
    if name not in FEATURES:
        raise UnknownFeatureError(
            f"There is no feature {str(name)[:80]!r}.",
            hint=f"Use one of {', '.join(FEATURES)}.",
            field=field,
            allowed=list(FEATURES),
        )
    return FEATURES[name]


def find_output(use: FeatureUse, field: str = "output") -> str:
    """Name of the output that a use reads: the first one if it does not say.

    Raises
    ------
    UnknownFeatureError
        If there is no such feature.
    InvalidParameterError
        If the feature has no such output; `field` names the place in the request.
    """
    outputs = find_feature(use.feature).outputs
    if use.output is not None and use.output not in outputs:
        raise InvalidParameterError(
            f"{use.feature} has no output {str(use.output)[:80]!r}.",
            hint=f"Outputs of {use.feature}: {', '.join(outputs)}.",
            field=field,
            allowed=list(outputs),
        )
    return use.output or outputs[0]


def compute_feature(bars: Bars, name: str, parameters: Mapping[str, Any]) -> Mapping[str, FloatArray]:
    """Compute a feature on bars.

    Parameters
    ----------
    parameters : mapping
        Checked and completed by defaults.

    Returns
    -------
    mapping
        Output to FloatArray of the bars' length; entry t is made of bars 0..t only.

    Raises
    ------
    UnknownFeatureError
        If there is no such feature.
    InvalidParameterError
        If a parameter is unknown, out of bounds or in conflict with another.
    """
    feature = find_feature(name)
    checked = feature.check_parameters(parameters)
    if len(bars) == 0:
        return dict.fromkeys(feature.outputs, bars.close)
    return feature.compute(bars, checked)


def compute_use(bars: Bars, use: FeatureUse) -> FloatArray:
    """Compute one output of a feature, on the bars or on bars of a higher timeframe that are made of them.

    Returns
    -------
    FloatArray of the bars' length
        On a higher timeframe, the value of its last bar that had closed by the close of this one; with a shift, of the
        bar so many bars of that timeframe before it. NaN before the first.

    Raises
    ------
    UnknownFeatureError, InvalidParameterError
        As `compute_feature` and `find_output`.
    InvalidTimeframeError
        If the timeframe is no multiple of the bars' own.
    """
    output = find_output(use)
    if len(bars) == 0:
        return compute_feature(bars, use.feature, use.parameters)[output]
    from candlecloud.features.resample import align, resample_bars  # needs NumPy, the registry does not

    own = bars if use.timeframe is None else resample_bars(bars, Timeframe.parse(use.timeframe).ms)
    values = compute_feature(own, use.feature, use.parameters)[output]
    return values if own is bars and not use.shift else align(values, own.close_time, bars.close_time, use.shift)


def use_warmup_bars(use: FeatureUse, bar_ms: int) -> int:
    """Bars of `bar_ms` that the first value needs, wherever on the grid they begin; more if candles are absent.

    (warm-up + shift) x ratio, and ratio - 1 more for a bar of the higher timeframe that they begin inside.

    Raises
    ------
    UnknownFeatureError, InvalidParameterError
        As `compute_feature`.
    """
    feature = find_feature(use.feature)
    bars = feature.warmup_bars(feature.check_parameters(use.parameters)) + use.shift
    if use.timeframe is None:
        return bars
    ratio = max(1, Timeframe.parse(use.timeframe).ms // bar_ms)
    return bars * ratio + ratio - 1
