cimport cython

cimport candlecloud.backtest.kernels.generated.note as NOTE
cimport candlecloud.backtest.kernels.generated.phase as PHASE
cimport candlecloud.backtest.kernels.generated.reason as REASON
from candlecloud.backtest.kernels.quiet_bars cimport FastAccount
from candlecloud.backtest.kernels.generated.marks cimport mark_close

@cython.locals(inside=cython.longlong, k=cython.longlong)
cpdef long long count_outside(const double[::1] values, double low, double high) except -1

@cython.locals(blocked=bint, wanted=double, size=double, share=double)
cdef void decide(FastAccount account, long long t) noexcept

@cython.locals(volume=double, trades=bint, unfinished=cython.longlong, price=double, equity=double)
cdef void step(FastAccount account, long long t) noexcept

@cython.locals(paid=double)
cdef void settle(FastAccount account, long long t, double price, bint trades) noexcept

cdef void limit_drawdown(FastAccount account, long long t, double equity) noexcept

@cython.locals(change=double)
cdef void mark(FastAccount account, long long t, double equity) noexcept

@cython.locals(account=FastAccount, t=cython.longlong)
cpdef int run_bars(
    const long long[::1] opened, const long long[::1] closed, const double[::1] open_, const double[::1] high, const double[::1] low, const double[::1] close,
    const double[::1] volume, const double[::1] target, const double[::1] size, const double[::1] funding,
    const long long[::1] intrabar_start, const double[::1] intrabar_high, const double[::1] intrabar_low,
    const double[::1] atr,
    const double[::1] rules, long long start_bar, double initial_equity, double[::1] row, double[::1] final_state,
    bint recording,
    double[::1] equity, long long[:, ::1] fill_codes, double[:, ::1] fill_numbers, double[::1] profits,
    long long[:, ::1] notes) except -1
