# Written by `python -m infra.generate` from backtest/kernels/marks.py.

cdef struct Marks:
    double before
    double peak
    long long last_peak
    long long longest
    long long peak_time
    long long longest_time
    double deepest
    double floor
    double alarm
    double returns
    double squares
    double negatives
    double equities

cdef inline Marks begin_marks(long long first, long long opened, double initial_equity) noexcept:
    cdef Marks marks
    marks.before = marks.peak = initial_equity
    marks.last_peak, marks.longest = (first - 1, 0)
    marks.peak_time, marks.longest_time = (opened, 0)
    marks.deepest = marks.floor = marks.returns = marks.squares = marks.negatives = marks.equities = 0.0
    marks.alarm = alarm_level(initial_equity, 0.0, 0.0)
    return marks

cdef inline double alarm_level(double peak, double deepest, double floor) noexcept:
    return max(floor, peak * (1.0 - deepest) + peak * 1e-12)

cdef inline Marks mark_close(Marks marks, long long t, long long opened, long long closed, double equity, double change) noexcept:
    loss = change if change < 0.0 else 0.0
    marks.returns += change
    marks.squares += change * change
    marks.negatives += loss * loss
    marks.before = equity
    marks.equities += equity
    return mark_level(marks, t, opened, closed, equity)

cdef inline Marks mark_level(Marks marks, long long t, long long opened, long long closed, double equity) noexcept:
    if equity >= marks.peak:
        return mark_peak(end_stretch(marks, t, opened), t, closed, equity)
    return mark_drawdown(marks, equity)

cdef inline Marks end_stretch(Marks marks, long long t, long long opened) noexcept:
    if t - 1 > marks.last_peak:
        marks.longest = max(marks.longest, t - 1 - marks.last_peak)
        marks.longest_time = max(marks.longest_time, opened - marks.peak_time)
    return marks

cdef inline Marks count_stretch(Marks marks, long long t, long long closed) noexcept:
    marks.longest = max(marks.longest, t - marks.last_peak)
    marks.longest_time = max(marks.longest_time, closed - marks.peak_time)
    return marks

cdef inline bint is_no_longest(Marks marks, long long t, long long closed) noexcept:
    return t - marks.last_peak <= marks.longest and closed - marks.peak_time <= marks.longest_time

cdef inline Marks mark_peak(Marks marks, long long t, long long closed, double equity) noexcept:
    marks.peak, marks.last_peak, marks.peak_time = (equity, t, closed)
    marks.alarm = alarm_level(equity, marks.deepest, marks.floor)
    return marks

cdef inline Marks mark_drawdown(Marks marks, double equity) noexcept:
    if equity < marks.alarm:
        marks.deepest = max(marks.deepest, 1.0 - equity / marks.peak)
        marks.alarm = alarm_level(marks.peak, marks.deepest, marks.floor)
    return marks
