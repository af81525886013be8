cimport cython

from candlecloud.backtest.kernels.entries cimport AccountWithEntries
from candlecloud.backtest.kernels.generated.marks cimport Marks, alarm_level, mark_close


@cython.final
cdef class FastAccount(AccountWithEntries):
    @cython.locals(stop=cython.longlong)
    cdef long long skip_quiet_bars(self, long long t) noexcept

    @cython.locals(cash=double, k=cython.longlong)
    cdef void mark_flat_bars(self, long long t, long long stop) noexcept

    @cython.locals(low=double, high=double, changed=cython.longlong, k=cython.longlong)
    cdef long long same_until(self, long long t, long long stop) noexcept

    @cython.locals(best=double, quiet=cython.longlong, passed=cython.longlong, k=cython.longlong)
    cdef long long skip_held_bars(self, long long t, long long stop) noexcept

    @cython.locals(asked=double, best=double, is_long=bint, lower=double, upper=double, factor=double, distance=double, slack=double, trailing=bint,
                   last=cython.longlong, bottom=double, top=double, least=double, most=double, idle=cython.longlong,
                   k=cython.longlong, ahead=double, below=double, above=double)
    cdef long long quiet_until(self, long long t, long long stop) noexcept

    cdef long long mark_held_bars(self, long long t, long long stop) noexcept


@cython.locals(begin=cython.longlong, marks=Marks, held=double, cash=double, asked=double, limited=bint, keep=double,
               limit_peak=double, has_funding=bint, is_long=bint, recording=bint, band=double, paid=double, funding_paid=double,
               value=double, drift=double, price=double, equity=double, change=double)
cdef inline long long _mark_held_bars(FastAccount account, long long t, long long stop, bint settles, bint watches) noexcept
