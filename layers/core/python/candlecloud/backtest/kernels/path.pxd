cimport cython

from candlecloud.backtest.kernels.ride cimport SwiftAccount

@cython.locals(inside=cython.longlong, k=cython.longlong)
cpdef long long count_outside(const double[::1] values, double low, double high) except -1

@cython.locals(blocked=bint, wanted=double, size=double, share=double)
cdef void decide(SwiftAccount account, long long t) noexcept

@cython.locals(volume=double, trades=bint, unfinished=cython.longlong, price=double, equity=double)
cdef void step(SwiftAccount account, long long t) noexcept

@cython.locals(paid=double)
cdef void settle(SwiftAccount account, long long t, double price, bint trades) noexcept

cdef void limit_drawdown(SwiftAccount account, long long t, double equity) noexcept

@cython.locals(gain=double)
cdef void mark(SwiftAccount account, long long t, double equity) noexcept

@cython.locals(account=SwiftAccount, t=cython.longlong)
cpdef int run_path(
    const double[::1] open_, const double[::1] high, const double[::1] low, const double[::1] close,
    const double[::1] volume, const double[::1] target, const double[::1] size, const double[::1] funding,
    const long long[::1] fine_start, const double[::1] fine_high, const double[::1] fine_low,
    const double[::1] rules, long long first, double initial_equity, double[::1] row, double[::1] left,
    bint recording,
    double[::1] equity, long long[:, ::1] fill_codes, double[:, ::1] fill_numbers, double[::1] profits,
    long long[:, ::1] notes) except -1
