"""Computing a feature on bars. What imports this and a feature names all that it depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.families import FEATURES
from candlecloud.features.feature import Feature
from candlecloud.features.resample import align, resample_bars
from candlecloud.market.timeframe import Timeframe
from candlecloud.spec import FeatureUse


def compute_feature(bars: Bars, feature: Feature, parameters: Mapping[str, Any]) -> Mapping[str, FloatArray]:
    """Compute a feature on bars.

    Parameters
    ----------
    parameters : mapping
        Checked, and completed by defaults.

    Returns
    -------
    mapping
        Output to FloatArray of the bars' length; entry t is made of bars 0..t only.

    Raises
    ------
    InvalidParameterError
        If a parameter is unknown, out of bounds or in conflict with another.
    """
    checked = feature.check_parameters(parameters)
    if len(bars) == 0:
        return dict.fromkeys(feature.outputs, bars.close)
    return feature.compute(bars, checked)


def compute_many(
    bars: Bars, feature: Feature, sets: Sequence[Mapping[str, Any]], begins: Sequence[int]
) -> Sequence[Mapping[str, FloatArray]]:
    """Compute a feature for many parameter sets, each on the bars from its own number on.

    Parameters
    ----------
    sets : sequence of mapping
        As for `compute_feature`.
    begins : sequence of int
        First bar that each set reads.

    Returns
    -------
    sequence of mapping
        One per set: output to FloatArray of the bars' length, NaN before its first bar. The bits of `compute_feature`.

    Raises
    ------
    InvalidParameterError
        As `compute_feature`.
    """
    checked = [feature.check_parameters(parameters) for parameters in sets]
    if feature.compute_many is not None and len(bars):
        return feature.compute_many(bars, checked, begins)
    return [_from_bar(bars, feature, values, begin) for values, begin in zip(checked, begins, strict=True)]


def _from_bar(bars: Bars, feature: Feature, parameters: Mapping[str, Any], begin: int) -> Mapping[str, FloatArray]:
    if begin <= 0 or not len(bars):
        return feature.compute(bars, parameters) if len(bars) else dict.fromkeys(feature.outputs, bars.close)
    missing = np.full(min(begin, len(bars)), np.nan)
    if begin >= len(bars):
        return dict.fromkeys(feature.outputs, missing)
    found = feature.compute(bars.from_bar(begin), parameters)
    return {name: np.concatenate([missing, values]) for name, values in found.items()}


def compute_use(bars: Bars, use: FeatureUse) -> FloatArray:
    """Compute one output of a feature, on the bars or on bars of a higher timeframe that are made of them.

    Parameters
    ----------
    use : FeatureUse
        Of a feature; one of the catalogue, which is data only, is looked up by its name.

    Returns
    -------
    FloatArray of the bars' length
        On a higher timeframe, the value of its last bar that had closed by the close of this one; with a shift, of the
        bar so many bars of that timeframe before it. NaN before the first.

    Raises
    ------
    InvalidParameterError
        As `compute_feature`, and if the feature has no such output.
    InvalidTimeframeError
        If the timeframe is no multiple of the bars' own.
    UnknownFeatureError
        If no feature has that name.
    """
    feature, output = use.feature, use.output_name()
    if not isinstance(feature, Feature):
        feature = FEATURES.find(feature.name)
    if len(bars) == 0:
        return compute_feature(bars, feature, use.parameters)[output]
    own = bars if use.timeframe is None else resample_bars(bars, Timeframe.parse(use.timeframe).ms)
    values = compute_feature(own, feature, use.parameters)[output]
    return values if own is bars and not use.shift else align(values, own.close_time, bars.close_time, use.shift)
