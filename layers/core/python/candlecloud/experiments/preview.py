"""Values of features row by row, or where a strategy stands, on the newest candles or any others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from candlecloud.arrays import FloatArray
from candlecloud.backtest.orders import allowed_target
from candlecloud.contract.preview import FeaturesRequest, SignalsRequest
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.compute import compute_feature, compute_use
from candlecloud.features.families import FEATURES
from candlecloud.market.ranges import TimeRange
from candlecloud.spec import FeatureUse
from candlecloud.strategies.resolve import strategy_of


def preview_features(table: pa.Table, asked: FeaturesRequest, wanted: TimeRange) -> dict[str, Any]:
    """Features on the candles of a range, oldest first.

    Parameters
    ----------
    table : pyarrow.Table
        `candlecloud.runs.inputs.RUN_COLUMNS` of the range and the lookback before it.

    Returns
    -------
    dict
        ``computed_from`` (open time of the first bar read) and ``rows``: times in ms UTC, close, and per label its
        outputs, None where they do not exist.
    """
    bars = bars_from_table(table)
    columns = {label: _outputs(bars, use) for label, use in asked.uses.items()}
    return {
        "computed_from": _first_open(bars),
        "rows": [
            _bar(bars, t) | {"values": {label: _cells(outputs, t) for label, outputs in columns.items()}}
            for t in range(bars.index_of(wanted.start), len(bars))
        ],
    }


def preview_targets(table: pa.Table, asked: SignalsRequest, wanted: TimeRange) -> dict[str, Any] | None:
    """Where a strategy stands after the last close of a range, and its last changes, the newest first.

    Parameters
    ----------
    table : pyarrow.Table
        `candlecloud.runs.inputs.RUN_COLUMNS` of the range and the lookback before it.

    Returns
    -------
    dict or None
        ``target`` (None before the warm-up), ``since`` (close that brought it; None if it stood when the range began),
        ``fills_at`` (open at which an order from the last close fills at the earliest), ``changes``; None where the
        range holds no candle.
    """
    bars = bars_from_table(table)
    first = bars.index_of(wanted.start)
    if first >= len(bars):
        return None
    target = allowed_target(
        strategy_of(asked.strategy_rule).target(bars, asked.parameters, wanted.start), asked.direction
    )
    known = max(first, asked.warmup_bars - 1)
    moved = [t for t in range(known + 1, len(bars)) if target[t] != target[t - 1]]
    last = len(bars) - 1
    return {
        "computed_from": _first_open(bars),
        "bars": len(bars) - first,
        "newest": _bar(bars, last),
        "target": float(target[last]) if last >= known else None,
        "since": int(bars.close_time[moved[-1]]) if moved else None,
        "fills_at": _next_open(bars, last),
        "changes_total": len(moved),
        "changes": [
            _bar(bars, t)
            | {"before": float(target[t - 1]), "target": float(target[t]), "fills_at": _next_open(bars, t)}
            for t in reversed(moved[-asked.limit :])
        ],
    }


def _outputs(bars: Bars, use: FeatureUse) -> Mapping[str, FloatArray]:
    feature = FEATURES.find(use.feature.name)
    if use.timeframe is None:
        return compute_feature(bars, feature, use.parameters)
    read = [FeatureUse(feature, use.parameters, use.timeframe, name) for name in feature.outputs]
    return {one.output_name(): compute_use(bars, one) for one in read}


def _cells(outputs: Mapping[str, FloatArray], t: int) -> dict[str, float | None]:
    return {name: float(values[t]) if np.isfinite(values[t]) else None for name, values in outputs.items()}


def _bar(bars: Bars, t: int) -> dict[str, Any]:
    return {
        "open_time": int(bars.open_time[t]),
        "close_time": int(bars.close_time[t]),
        "close": float(bars.close[t]),
    }


def _first_open(bars: Bars) -> int | None:
    return int(bars.open_time[0]) if len(bars) else None


def _next_open(bars: Bars, t: int) -> int:
    """Open of the bar after this one; of the newest, where the next one will open."""
    return int(bars.open_time[t + 1]) if t + 1 < len(bars) else int(bars.close_time[t])
