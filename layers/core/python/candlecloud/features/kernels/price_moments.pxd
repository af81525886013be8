cimport cython

cdef extern from *:
    ctypedef long long wide "__int128"

@cython.locals(short=cython.longlong)
cdef inline double nearest(wide value) noexcept

@cython.locals(n=Py_ssize_t, t=Py_ssize_t, total=wide)
cpdef void means(
    const long long[::1] ticks, Py_ssize_t window, Py_ssize_t scale, const double[::1] powers, double[::1] average
) noexcept

@cython.locals(
    n=Py_ssize_t, t=Py_ssize_t, width=wide, total=wide, squares=wide, value=wide, old=wide, middle=wide, rest=wide,
    scatter=wide,
)
cpdef void moments(
    const long long[::1] ticks, Py_ssize_t window, Py_ssize_t scale, const double[::1] powers,
    double[::1] average, double[::1] distances, double[::1] variances
) noexcept

@cython.locals(
    t=Py_ssize_t, largest=cython.longlong, width=cython.longlong, apart=double, total=cython.longlong,
    found=cython.longlong)
cpdef long long spreads(
    const long long[::1] sums, const long long[::1] squares, Py_ssize_t window, unsigned long long ones,
    double unit, double square, double[::1] average, double[::1] variances
) noexcept

@cython.locals(t=Py_ssize_t, width=cython.longlong, far=cython.longlong)
cpdef void distances_from(
    const long long[::1] sums, Py_ssize_t window, double unit, double[::1] distances
) noexcept

@cython.locals(
    n=Py_ssize_t, t=Py_ssize_t, width=wide, plain=wide, total=wide, value=wide, old=wide, weights=double,
)
cpdef void weighted(
    const long long[::1] ticks, Py_ssize_t window, Py_ssize_t scale, const double[::1] powers, double[::1] average
) noexcept

@cython.locals(places=Py_ssize_t, short=cython.longlong, left=wide)
cdef inline double price_of(wide total, double divisor, Py_ssize_t scale, const double[::1] powers) noexcept

@cython.locals(places=Py_ssize_t, short=cython.longlong, left=wide)
cdef inline double square_of(wide total, Py_ssize_t scale, const double[::1] powers) noexcept
