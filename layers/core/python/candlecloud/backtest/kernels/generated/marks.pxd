# Written by `python -m infra.generate` from backtest/kernels/marks.py.

cdef struct Marks:
    double before
    double peak
    long long last_peak
    long long longest
    double deepest
    double floor
    double alarm
    double returns
    double squares
    double negatives
    double equities

cdef inline Marks begin_marks(long long first, double initial_equity) noexcept:
    cdef Marks marks
    marks.before = marks.peak = initial_equity
    marks.last_peak, marks.longest = (first - 1, 0)
    marks.deepest = marks.floor = marks.returns = marks.squares = marks.negatives = marks.equities = 0.0
    marks.alarm = alarm_level(initial_equity, 0.0, 0.0)
    return marks

cdef inline double alarm_level(double peak, double deepest, double floor) noexcept:
    return max(floor, peak * (1.0 - deepest) + peak * 1e-12)

cdef inline Marks mark_close(Marks marks, long long t, double equity, double change) noexcept:
    loss = change if change < 0.0 else 0.0
    marks.returns += change
    marks.squares += change * change
    marks.negatives += loss * loss
    marks.before = equity
    marks.equities += equity
    return mark_level(marks, t, equity)

cdef inline Marks mark_level(Marks marks, long long t, double equity) noexcept:
    if equity >= marks.peak:
        marks.longest = max(marks.longest, t - marks.last_peak - 1)
        return mark_peak(marks, t, equity)
    return mark_drawdown(marks, equity)

cdef inline Marks mark_peak(Marks marks, long long t, double equity) noexcept:
    marks.peak, marks.last_peak = (equity, t)
    marks.alarm = alarm_level(equity, marks.deepest, marks.floor)
    return marks

cdef inline Marks mark_drawdown(Marks marks, double equity) noexcept:
    if equity < marks.alarm:
        marks.deepest = max(marks.deepest, 1.0 - equity / marks.peak)
        marks.alarm = alarm_level(marks.peak, marks.deepest, marks.floor)
    return marks
