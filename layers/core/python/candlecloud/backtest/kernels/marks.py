"""Marks of equity at closes: peaks, drawdown and sums of returns, counted in this one place.

``generated/marks.pxd`` is written from this file by ``python -m infra.generate``: a struct and inlined functions, with
C types by the annotations. Write the result back (``marks = mark_close(marks, ...)``): C passes by value. Uncompiled,
this file runs, and gives the same bits.
"""

from __future__ import annotations


class Marks:
    """Counts up to a close.

    Attributes
    ----------
    before : float
        Equity at the last close.
    peak : float
        Highest equity so far, the initial one included.
    last_peak, longest : int
        Bar of the peak, and most bars in a row below one.
    deepest : float
        Largest drawdown.
    floor : float
        At or below this the drawdown limit acts, or ruin.
    alarm : float
        No equity above this makes a new deepest drawdown or touches the floor; a little high, for the rounding.
    returns, squares, negatives, equities : float
        Sums of returns, of their squares, of the squares of the negative ones, of equity.
    """

    before: float
    peak: float
    last_peak: int
    longest: int
    deepest: float
    floor: float
    alarm: float
    returns: float
    squares: float
    negatives: float
    equities: float


def begin_marks(first: int, initial_equity: float) -> Marks:
    """Nothing is counted, and bar `first` comes next."""
    marks = Marks()
    marks.before = marks.peak = initial_equity
    marks.last_peak, marks.longest = first - 1, 0
    marks.deepest = marks.floor = marks.returns = marks.squares = marks.negatives = marks.equities = 0.0
    marks.alarm = alarm_level(initial_equity, 0.0, 0.0)
    return marks


def alarm_level(peak: float, deepest: float, floor: float) -> float:
    """`Marks.alarm`."""
    return max(floor, peak * (1.0 - deepest) + peak * 1e-12)


def mark_close(marks: Marks, t: int, equity: float, change: float) -> Marks:
    """Count the close of bar t and its return."""
    loss = change if change < 0.0 else 0.0
    marks.returns += change
    marks.squares += change * change
    marks.negatives += loss * loss
    marks.before = equity
    marks.equities += equity
    return mark_level(marks, t, equity)


def mark_level(marks: Marks, t: int, equity: float) -> Marks:
    """Hold the equity of bar t against peak and drawdown."""
    if equity >= marks.peak:
        marks.longest = max(marks.longest, t - marks.last_peak - 1)
        return mark_peak(marks, t, equity)
    return mark_drawdown(marks, equity)


def mark_peak(marks: Marks, t: int, equity: float) -> Marks:
    """Equity is highest at bar t."""
    marks.peak, marks.last_peak = equity, t
    marks.alarm = alarm_level(equity, marks.deepest, marks.floor)
    return marks


def mark_drawdown(marks: Marks, equity: float) -> Marks:
    """Equity is below its peak; the division is left out where it can't make a new deepest drawdown."""
    if equity < marks.alarm:
        marks.deepest = max(marks.deepest, 1.0 - equity / marks.peak)
        marks.alarm = alarm_level(marks.peak, marks.deepest, marks.floor)
    return marks
