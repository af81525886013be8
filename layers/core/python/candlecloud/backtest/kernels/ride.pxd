cimport cython

from candlecloud.backtest.kernels.account cimport Account

cdef double _FAR

cdef double alarm_level(double floor, double peak, double deepest) noexcept


@cython.final
cdef class SwiftAccount(Account):
    @cython.locals(stop=cython.longlong)
    cdef long long coast(self, long long t) noexcept

    @cython.locals(cash=double, k=cython.longlong)
    cdef void rest(self, long long t, long long stop) noexcept

    @cython.locals(low=double, high=double, changed=cython.longlong, k=cython.longlong)
    cdef long long same_until(self, long long t, long long stop) noexcept

    @cython.locals(best=double, settles=bint, calm=cython.longlong, passed=cython.longlong, k=cython.longlong)
    cdef long long ride(self, long long t, long long stop) noexcept

    @cython.locals(asked=double, best=double, is_long=bint, lower=double, upper=double, factor=double, trailing=bint,
                   last=cython.longlong, bottom=double, top=double, least=double, most=double, idle=cython.longlong,
                   k=cython.longlong, ahead=double, below=double, above=double)
    cdef long long calm_until(self, long long t, long long stop) noexcept

    @cython.locals(begin=cython.longlong, asked=double, held=double, cash=double, before=double, peak=double, limited=bint,
                   keep=double, limit_peak=double, gains=double, squares=double, negatives=double, equities=double,
                   deepest=double, last_peak=cython.longlong, longest=cython.longlong, floor=double, alarm=double,
                   has_funding=bint, recording=bint, band=double, paid=double, settled=double, value=double,
                   drift=double, price=double, equity=double, gain=double, loss=double)
    cdef long long ride_plain(self, long long t, long long stop) noexcept

    @cython.locals(begin=cython.longlong, asked=double, held=double, cash=double, before=double, peak=double, limited=bint,
                   keep=double, limit_peak=double, gains=double, squares=double, negatives=double, equities=double,
                   deepest=double, last_peak=cython.longlong, longest=cython.longlong, floor=double, alarm=double,
                   has_funding=bint, recording=bint, band=double, paid=double, settled=double, value=double,
                   drift=double, price=double, equity=double, gain=double, loss=double)
    cdef long long ride_settling(self, long long t, long long stop) noexcept
