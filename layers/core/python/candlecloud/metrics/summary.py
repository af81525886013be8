"""The numbers of backtests from their rows of accumulators, for all rows at once; a run alone is a batch of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, Unpack, cast

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.metrics.costs import COSTS
from candlecloud.metrics.drawdown import DRAWDOWN
from candlecloud.metrics.figures import Metrics
from candlecloud.metrics.performance import PERFORMANCE
from candlecloud.metrics.rows import Extent, RowMetric, Rows
from candlecloud.metrics.trading import TRADING
from candlecloud.registry import Registry

Columns: TypeAlias = Mapping[str, FloatArray]

SUMMARY: Registry[RowMetric] = Registry("metric", (*PERFORMANCE, *DRAWDOWN, *TRADING, *COSTS), field="sort")
"""What a sweep's row holds, in the order of its columns."""

_METRICS = tuple(SUMMARY.values())
_WHOLE = frozenset(metric.name for metric in _METRICS if metric.whole)
_BLOCK = 1_500  # rows at a time: what is in between stays in the processor's cache


def summary_of(accumulators: Iterable[float], **extent: Unpack[Extent]) -> Metrics:
    """Work out the numbers of one backtest.

    Parameters
    ----------
    accumulators : Accumulators, or a row of them
        Of a run, or of one set of a sweep: the same row gives the same bits.
    extent
        As in `Extent`.
    """
    (numbers,) = summary_dicts(summary_columns(np.array([[*accumulators]], np.float64), **extent))
    return Metrics(**cast("dict[str, Any]", numbers))


def summary_columns(table: FloatArray, **extent: Unpack[Extent]) -> dict[str, FloatArray]:
    """Work out the numbers of many backtests over the same bars.

    Every number is worked out element by element, so it has the same bits in whatever company a row comes.

    Parameters
    ----------
    table : FloatArray, shape (P, len(COLUMNS))
        One row of accumulators per backtest.
    extent
        As in `Extent`.

    Returns
    -------
    dict of FloatArray, length P
        By the names of `Metrics` and in its order; NaN where that has None. Counts are whole.
    """
    columns = np.empty((len(_METRICS), len(table)))
    with np.errstate(all="ignore"):  # a quotient that does not exist is replaced
        for start in range(0, len(table), _BLOCK):
            rows = Rows(table[start : start + _BLOCK], extent)
            block = np.array([metric.function(rows) for metric in _METRICS])
            block[~np.isfinite(block)] = np.nan
            columns[:, start : start + _BLOCK] = block
    return dict(zip(SUMMARY, columns, strict=True))


def summary_dicts(columns: Columns) -> list[dict[str, float | int | None]]:
    """Columns of summaries as one `Metrics.to_dict` per row: plain numbers, None for NaN, whole counts."""
    plain = [_whole(values) if name in _WHOLE else _plain(values) for name, values in columns.items()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*plain, strict=True)]


def _plain(values: FloatArray) -> list[float | int | None]:
    return [value if value == value else None for value in values.tolist()]


def _whole(values: FloatArray) -> list[float | int | None]:
    return [int(value) if value == value else None for value in values.tolist()]
