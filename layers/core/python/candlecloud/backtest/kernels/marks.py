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
    peak_time, longest_time : int
        The same by the clock, ms: close of the peak (before the first bar its open), and longest time below one.
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
    peak_time: int
    longest_time: int
    deepest: float
    floor: float
    alarm: float
    returns: float
    squares: float
    negatives: float
    equities: float


def begin_marks(first: int, opened: int, initial_equity: float) -> Marks:
    """Nothing is counted, and bar `first` comes next, which opens then."""
    marks = Marks()
    marks.before = marks.peak = initial_equity
    marks.last_peak, marks.longest = first - 1, 0
    marks.peak_time, marks.longest_time = opened, 0
    marks.deepest = marks.floor = marks.returns = marks.squares = marks.negatives = marks.equities = 0.0
    marks.alarm = alarm_level(initial_equity, 0.0, 0.0)
    return marks


def alarm_level(peak: float, deepest: float, floor: float) -> float:
    """`Marks.alarm`."""
    return max(floor, peak * (1.0 - deepest) + peak * 1e-12)


def mark_close(marks: Marks, t: int, opened: int, closed: int, equity: float, change: float) -> Marks:
    """Count the close of bar t, which lasts from `opened` to `closed`, and its return."""
    loss = change if change < 0.0 else 0.0
    marks.returns += change
    marks.squares += change * change
    marks.negatives += loss * loss
    marks.before = equity
    marks.equities += equity
    return mark_level(marks, t, opened, closed, equity)


def mark_level(marks: Marks, t: int, opened: int, closed: int, equity: float) -> Marks:
    """Hold the equity of bar t against peak and drawdown."""
    if equity >= marks.peak:
        return mark_peak(end_stretch(marks, t, opened), t, closed, equity)
    return mark_drawdown(marks, equity)


def end_stretch(marks: Marks, t: int, opened: int) -> Marks:
    """Bar t, which opened then, is at the peak again; where the bar before was too, no time was spent below."""
    if t - 1 > marks.last_peak:
        marks.longest = max(marks.longest, t - 1 - marks.last_peak)
        marks.longest_time = max(marks.longest_time, opened - marks.peak_time)
    return marks


def count_stretch(marks: Marks, t: int, closed: int) -> Marks:
    """Bar t, which closed then, is the last one so far: a stretch below the peak that has not ended counts too."""
    marks.longest = max(marks.longest, t - marks.last_peak)
    marks.longest_time = max(marks.longest_time, closed - marks.peak_time)
    return marks


def is_no_longest(marks: Marks, t: int, closed: int) -> bool:
    """Whether no stretch below the peak up to bar t, which closed then, is a new longest."""
    return t - marks.last_peak <= marks.longest and closed - marks.peak_time <= marks.longest_time


def mark_peak(marks: Marks, t: int, closed: int, equity: float) -> Marks:
    """Equity is highest at bar t."""
    marks.peak, marks.last_peak, marks.peak_time = equity, t, closed
    marks.alarm = alarm_level(equity, marks.deepest, marks.floor)
    return marks


def mark_drawdown(marks: Marks, equity: float) -> Marks:
    """Equity is below its peak; the division is left out where it can't make a new deepest drawdown."""
    if equity < marks.alarm:
        marks.deepest = max(marks.deepest, 1.0 - equity / marks.peak)
        marks.alarm = alarm_level(marks.peak, marks.deepest, marks.floor)
    return marks
