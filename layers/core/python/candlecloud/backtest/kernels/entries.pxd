cimport cython

cimport candlecloud.backtest.kernels.generated.note as NOTE
cimport candlecloud.backtest.kernels.generated.phase as PHASE
from candlecloud.backtest.kernels.stops cimport AccountWithStops

cdef long long _LIMIT


cdef class AccountWithEntries(AccountWithStops):
    @cython.locals(buys=bint, below=bint, level=double)
    cdef void place_entry(self, double close) noexcept

    @cython.locals(done=bint)
    cdef void work_entry(self, long long t) noexcept

    @cython.locals(level=double, price=double, weight=double, side=double, through=double, through_at=double)
    cdef bint work_limit(self, long long t) noexcept

    @cython.locals(level=double, price=double, weight=double, side=double, level_at=double)
    cdef bint work_stop(self, long long t) noexcept

    @cython.locals(done=bint)
    cdef bint enter_inside(self, bint maker) noexcept
