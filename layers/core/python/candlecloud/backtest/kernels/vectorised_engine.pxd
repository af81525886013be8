cimport cython

cimport candlecloud.backtest.kernels.generated.column as COLUMN
cimport candlecloud.backtest.kernels.generated.set as SET
cimport candlecloud.backtest.kernels.generated.term as TERM
from candlecloud.backtest.kernels.signal_words cimport compare_averages, copy_words, find_fills
from candlecloud.backtest.kernels.tiles cimport precompute_averages, precompute_extremes, precompute_fill_terms
from candlecloud.backtest.kernels.generated.marks cimport Marks, alarm_level, begin_marks, count_stretch, end_stretch, is_no_longest, mark_close, mark_drawdown, mark_level, mark_peak

@cython.locals(
    a=cython.longlong, n_bars=cython.longlong, n_sets=cython.longlong, p=cython.longlong, start=cython.longlong,
    bars=cython.longlong, walked=cython.longlong, word=cython.longlong, block=cython.longlong)
cpdef int accumulate_sets(
    const long long[::1] clock, const double[::1] opens, const double[::1] closes, const double[::1] sums, const unsigned long long[::1] trading,
    const unsigned long long[::1] signals, const long long[::1] fast, const long long[::1] slow,
    const long long[::1] windows, double fee, double slippage, double initial_equity, long long start_bar,
    long long flatten, double[::1] averages, double[::1] terms, double[::1] highs, double[::1] lows,
    const long long[::1] levels, unsigned long long[::1] words, long long[::1] starts, long long[::1] fills,
    unsigned long long[::1] held, unsigned long long[::1] last, double[::1] sets, double[::1] rows) except -1

@cython.locals(marks=Marks)
cdef inline Marks _read_marks(const double[::1] sets, long long a, const double[::1] rows, long long r) noexcept

cdef inline void _write_marks(Marks marks, double[::1] sets, long long a, double[::1] rows, long long r) noexcept

@cython.locals(
    s=cython.longlong, a=cython.longlong, r=cython.longlong, cash=double, quantity=double, flat_cash=double,
    marks=Marks, fees=double, slippage=double, notional=double, gained=double, lost=double, wins=double,
    in_position=double, here=cython.longlong, end=cython.longlong, k=cython.longlong, stop=cython.longlong,
    f=cython.longlong, value=double, amount=double, paid=double, profit=double)
cdef void _walk(
    const long long[::1] clock, const double[::1] closes, long long start, long long walked, double fee, const double[::1] terms,
    const double[::1] highs, const double[::1] lows, const long long[::1] levels, long long p, long long block,
    const long long[::1] starts, const long long[::1] fills, unsigned long long[::1] held, double[::1] sets,
    double[::1] rows) noexcept

@cython.locals(
    level=cython.longlong, right=cython.longlong, top=double, bottom=double, high=double, low=double,
    last=cython.longlong, t=cython.longlong)
cdef inline Marks _mark_held(
    Marks marks, const long long[::1] clock, const double[::1] closes, const double[::1] highs, const double[::1] lows,
    const long long[::1] levels, long long start, long long here, long long stop, double cash,
    double quantity) noexcept

cdef inline Marks _mark_flat(
    Marks marks, const long long[::1] clock, long long first, long long last,
    double cash) noexcept

@cython.locals(
    t=cython.longlong, a=cython.longlong, r=cython.longlong, cash=double, quantity=double, marks=Marks, before=double, price=double, moved=double, profit=double)
cdef void _end_flat(
    const long long[::1] clock, const double[::1] opens, const double[::1] closes, double fee, double slippage, unsigned long long wanted,
    long long p, double[::1] sets, double[::1] rows) noexcept

cdef inline void _count_fill(
    double[::1] rows, long long r, double quantity, double price, double moved, double fee) noexcept

@cython.locals(quantity=double, n_fills=double)
cdef void _finish(
    const double[::1] closes, const double[::1] sets, long long a, double[::1] rows, long long r) noexcept
