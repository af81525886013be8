"""The 365-day clock: crypto trades every day, so a year has 365 of them. And when a number per year says nothing."""

from __future__ import annotations

from decimal import Context, Decimal

YEAR_MS = 365 * 86_400_000

MIN_SPAN_MS = 30 * 86_400_000
"""Time below which no return, ratio of returns or turnover is put per year. A return of 2 % in two hours compounds to
5e37 a year. The standard error of a yearly Sharpe ratio is about ``1 / sqrt(years)``, however short the bars are: 3.5
at 30 days, and more than any strategy earns below."""

MIN_RETURNS = 30
"""Returns below which no deviation is put per year. Its relative standard error is about ``1 / sqrt(2 (n - 1))``: 13 %
at 30 returns, whatever time they took."""


def bars_per_year(bar_ms: float) -> float:
    """How many bars a 365-day year holds, if each takes this long on average.

    For a run that is its time over its bars: an absent candle makes no bar, so the bars that are there stand for more
    time each. With the timeframe instead, a market full of holes would have too many bars a year and too good a Sharpe
    ratio.
    """
    return YEAR_MS / bar_ms


def growth_per_year(growth: float, span_ms: int) -> float | None:
    """Yearly rate that compounds to `growth` (final over initial) in `span_ms`; None where there is no such rate.

    In decimal arithmetic, because the C library's ``pow`` may differ in the last bit from processor to processor. This
    says what the bits are; `compounding.growths_per_year` gives the same ones for many growths, a hundred times faster.
    """
    if growth <= 0 or span_ms <= 0:
        return None
    exact = Context(prec=30, traps=[])  # untrapped: a rate beyond all decimals is infinite
    exponent = exact.divide(Decimal(YEAR_MS), Decimal(span_ms))
    power = exact.exp(exact.multiply(exact.ln(Decimal(growth)), exponent))  # seven times faster than exact.power
    rate = float(exact.subtract(power, Decimal(1)))
    return rate if rate < float("inf") else None
