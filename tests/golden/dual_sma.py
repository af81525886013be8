"""Two moving averages compared as exact fractions: what `dual_sma` must decide."""

from __future__ import annotations

from fractions import Fraction


def dual_sma_targets(ticks: list[int], fast: int, slow: int) -> list[float]:
    """Sign of SMA(fast) - SMA(slow), compared as fractions."""
    targets = []
    for t in range(len(ticks)):
        if t + 1 < slow:
            targets.append(0.0)
            continue
        of_fast = Fraction(sum(ticks[t + 1 - fast : t + 1]), fast)
        of_slow = Fraction(sum(ticks[t + 1 - slow : t + 1]), slow)
        targets.append(1.0 if of_fast > of_slow else -1.0 if of_fast < of_slow else 0.0)
    return targets
