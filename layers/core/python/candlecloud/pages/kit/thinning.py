"""Long curves on a small page: of each stretch its lowest and highest point stay."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from candlecloud.arrays import FloatArray, IntArray

MOST_POINTS = 1_200


def thin(values: FloatArray, most: int = MOST_POINTS) -> IntArray:
    """Which entries of a curve to draw.

    Parameters
    ----------
    values : FloatArray, length n
        NaN where there is none. A NaN between numbers of one stretch is not drawn as a break.
    most : int
        At least 4.

    Returns
    -------
    IntArray, length min(n, most) or less
        Ascending: first, last, and per stretch of equal length the first minimum and the first maximum, so that
        no peak and no trough is lost. All of them where n is at most `most`.
    """
    n = len(values)
    if n <= most:
        return np.arange(n)
    edges = np.linspace(0, n, (most - 2) // 2 + 1).astype(np.int64).tolist()
    kept = {0, n - 1}
    for start, stop in pairwise(edges):
        stretch = values[start:stop]
        if np.isnan(stretch).all():
            kept.add(start)
        else:
            kept |= {start + int(np.nanargmin(stretch)), start + int(np.nanargmax(stretch))}
    return np.array(sorted(kept), dtype=np.int64)
