cimport cython

from candlecloud.backtest.kernels.account cimport Account

cdef double _FAR

cdef double alarm_level(double floor, double peak, double deepest) noexcept


@cython.final
cdef class SwiftAccount(Account):
    @cython.locals(begin=cython.longlong)
    cdef long long ride(self, long long t, long long stop) noexcept

    @cython.locals(held=double, cash=double, asked=double, before=double, peak=double, limit_peak=double, limited=bint,
                   keep=double, floor=double, alarm=double, gains=double, squares=double, negatives=double,
                   equities=double, deepest=double, last_peak=cython.longlong, longest=cython.longlong, recording=bint,
                   first=cython.longlong, equity=double, gain=double, loss=double)
    cdef long long ride_plain(self, long long t, long long stop) noexcept

    @cython.locals(held=double, cash=double, asked=double, before=double, peak=double, limit_peak=double, limited=bint,
                   keep=double, floor=double, alarm=double, gains=double, squares=double, negatives=double,
                   equities=double, deepest=double, last_peak=cython.longlong, longest=cython.longlong, recording=bint,
                   first=cython.longlong, equity=double, gain=double, loss=double, has_stops=bint, has_funding=bint,
                   band=double, trailing=bint, best=double, paid_in_all=double, side=double, factor=double, fixed=double,
                   lower=double, upper=double, value=double, drift=double, high=double, low=double, price=double,
                   paid=double)
    cdef long long ride_guarded(self, long long t, long long stop) noexcept
