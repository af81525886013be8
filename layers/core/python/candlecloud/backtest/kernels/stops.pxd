cimport cython

cimport candlecloud.backtest.kernels.generated.phase as PHASE
cimport candlecloud.backtest.kernels.generated.reason as REASON
from candlecloud.backtest.kernels.account cimport Account

cdef double _FAR


cdef class AccountWithStops(Account):
    cdef double level, profit_level, place_price
    cdef long long level_reason, place

    @cython.locals(side=double, stop=double, trail=double, profit=double, ruin=double)
    cdef void set_levels(self) noexcept

    @cython.locals(unfinished=cython.longlong)
    cdef long long inside(self, long long t, bint leaving) noexcept

    @cython.locals(side=double, ruin=double, ruin_at=double)
    cdef void check_ruin(self, long long t) noexcept

    @cython.locals(level=double, profit_level=double, stop_at=double, profit_at=double, side=double, high=double, low=double, price=double, adverse=double,
                   favourable=double, stopped=bint, reached=bint, first_met=cython.longlong)
    cdef long long check_stops(self, long long t) noexcept

    @cython.locals(done=bint)
    cdef long long stop_out(self, long long phase, double price) noexcept

    cdef void take(self, long long phase, double price) noexcept

    @cython.locals(k=cython.longlong, high=double, low=double, adverse=double, favourable=double, stopped=bint, reached=bint)
    cdef long long look_inside(self, long long t, double stop_at, double profit_at, double side) noexcept
