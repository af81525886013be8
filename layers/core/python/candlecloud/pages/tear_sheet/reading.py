"""The curves of a result as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.contract.results import RunResult


@dataclass(frozen=True)
class CurveArrays:
    """Curves of a run, all as long as `close_time`.

    Attributes
    ----------
    close_time : IntArray, length n
        ms UTC.
    equity, benchmark_equity : FloatArray, length n
        Quote currency.
    drawdown, benchmark_drawdown : FloatArray, length n
        Positive fractions.
    """

    close_time: IntArray
    equity: FloatArray
    drawdown: FloatArray
    benchmark_equity: FloatArray
    benchmark_drawdown: FloatArray

    def __len__(self) -> int:
        return len(self.close_time)


def read_curves(result: RunResult) -> CurveArrays:
    """Lay out the curves for drawing."""
    curves = result.curves
    return CurveArrays(
        np.array(curves.close_time, np.int64),
        np.array(curves.equity, np.float64),
        np.array(curves.drawdown, np.float64),
        np.array(curves.benchmark_equity, np.float64),
        np.array(curves.benchmark_drawdown, np.float64),
    )
