"""Do two engines say the same? Trades and win rates to the last one, returns, Sharpe ratios and drawdowns to 1e-9."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.grids import Pairs

TOLERANCE = 1e-9
ROUNDING = 1e-12  # a win rate that was a percentage on the way; two different rates lie further apart
EXACT = ("n_trades", "win_rate")
CLOSE = ("total_return", "max_drawdown", "sharpe")


class DisagreementError(RuntimeError):
    """Two engines differ where nothing that is listed explains it; no figure is worth printing."""


@dataclass(frozen=True)
class Agreement:
    """What a comparison found.

    Attributes
    ----------
    equal : int
        Sets with the same trades and win rate, and numbers within `TOLERANCE`.
    worst : Mapping
        Column to the largest absolute difference among those.
    excused : Mapping
        Reason to the sets that differ and are listed under it.
    """

    sets: int
    equal: int
    worst: Mapping[str, float]
    excused: Mapping[str, Pairs]


def compare(
    name: str,
    pairs: Sequence[Sequence[int]],
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    excused: Mapping[str, Collection[tuple[int, int]]] | None = None,
    columns: Sequence[str] = CLOSE,
) -> Agreement:
    """Compare two results, set by set.

    Parameters
    ----------
    excused
        Deliberate differences: reason to the sets that may differ for it. One that does not differ is no error.
    columns
        Numbers that are compared within `TOLERANCE`.

    Raises
    ------
    DisagreementError
        If a set differs and is not listed.
    """
    same = np.ones(len(pairs), bool)
    gaps = {}
    for column in (*EXACT, *columns):
        a, b = (np.asarray(result[column], np.float64) for result in (ours, theirs))
        gap = np.abs(a - b)
        gap[np.isnan(a) & np.isnan(b)] = 0.0  # neither has a value
        gaps[column] = gap
        same &= gap <= (ROUNDING if column in EXACT else TOLERANCE)
    differing = [(int(pairs[k][0]), int(pairs[k][1])) for k in np.flatnonzero(~same).tolist()]
    reasons = {reason: [pair for pair in differing if pair in listed] for reason, listed in (excused or {}).items()}
    unexplained = set(differing).difference(*reasons.values())
    if unexplained:
        k = next(k for k, pair in enumerate(pairs) if tuple(pair) in unexplained)
        shown = {c: (float(ours[c][k]), float(theirs[c][k])) for c in gaps}
        raise DisagreementError(
            f"{name}: {len(unexplained)} of {len(pairs)} sets differ without a listed reason, first {pairs[k]}: {shown}"
        )
    worst = {column: float(gaps[column][same].max(initial=0.0)) for column in columns}
    return Agreement(len(pairs), int(same.sum()), worst, {r: found for r, found in reasons.items() if found})
