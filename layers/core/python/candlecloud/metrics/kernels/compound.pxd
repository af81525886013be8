cimport cython

@cython.locals(
    n=Py_ssize_t, t=Py_ssize_t, count=Py_ssize_t, high=double, low=double, size=double, power=double,
    power_rest=double, error=double,
)
cpdef Py_ssize_t yearly_rates(
    const double[::1] growths, double exponent, double exponent_rest, const double[::1] odds,
    const double[::1] factorials, const double[::1] ln_two, double[::1] rates, long long[::1] doubtful
) noexcept

@cython.locals(
    k=Py_ssize_t, twos=double, top=double, bottom=double, bottom_rest=double, x=double, rest=double, whole=double,
    part=double, z=double, z_rest=double, high=double, low=double,
)
cdef (double, double) logarithm(double value, const double[::1] odds, const double[::1] ln_two) noexcept

@cython.locals(
    k=Py_ssize_t, _k=Py_ssize_t, twos=Py_ssize_t, whole=double, part=double, error=double, r=double, rest=double, factor=double,
)
cdef (double, double) exponential(
    double high, double low, const double[::1] factorials, const double[::1] ln_two
) noexcept

@cython.locals(whole=double, part=double)
cdef inline (double, double) times(double high, double low, double other, double other_low) noexcept

@cython.locals(whole=double, part=double)
cdef inline (double, double) larger_plus(double high, double low, double other, double other_low) noexcept

@cython.locals(
    wide=double, top=double, bottom=double, other_top=double, other_bottom=double, whole=double,
)
cdef inline (double, double) two_product(double one, double other) noexcept

@cython.locals(whole=double, part=double)
cdef inline (double, double) two_sum(double one, double other) noexcept

@cython.locals(whole=double)
cdef inline (double, double) quick_sum(double one, double other) noexcept
