"""Bars that Hypothesis draws: ties, flat bars, jumps, absent candles, zero and unknown volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from candlecloud.features.bars import Bars, prefix_sums

QUARTER_MS = 900_000
DAY_MS = 86_400_000


class Step(NamedTuple):
    """One bar after another: ticks to its open, then to its close, above and below both; candles absent before it."""

    to_open: int
    to_close: int
    above: int
    below: int
    volume: float
    absent: int


VOLUMES = (0.0, 1.0, 0.125, 3.0, 1e-8, 123_456.789, float("nan"))
KNOWN_VOLUMES = VOLUMES[1:-1]


def drawn_steps(
    min_size: int = 1, max_size: int = 40, volumes: Sequence[float] = VOLUMES, absent: int = 3, largest: int = 400
) -> st.SearchStrategy[list[Step]]:
    """Four bytes a bar: drawing each field by itself costs twenty times what is done with the bars afterwards."""
    moves = (0, 1, -1, 2, -2, 0, 1, -1, *(sign * largest // part for part in (1, 3, 9, 57) for sign in (1, -1)))
    reaches = (0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 1, largest, largest // 5, largest // 31, largest // 90)

    def step(move: int, reach: int, volume: int, gap: int) -> Step:
        candles = (gap - 128) % (absent + 1) if gap >= 128 else 0
        ticks = moves[move % 16], moves[move // 16], reaches[reach % 16], reaches[reach // 16]
        return Step(*ticks, volumes[volume % len(volumes)], candles)

    drawn = st.binary(min_size=4 * min_size, max_size=4 * max_size)
    return drawn.map(lambda some: [step(*some[k : k + 4]) for k in range(0, len(some) - 3, 4)])


def bars_from_steps(drawn: Sequence[Step], start_ms: int = 0, scale: int = 2, price: int = 1_000) -> Bars:
    """Bars of a quarter of an hour; prices are ticks of ``10**-scale`` and never fall below one tick."""
    n = len(drawn)
    ticks = np.zeros((4, n), np.int64)
    open_time = np.zeros(n, np.int64)
    last, time = price, start_ms
    for t, step in enumerate(drawn):
        opened = max(1, last + step.to_open)
        last = max(1, opened + step.to_close)
        ticks[:, t] = opened, max(opened, last) + step.above, max(1, min(opened, last) - step.below), last
        time += step.absent * QUARTER_MS
        open_time[t] = time
        time += QUARTER_MS
    open_, high, low, close = ticks / 10.0**scale
    volume = np.array([step.volume for step in drawn], np.float64)
    sums = prefix_sums(ticks[3])
    return Bars(open_time, open_time + QUARTER_MS, open_, high, low, close, volume, scale, sums)


def head(bars: Bars, k: int) -> Bars:
    """The first k bars, as arrays of their own: what was known at the close of bar k - 1."""
    columns = (bars.open_time, bars.close_time, bars.open, bars.high, bars.low, bars.close, bars.volume)
    return Bars(*(column[:k].copy() for column in columns), bars.scale, bars.close_tick_sums[: k + 1].copy())


def drawn_bars(
    min_size: int = 1, max_size: int = 40, volumes: Sequence[float] = VOLUMES, absent: int = 3
) -> st.SearchStrategy[Bars]:
    """Bars that begin at some quarter of a day, from one-tick prices up."""
    return st.builds(
        bars_from_steps,
        drawn_steps(min_size, max_size, volumes, absent),
        st.integers(0, 95).map(lambda quarter: 20_000 * DAY_MS + quarter * QUARTER_MS),
        st.sampled_from([0, 2, 8]),
        st.sampled_from([1, 1_000, 10**7, 10**12]),
    )
