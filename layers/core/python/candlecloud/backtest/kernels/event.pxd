cimport cython

from candlecloud.backtest.kernels.signal_words cimport compare_averages, copy_words, find_fills
from candlecloud.backtest.kernels.tiles cimport lay_averages, lay_extremes, lay_facts

@cython.locals(
    n_bars=cython.longlong, n_sets=cython.longlong, n_words=cython.longlong, p=cython.longlong, start=cython.longlong,
    bars=cython.longlong, walked=cython.longlong, word=cython.longlong, block=cython.longlong)
cpdef int tally_sets(
    const double[::1] opens, const double[::1] closes, const double[::1] sums, const unsigned long long[::1] trading,
    const unsigned long long[::1] signals, const long long[::1] fast, const long long[::1] slow,
    const long long[::1] windows, double fee, double slippage, double initial_equity, long long first,
    long long flatten, double[::1] rows, double[::1] facts, double[::1] highs, double[::1] lows,
    const long long[::1] levels, unsigned long long[::1] words, long long[::1] starts, long long[::1] fills,
    unsigned long long[::1] held, unsigned long long[::1] last, double[::1] accounts, double[::1] tallies,
    long long width) except -1

@cython.locals(k=cython.longlong)
cdef void _open_account(double initial_equity, double[::1] accounts, long long a) noexcept

@cython.locals(
    s=cython.longlong, a=cython.longlong, cash=double, quantity=double, flat_cash=double, peak=double, worst=double,
    returns=double, squares=double, negatives=double, value=double, fees=double, slippage=double, notional=double,
    gained=double, lost=double, wins=double, under=double, longest=double, in_position=double, here=cython.longlong,
    end=cython.longlong, k=cython.longlong, stop=cython.longlong, bars=cython.longlong, f=cython.longlong,
    level=cython.longlong, right=cython.longlong, top=double, bottom=double, high=double, low=double,
    j=cython.longlong, equity=double, amount=double, paid=double, profit=double)
cdef void _walk(
    const double[::1] closes, long long start, long long walked, double fee, const double[::1] facts,
    const double[::1] highs, const double[::1] lows, const long long[::1] levels, long long p, long long block,
    const long long[::1] starts, const long long[::1] fills, unsigned long long[::1] held,
    double[::1] accounts) noexcept

@cython.locals(
    t=cython.longlong, cash=double, quantity=double, before=double, price=double, moved=double, profit=double,
    change=double, ratio=double)
cdef void _end_flat(
    const double[::1] opens, const double[::1] closes, double fee, double slippage, unsigned long long wanted,
    double[::1] accounts, long long a) noexcept

cdef void _count_fill(
    double[::1] accounts, long long a, double quantity, double price, double moved, double fee) noexcept

@cython.locals(quantity=double, n_fills=double)
cdef void _write_tallies(
    const double[::1] closes, const double[::1] accounts, long long a, double[::1] tallies, long long k) noexcept
