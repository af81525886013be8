"""The features that a strategy reads, each under test once: all outputs that are read come of one computation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_feature
from candlecloud.features.families import FEATURES
from candlecloud.features.feature import Feature
from candlecloud.features.resample import align, resample_bars
from candlecloud.market.timeframe import Timeframe
from candlecloud.spec import FeatureUse
from candlecloud.strategies.look_ahead.signals import SignalUnderTest


def features_under_test(uses: Sequence[FeatureUse]) -> dict[str, SignalUnderTest]:
    """One signal per feature, parameters and timeframe, by a text that tells it from all others.

    Its rows are the outputs that are read, each as many bars back as it is read.
    """
    alike: dict[str, list[FeatureUse]] = {}
    for use in uses:
        checked = use.feature.check_parameters(use.parameters)
        key = f"{use.feature.name} {sorted(checked.items())} {use.timeframe or ''}"
        alike.setdefault(key, []).append(replace(use, parameters=checked))
    return {key: _signal(same) for key, same in alike.items()}


def _signal(uses: Sequence[FeatureUse]) -> SignalUnderTest:
    first = uses[0]
    feature = first.feature if isinstance(first.feature, Feature) else FEATURES.find(first.feature.name)
    reads = list(dict.fromkeys((use.output_name(), use.shift) for use in uses))

    def compute(bars: Bars) -> FloatArray:
        own = bars if first.timeframe is None else resample_bars(bars, Timeframe.parse(first.timeframe).ms)
        outputs = compute_feature(own, feature, first.parameters)
        plain = own is bars
        rows = [
            outputs[name] if plain and not shift else align(outputs[name], own.close_time, bars.close_time, shift)
            for name, shift in reads
        ]
        return np.stack(rows)

    return SignalUnderTest(f"feature {feature.name}", compute)
