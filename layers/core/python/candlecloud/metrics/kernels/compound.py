"""Yearly rates in pairs of floats: additions, multiplications and divisions alone, which every processor rounds alike.

A pair ``(high, low)`` stands for the sum of two floats that do not overlap: about 106 bits, 32 decimal digits. A rate
is rounded to one float at the end. Where an error of the pair could decide that rounding, the element is named as
doubtful instead.

Sources: sums of pairs, D. E. Knuth, The Art of Computer Programming 2, section 4.2.2; products, T. J. Dekker, A
floating-point technique for extending the available precision (1971); the test of the last bit, A. Ziv, Fast
evaluation of elementary mathematical functions with correctly rounded last bit (1991).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    Doubles: TypeAlias = memoryview[float]
    Integers: TypeAlias = memoryview[int]


def yearly_rates(
    growths: Doubles,
    exponent: float,
    exponent_rest: float,
    odds: Doubles,
    factorials: Doubles,
    ln_two: Doubles,
    rates: Doubles,
    doubtful: Integers,
) -> int:
    """``growth**exponent - 1`` of each growth; returns how many of them are doubtful.

    The rates come filled with NaN. That is left where the growth is not positive and finite, where the rate is above
    all floats, and where it is doubtful.

    Doubtful is what an error of ``2**-93 (power (1 + |ln power|) + |rate|)`` could round to another float. Pairs come
    nearer than 2**-102 of that bracket and 30 decimal digits nearer than 2**-96, so both round to the float that is
    written.

    Parameters
    ----------
    growths : doubles, length n
        Final over initial equity.
    exponent, exponent_rest : float
        A pair, above zero.
    odds, factorials, ln_two : doubles
        Pairs, one after the other: of ``1, 1/3, ... 1/41``, of ``1/0!, 1/1!, ... 1/14!``, and of ln 2.
    rates : doubles, length n
        To write to.
    doubtful : integers, length n
        To write to: places of the doubtful elements, ascending.
    """
    n = len(growths)
    count = 0
    for t in range(n):
        if not 0.0 < growths[t] <= 1.7976931348623157e308:
            continue
        if growths[t] == 1.0:
            rates[t] = 0.0
            continue
        high, low = logarithm(growths[t], odds, ln_two)
        high, low = times(high, low, exponent, exponent_rest)
        if high > 710.0:  # e**710 is above all floats
            continue
        if high < -40.0:  # e**-40 is less than the half of the last bit of 1
            rates[t] = -1.0
            continue
        if high < 709.0:
            size = 1.0 + (high if high > 0.0 else -high)
            power, power_rest = exponential(high, low, factorials, ln_two)
            high, low = two_sum(power, -1.0)
            high, low = quick_sum(high, low + power_rest)
            error = 1.0097419586828951e-28 * (power * size + (high if high > 0.0 else -high))  # 2**-93
            if high + (low + error) == high and high + (low - error) == high:
                rates[t] = high
                continue
        doubtful[count] = t
        count += 1
    return count


def logarithm(value: float, odds: Doubles, ln_two: Doubles) -> tuple[float, float]:
    """Natural logarithm of a positive float.

    Powers of two are taken out until m lies between ``sqrt(1/2)`` and ``sqrt(2)``; there, with ``x = (m - 1) / (m +
    1)``, it is ``2 (x + x**3 / 3 + x**5 / 5 + ...)``. Terms from ``x**19`` on are below 2**-50 of the first and need
    no pairs; those after ``x**41`` are below 2**-112.
    """
    twos = 0.0
    while value > 1.4142135623730951:
        value *= 0.5
        twos += 1.0
    while value < 0.7071067811865476:
        value *= 2.0
        twos -= 1.0
    top = value - 1.0
    bottom, bottom_rest = two_sum(value, 1.0)
    x = top / bottom
    whole, part = two_product(x, bottom)
    x, rest = quick_sum(x, (top - whole - part - x * bottom_rest) / bottom)
    z, z_rest = times(x, rest, x, rest)
    high = odds[40]
    for k in range(19, 8, -1):
        high = high * z + odds[2 * k]
    low = 0.0
    for k in range(8, -1, -1):
        high, low = times(high, low, z, z_rest)
        high, low = larger_plus(odds[2 * k], odds[2 * k + 1], high, low)
    high, low = times(high, low, x + x, rest + rest)
    if twos != 0.0:
        whole, part = times(ln_two[0], ln_two[1], twos, 0.0)
        high, low = larger_plus(whole, part, high, low)
    return high, low


def exponential(high: float, low: float, factorials: Doubles, ln_two: Doubles) -> tuple[float, float]:
    """``e**(high + low)``, of a pair between -40 and 709.

    With k the whole number next to ``y / ln 2`` and ``r = (y - k ln 2) / 8``, which is at most 0.0434 in size, the
    series gives ``e**r - 1 = r + r**2 / 2! + ... + r**14 / 14!``, below 2**-107 after that; terms from ``r**8`` on need
    no pairs. Three times ``(1 + v)**2 - 1 = v (2 + v)`` makes ``e**(8 r) - 1`` of it, and 2**k the rest.
    """
    twos = int(high * 1.4426950408889634 + (0.5 if high > 0.0 else -0.5))
    if twos != 0:
        whole, part = times(ln_two[0], ln_two[1], -float(twos), 0.0)
        high, error = two_sum(high, whole)
        high, low = quick_sum(high, error + (low + part))
    r, rest = high * 0.125, low * 0.125
    high = factorials[28]
    for k in range(13, 7, -1):
        high = high * r + factorials[2 * k]
    low = 0.0
    for k in range(7, 0, -1):
        high, low = times(high, low, r, rest)
        high, low = larger_plus(factorials[2 * k], factorials[2 * k + 1], high, low)
    high, low = times(high, low, r, rest)
    for _k in range(3):
        whole, part = larger_plus(2.0, 0.0, high, low)
        high, low = times(high, low, whole, part)
    high, low = larger_plus(1.0, 0.0, high, low)
    factor = 1.0
    for _k in range(twos):
        factor *= 2.0
    for _k in range(-twos):
        factor *= 0.5
    return high * factor, low * factor


def times(high: float, low: float, other: float, other_low: float) -> tuple[float, float]:
    """Product of two pairs."""
    whole, part = two_product(high, other)
    return quick_sum(whole, part + (high * other_low + low * other))


def larger_plus(high: float, low: float, other: float, other_low: float) -> tuple[float, float]:
    """Sum of two pairs, of which the first is the larger in size."""
    whole, part = quick_sum(high, other)
    return quick_sum(whole, part + (low + other_low))


def two_product(one: float, other: float) -> tuple[float, float]:
    """Product of two floats and what rounding took from it, by halves of 26 bits; factors below 2**996."""
    wide = one * 134217729.0  # 2**27 + 1
    top = wide - (wide - one)
    bottom = one - top
    wide = other * 134217729.0
    other_top = wide - (wide - other)
    other_bottom = other - other_top
    whole = one * other
    return whole, ((top * other_top - whole) + top * other_bottom + bottom * other_top) + bottom * other_bottom


def two_sum(one: float, other: float) -> tuple[float, float]:
    """Sum of two floats and what rounding took from it."""
    whole = one + other
    part = whole - one
    return whole, (one - (whole - part)) + (other - part)


def quick_sum(one: float, other: float) -> tuple[float, float]:
    """The same where the first is the larger in size."""
    whole = one + other
    return whole, other - (whole - one)
