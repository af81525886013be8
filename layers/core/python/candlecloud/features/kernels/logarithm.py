"""Logarithms of price ratios by additions, multiplications and divisions alone, which every processor rounds alike.

The C library's ``log``, and NumPy's, may differ in the last digit from machine to machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from candlecloud.features.kernels.views import Integers


def log_ratios(tops: Integers, bottoms: Integers, logs: Integers) -> None:
    """``ln(top / bottom)`` in whole multiples of 2**-50, of positive numbers up to 2**53.

    Powers of two are taken out until the ratio lies between ``sqrt(1/2)`` and ``sqrt(2)``; there, with
    ``x = (top - bottom) / (top + bottom)``, it is ``2 (x + x**3 / 3 + x**5 / 5 + ...)``, below 2**-57 after ``x**21``.
    """
    n = len(tops)
    for t in range(n):
        top = float(tops[t])
        bottom = float(bottoms[t])
        twos = 0.0
        while top > bottom * 1.4142:
            bottom *= 2.0
            twos += 1.0
        while top < bottom * 0.7072:
            bottom *= 0.5
            twos -= 1.0
        x = (top - bottom) / (top + bottom)
        z = x * x
        series = z * (1.0 / 21.0) + 1.0 / 19.0
        series = series * z + 1.0 / 17.0
        series = series * z + 1.0 / 15.0
        series = series * z + 1.0 / 13.0
        series = series * z + 1.0 / 11.0
        series = series * z + 1.0 / 9.0
        series = series * z + 1.0 / 7.0
        series = series * z + 1.0 / 5.0
        series = series * z + 1.0 / 3.0
        x += x * (series * z)
        scaled = (twos * 0.6931471805599453 + 2.0 * x) * 1125899906842624.0  # ln 2; 2**50
        if scaled < 0.0:
            scaled -= 0.5
        else:
            scaled += 0.5
        step = int(scaled)
        logs[t] = step
