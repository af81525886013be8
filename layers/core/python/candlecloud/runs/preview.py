"""Values of features, or a strategy's targets, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from candlecloud.arrays import FloatArray
from candlecloud.errors import InvalidParameterError
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.feature import FeatureUse
from candlecloud.features.registry import FEATURES, compute_use, find_feature, use_warmup_bars
from candlecloud.market.ranges import TimeRange
from candlecloud.parameters import Parameters
from candlecloud.runs.setting import RULES
from candlecloud.strategies.registry import find_strategy
from candlecloud.strategies.rules import canonical_rules, rules_strategy
from candlecloud.strategies.strategy import Strategy

MAX_FEATURES = 30


@dataclass(frozen=True)
class Subject:
    """What is looked at: features by their label in the answer, or a strategy.

    Attributes
    ----------
    warmup_bars : int
        Closed bars that the first value needs.
    """

    features: Mapping[str, FeatureUse]
    strategy: Strategy | None
    parameters: Parameters
    warmup_bars: int

    def columns(self, bars: Bars) -> dict[str, FloatArray]:
        """Label to one value per bar."""
        found = {label: compute_use(bars, use) for label, use in self.features.items()}
        if self.strategy is not None:
            found["target"] = self.strategy.target(bars, self.parameters)
        return found


def read_subject(event: Mapping[str, Any], bar_ms: int) -> Subject:
    """Read ``features`` (label to feature, parameters, timeframe, output) or ``strategy``, ``parameters``, ``rules``.

    Raises
    ------
    InvalidInputError
        Naming the field that is wrong.
    """
    if event.get("strategy") is not None:
        return _strategy_subject(event, bar_ms)
    given = event.get("features") or {}
    if not isinstance(given, Mapping) or not 1 <= len(given) <= MAX_FEATURES:
        raise InvalidParameterError(
            f"features must name 1 to {MAX_FEATURES} features.", field="features", allowed=list(FEATURES)
        )
    uses: dict[str, FeatureUse] = {}
    for label, item in given.items():
        feature = find_feature(str(item.get("feature", label)), f"features.{label}")
        parameters = feature.check_parameters(item.get("parameters", {}), f"features.{label}")
        for output in feature.outputs:
            name = label if len(feature.outputs) == 1 else f"{label}.{output}"
            uses[name] = FeatureUse(feature.name, parameters, item.get("timeframe"), output)
    return Subject(uses, None, {}, max(use_warmup_bars(use, bar_ms) for use in uses.values()))


def preview(table: pa.Table, subject: Subject, wanted: TimeRange, limit: int) -> list[dict[str, Any]]:
    """Rows of the wanted range, oldest first, at most `limit`: times, close, and the subject's values (None for NaN).

    Parameters
    ----------
    table : pyarrow.Table
        `candlecloud.runs.inputs.RUN_COLUMNS` of the range and the warm-up before it.
    """
    bars = bars_from_table(table)
    columns = subject.columns(bars)
    first = bars.index_of(wanted.start)
    return [
        {
            "open_time": int(bars.open_time[t]),
            "close_time": int(bars.close_time[t]),
            "close": float(bars.close[t]),
            "values": {label: _number(values[t]) for label, values in columns.items()},
        }
        for t in range(first, min(len(bars), first + limit))
    ]


def _strategy_subject(event: Mapping[str, Any], bar_ms: int) -> Subject:
    name = str(event["strategy"])
    strategy = rules_strategy(canonical_rules(event.get("rules")), bar_ms) if name == RULES else find_strategy(name)
    parameters = strategy.check_parameters(event.get("parameters") or {})
    return Subject({}, strategy, parameters, strategy.warmup_bars(parameters))


def _number(value: np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None
