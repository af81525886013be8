"""Conditions at closes as words of 64 bits, one bit per bar, the lowest first.

Plain Python with its types in the .pxd; uncompiled it gives the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from candlecloud.features.kernels.views import Doubles, Integers


def compare(
    lefts: Doubles,
    left: Integers,
    rights: Doubles,
    right: Integers,
    equal: int,
    first: int,
    bars: int,
    bits: Integers,
    words: Integers,
) -> None:
    """Compare rows of values, pair by pair: a bit is 1 where left > right, or >= with `equal` 1, or == with 2.

    Nothing compares with NaN. Bars are taken in tiles of 512 so that rows of many pairs stay near the processor.

    Parameters
    ----------
    lefts, rights : rows x row length
        All rows have the same length, and bit 0 is that of bar `first`.
    left, right : length P
        Where a pair's rows begin.
    bars : int
        Bits per pair; its words are filled up with zeros.
    bits : length 64
        Powers of two.
    words : P x words
        Written.
    """
    n_words = (bars + 63) // 64
    for start in range(0, n_words, 8):
        stop = n_words if n_words - start < 8 else start + 8
        for p in range(len(left)):
            for k in range(start, stop):
                a, b = left[p] + first + k * 64, right[p] + first + k * 64
                count = bars - k * 64
                if count >= 64:
                    if equal == 0:
                        words[p * n_words + k] = _above(lefts, a, rights, b, bits)
                    elif equal == 1:
                        words[p * n_words + k] = _not_below(lefts, a, rights, b, bits)
                    else:
                        words[p * n_words + k] = _equals(lefts, a, rights, b, bits)
                else:
                    words[p * n_words + k] = _some(lefts, a, rights, b, equal, count, bits)


def compare_constants(
    lefts: Doubles,
    left: Integers,
    constants: Doubles,
    kind: int,
    first: int,
    bars: int,
    bits: Integers,
    words: Integers,
) -> None:
    """The same against one number per pair; `kind` 0 to 4: above, not below, equal, below, not above."""
    n_words = (bars + 63) // 64
    for start in range(0, n_words, 8):
        stop = n_words if n_words - start < 8 else start + 8
        for p in range(len(left)):
            for k in range(start, stop):
                a, count = left[p] + first + k * 64, bars - k * 64
                if count >= 64:
                    words[p * n_words + k] = _against(lefts, a, constants[p], kind, bits)
                else:
                    words[p * n_words + k] = _some_against(lefts, a, constants[p], kind, count, bits)


def _above(lefts: Doubles, a: int, rights: Doubles, b: int, bits: Integers) -> int:
    word = 0
    for j in range(64):
        word |= bits[j] if lefts[a + j] > rights[b + j] else 0
    return word


def _not_below(lefts: Doubles, a: int, rights: Doubles, b: int, bits: Integers) -> int:
    word = 0
    for j in range(64):
        word |= bits[j] if lefts[a + j] >= rights[b + j] else 0
    return word


def _equals(lefts: Doubles, a: int, rights: Doubles, b: int, bits: Integers) -> int:
    word = 0
    for j in range(64):
        word |= bits[j] if lefts[a + j] == rights[b + j] else 0
    return word


def _some(lefts: Doubles, a: int, rights: Doubles, b: int, equal: int, count: int, bits: Integers) -> int:
    """The last word, of fewer bars."""
    word = 0
    for j in range(count):
        x, y = lefts[a + j], rights[b + j]
        word |= bits[j] if (equal != 2 and x > y) or (equal != 0 and x == y) else 0
    return word


def _against(lefts: Doubles, a: int, y: float, kind: int, bits: Integers) -> int:
    word = 0
    if kind == 0:
        for j in range(64):
            word |= bits[j] if lefts[a + j] > y else 0
    elif kind == 1:
        for j in range(64):
            word |= bits[j] if lefts[a + j] >= y else 0
    elif kind == 2:
        for j in range(64):
            word |= bits[j] if lefts[a + j] == y else 0
    elif kind == 3:
        for j in range(64):
            word |= bits[j] if lefts[a + j] < y else 0
    else:
        for j in range(64):
            word |= bits[j] if lefts[a + j] <= y else 0
    return word


def _some_against(lefts: Doubles, a: int, y: float, kind: int, count: int, bits: Integers) -> int:
    """The last word, of fewer bars."""
    word = 0
    for j in range(count):
        x = lefts[a + j]
        if (x > y and kind < 2) or (x == y and 0 < kind != 3) or (x < y and kind > 2):
            word |= bits[j]
    return word


def hold(
    long_entry: Integers,
    long_exit: Integers,
    short_entry: Integers,
    short_exit: Integers,
    n_words: int,
    ones: int,
    long: Integers,
    short: Integers,
) -> None:
    """Positions that remember, of each set: 1 from an entry's close up to, not including, that of its exit.

    An entry counts only while its own exit does not hold; one of the other side reverses; where both enter, neither
    holds. A position is a carry: ``a + b`` with ``b`` where it is set and ``a`` where it is set or kept carries from
    bar to bar just as a position goes on, 64 bars by one addition.

    Parameters
    ----------
    long_entry, long_exit, short_entry, short_exit : sets x words
    ones : int
        64 ones: uncompiled, sums are cut to them.
    long, short : sets x words
        Written.
    """
    before_long = before_short = 0
    for k in range(len(long)):
        if k % n_words == 0:
            before_long = before_short = 0
        up = long_entry[k] & (long_exit[k] ^ ones)
        down = short_entry[k] & (short_exit[k] ^ ones)
        begun = up & (down ^ ones)
        kept = begun | ((long_exit[k] | down) ^ ones)
        total = (kept + begun + before_long) & ones
        carried = total ^ kept ^ begun
        before_long = ((kept & begun) | ((kept | begun) & (total ^ ones))) >> 63
        long[k] = (carried >> 1) | (before_long << 63)
        begun = down & (up ^ ones)
        kept = begun | ((short_exit[k] | up) ^ ones)
        total = (kept + begun + before_short) & ones
        carried = total ^ kept ^ begun
        before_short = ((kept & begun) | ((kept | begun) & (total ^ ones))) >> 63
        short[k] = (carried >> 1) | (before_short << 63)


def spread(
    long: Integers, short: Integers, first: int, bars: int, up: float, down: float, bits: Integers, target: Doubles
) -> None:
    """Write a position per bar from bar `first` on: `up` where it is long, `down` where it is short, else 0."""
    whole = bars // 64
    for k in range(whole):
        longs, shorts, t = long[k], short[k], first + k * 64
        for j in range(64):
            target[t + j] = (up if longs & bits[j] else 0.0) + (down if shorts & bits[j] else 0.0)
    for j in range(bars - whole * 64):
        longs, shorts = long[whole] & bits[j], short[whole] & bits[j]
        target[first + whole * 64 + j] = (up if longs else 0.0) + (down if shorts else 0.0)
