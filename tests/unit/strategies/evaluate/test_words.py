"""The kernel of conditions: compiled and uncompiled, against NumPy and a plain walk over the bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.strategies.evaluate.words import ALL_ONES, BITS, later, pack
from candlecloud.strategies.kernels import words as compiled
from tests.golden.strategies import walk
from tests.support.uncompiled import uncompiled

BOTH = pytest.mark.parametrize(
    "kernel", [compiled, uncompiled("candlecloud.strategies.kernels.words")], ids=["as imported", "uncompiled"]
)
COMPARE = (np.greater, np.greater_equal, np.equal, np.less, np.less_equal)
VALUES = st.sampled_from([-1.0, -0.0, 0.0, 0.5, 1.0, np.inf, -np.inf, np.nan])


def unpacked(words: Any, bars: int) -> list[bool]:
    bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), bitorder="little")[:bars]
    return [bool(bit) for bit in bits]


@BOTH
@settings(max_examples=60)
@given(data=st.data(), bars=st.integers(1, 200), first=st.integers(0, 5))
def test_comparisons_are_those_of_numpy(kernel: Any, data: st.DataObject, bars: int, first: int) -> None:
    """Every kind, between rows and against numbers; NaN compares with nothing; bits behind the last bar are 0."""
    n = first + bars
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    rows = rng.choice([-1.0, -0.0, 0.0, 0.5, 1.0, np.inf, -np.inf, np.nan], (3, n))
    number = data.draw(VALUES)
    n_words = (bars + 63) // 64
    lefts, rights = np.array([0, n, 2 * n]), np.array([n, n, 0])
    for kind, wanted in enumerate(COMPARE):
        words = np.full(3 * n_words, ALL_ONES, np.uint64)
        flat = rows.reshape(-1).data
        kernel.compare_constants(flat, lefts.data, np.full(3, number).data, kind, first, bars, BITS.data, words.data)
        for row, found in zip(rows, words.reshape(3, -1), strict=True):
            assert unpacked(found, bars) == wanted(row[first:], number).tolist()
            assert not any(unpacked(found, n_words * 64)[bars:])
        if kind > 2:
            continue
        kernel.compare(flat, lefts.data, flat, rights.data, kind, first, bars, BITS.data, words.data)
        for left, right, found in zip((0, 1, 2), (1, 1, 0), words.reshape(3, -1), strict=True):
            assert unpacked(found, bars) == wanted(rows[left, first:], rows[right, first:]).tolist()


def held(kernel: Any, conditions: list[list[tuple[bool, bool, bool, bool]]]) -> list[list[int]]:
    """Positions of sets by the kernel."""
    bars = len(conditions[0])
    n_words = (bars + 63) // 64
    columns = [
        np.concatenate([pack(np.array([row[k] for row in one], np.bool_)) for one in conditions]) for k in range(4)
    ]
    long, short = np.zeros_like(columns[0]), np.zeros_like(columns[0])
    kernel.hold(*(column.data for column in columns), n_words, ALL_ONES, long.data, short.data)
    found = []
    for k in range(len(conditions)):
        own = slice(k * n_words, (k + 1) * n_words)
        target = np.full(bars + 2, 7.0)
        kernel.spread(long[own].data, short[own].data, 1, bars, 1.0, -1.0, BITS.data, target.data)
        assert target[0] == target[-1] == 7.0
        found.append([int(position) for position in target[1:-1]])
    return found


@BOTH
@settings(max_examples=300)
@given(data=st.data(), bars=st.integers(1, 200), rare=st.sampled_from([0.02, 0.3]))
def test_holding_is_a_walk_over_the_bars(kernel: Any, data: st.DataObject, bars: int, rare: float) -> None:
    """Over the edges of words, and of two sets that know nothing of each other."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    sets = [[tuple(row) for row in (rng.random((bars, 4)) < rare).tolist()] for _ in range(2)]
    assert held(kernel, sets) == [walk(one) for one in sets]


@BOTH
def test_holding_by_hand(kernel: Any) -> None:
    rows = [
        ("....", 0),  # nothing entered yet
        ("L...", 1),
        ("....", 1),  # held
        ("..S.", -1),  # the other side reverses
        ("L.S.", 0),  # both at once: flat
        ("....", 0),
        ("Ll..", 0),  # an entry whose exit holds enters nothing
        ("L...", 1),
        ("...s", 1),  # a short's exit is none of a long's business
        (".l..", 0),
        ("..S.", -1),
        ("L..s", 1),
        ("..Ss", 1),  # nor does a void short reverse
        (".lS.", -1),
        ("...s", 0),
    ]
    conditions = [tuple(each != "." for each in row) for row, _ in rows]
    assert held(kernel, [conditions]) == [[position for _, position in rows]]


def test_a_bar_later() -> None:
    bits = np.random.default_rng(1).random(130) < 0.5
    moved = later(pack(bits).reshape(1, -1))
    assert unpacked(moved[0], 130) == [False, *bits[:-1].tolist()]
