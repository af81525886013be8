cimport cython

@cython.locals(
    n=Py_ssize_t, t=Py_ssize_t, top=double, bottom=double, twos=double, x=double, z=double, series=double,
    scaled=double, step=cython.longlong,
)
cpdef void log_ratios(const long long[::1] tops, const long long[::1] bottoms, long long[::1] logs) noexcept
