"""Signals as words of 64 bits, one bit per bar, and the bars at which a position changes.

A tile is 8 words per parameter set. Plain Python with its types in the .pxd; uncompiled it gives the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from candlecloud.features.kernels.views import Doubles, Integers


def compare_averages(averages: Doubles, fast: Integers, slow: Integers, p: int, block: int, words: Integers) -> None:
    """Make the words of `block` sets from set `p` on: 1 where the fast average lies above the slow one.

    Their order is that of `tiles.precompute_averages`. Each step adds one bit to all 8 words, which a C compiler turns
    into two comparisons of 4 numbers.
    """
    for s in range(block):
        f, g = fast[p + s] * 512, slow[p + s] * 512
        w0 = w1 = w2 = w3 = w4 = w5 = w6 = w7 = 0
        for _ in range(64):
            w0 = w0 + w0 + (1 if averages[f] > averages[g] else 0)
            w1 = w1 + w1 + (1 if averages[f + 1] > averages[g + 1] else 0)
            w2 = w2 + w2 + (1 if averages[f + 2] > averages[g + 2] else 0)
            w3 = w3 + w3 + (1 if averages[f + 3] > averages[g + 3] else 0)
            w4 = w4 + w4 + (1 if averages[f + 4] > averages[g + 4] else 0)
            w5 = w5 + w5 + (1 if averages[f + 5] > averages[g + 5] else 0)
            w6 = w6 + w6 + (1 if averages[f + 6] > averages[g + 6] else 0)
            w7 = w7 + w7 + (1 if averages[f + 7] > averages[g + 7] else 0)
            f += 8
            g += 8
        k = s * 8
        words[k] = w0
        words[k + 1] = w1
        words[k + 2] = w2
        words[k + 3] = w3
        words[k + 4] = w4
        words[k + 5] = w5
        words[k + 6] = w6
        words[k + 7] = w7


def copy_words(signals: Integers, n_words: int, word: int, p: int, block: int, words: Integers) -> None:
    """Take the words of `block` sets from set `p` on as they were given, from number `word` of each set on."""
    n = n_words - word if n_words - word < 8 else 8
    for s in range(block):
        for k in range(n):
            words[s * 8 + k] = signals[(p + s) * n_words + word + k]


def find_fills(
    trading: Integers,
    word: int,
    bars: int,
    walked: int,
    p: int,
    block: int,
    words: Integers,
    held: Integers,
    last: Integers,
    starts: Integers,
    fills: Integers,
) -> None:
    """List the bars of a tile at whose open the position changes, for each of `block` sets from set `p` on.

    Parameters
    ----------
    trading : Integers
        Bit per bar: it trades. The tile begins at word `word`.
    bars, walked : int
        Bars of the tile, and how many of them count; the signal of the bar behind those goes to `last`.
    held : Integers
        Per set: 1 if it holds a position before the tile.
    starts, fills : Integers
        Set s has ``fills[starts[s]]`` up to before ``fills[starts[s + 1]]``; two places beyond are written to.
    """
    one = 1
    ones = all_ones()
    count = 0
    for s in range(block):
        starts[s] = count
        before = held[p + s]
        for k in range((bars + 63) // 64):
            wanted = words[s * 8 + k]
            if walked < bars and k == walked // 64:
                last[p + s] = (wanted >> (walked - k * 64)) & one
            if trading[word + k] != ones:
                wanted = _keep_where_stuck(wanted, trading[word + k], before)
            changes = (wanted ^ (wanted + wanted + before)) & ones
            before = wanted >> 63
            if walked < k * 64 + 64:
                changes = changes & ((one << (walked - k * 64)) - one) if walked > k * 64 else 0
            # Two without asking: most words hold fewer, and a branch guessed wrong costs more. The next word overwrites
            # what was too much.
            at = count + 2
            count += _count_bits(changes)
            fills[at - 2] = k * 64 + _first_bit(changes)
            changes = changes & (changes - one)
            fills[at - 1] = k * 64 + _first_bit(changes)
            changes = changes & (changes - one)
            while at < count:
                fills[at] = k * 64 + _first_bit(changes)
                changes = changes & (changes - one)
                at += 1
    starts[block] = count


def _keep_where_stuck(wanted: int, trading: int, before: int) -> int:
    """A bar that does not trade keeps the position of the bar before it: bits are filled up in six doublings."""
    stuck = trading ^ all_ones()
    wanted = (wanted & trading) | (stuck & before)
    shift = 1
    while shift < 64:
        wanted = wanted | (stuck & (wanted << shift))
        stuck = stuck & (stuck << shift)
        shift += shift
    return wanted


def all_ones() -> int:
    """64 ones. Cython would take the number itself, or its thirds below, for Python objects."""
    one = 1
    top = one << 63
    return top + (top - one)


def _count_bits(x: int) -> int:
    """Ones among 64 bits (Warren, Hacker's Delight, section 5-1); C compilers know it and use one instruction."""
    ones = all_ones()
    x = x - ((x >> 1) & (ones // 3))
    x = (x & (ones // 5)) + ((x >> 2) & (ones // 5))
    x = (x + (x >> 4)) & (ones // 17)
    return ((x * (ones // 255)) & ones) >> 56


def _first_bit(x: int) -> int:
    """Number of zeros below the lowest one, 64 if there is none."""
    return _count_bits(~x & (x - 1) & all_ones())
