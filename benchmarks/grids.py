"""The parameter sets that every engine gets: SMA windows (fast, slow) with fast < slow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Pairs = Sequence[tuple[int, int]]


def _grid(fast: range, slow: range) -> Pairs:
    return [(f, s) for f in fast for s in slow if f < s]


GRIDS: Mapping[int, Pairs] = {
    1: [(50, 200)],
    100: _grid(range(5, 51, 5), range(60, 241, 20)),
    1_000: _grid(range(2, 51, 2), range(55, 251, 5)),
    10_000: _grid(range(1, 101), range(105, 601, 5)),
}
"""Number of sets to the sets."""

NAMES: Mapping[int, str] = {
    1: "50/200",
    100: "fast 5, 10 ... 50 x slow 60, 80 ... 240",
    1_000: "fast 2, 4 ... 50 x slow 55, 60 ... 250",
    10_000: "fast 1, 2 ... 100 x slow 105, 110 ... 600",
}
