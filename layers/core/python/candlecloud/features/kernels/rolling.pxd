cimport cython

cdef extern from *:
    ctypedef long long wide "__int128"

@cython.locals(short=cython.longlong)
cdef inline double nearest(wide value) noexcept

@cython.locals(
    n=Py_ssize_t, t=Py_ssize_t, width=wide, total=wide, powers=wide, value=wide, old=wide, middle=wide, scatter=wide,
    near=cython.longlong, share=double, rest=double,
)
cpdef void moments(
    const long long[::1] values, Py_ssize_t window, double[::1] sums, double[::1] distances, double[::1] spreads
) noexcept

@cython.locals(n=Py_ssize_t, t=Py_ssize_t, total=wide, value=wide, old=wide)
cpdef void squares(const long long[::1] values, Py_ssize_t window, double[::1] sums) noexcept

@cython.locals(
    n=Py_ssize_t, t=Py_ssize_t, k=Py_ssize_t, unit=double, limit=double, top=wide, bottom=wide, fixed=wide,
    unknown=Py_ssize_t,
)
cpdef void quotient(
    const double[::1] tops, const double[::1] bottoms, Py_ssize_t window, double[::1] quotients
) noexcept

@cython.locals(
    n=Py_ssize_t, t=Py_ssize_t, k=Py_ssize_t, newest=double, below=Py_ssize_t, up_to=Py_ssize_t,
)
cpdef void rank(const double[::1] values, Py_ssize_t first, Py_ssize_t window, double[::1] ranks) noexcept
