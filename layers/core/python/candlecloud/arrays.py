"""Names for the NumPy arrays that cross module borders.

All are one-dimensional and C-contiguous; the docstring of each function says what the axis is.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
"""Prices, quantities, equity, fractions."""

IntArray: TypeAlias = NDArray[np.int64]
"""Times in ms UTC, prices in ticks, bar numbers."""

SignArray: TypeAlias = NDArray[np.int8]
"""-1, 0 or 1."""

BoolArray: TypeAlias = NDArray[np.bool_]
