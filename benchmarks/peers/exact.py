"""Averages of whole ticks, for peers whose own moving averages round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def windows_of(pairs: Sequence[Sequence[int]]) -> list[int]:
    """Every window that a pair names, once, ascending."""
    return sorted({int(window) for pair in pairs for window in pair})


def exact_averages(series: Mapping[str, Any], windows: Sequence[int]) -> Any:
    """Averages of ``close * 10**scale`` in whole ticks, divided once: equal on paper is equal here.

    Returns
    -------
    Array, bars x windows
        Column-major; NaN before a window is full.
    """
    unit = 10.0 ** int(series["scale"])
    sums = np.concatenate([[0], np.cumsum(np.rint(series["close"] * unit).astype(np.int64))])
    rows = np.full((len(sums) - 1, len(windows)), np.nan, order="F")
    for k, window in enumerate(windows):
        rows[window - 1 :, k] = (sums[window:] - sums[:-window]) / (window * unit)
    return rows
