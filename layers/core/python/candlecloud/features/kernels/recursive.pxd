cimport cython

@cython.locals(n=Py_ssize_t, t=Py_ssize_t, total=double, last=double)
cpdef void ema(
    const double[::1] values, Py_ssize_t first, Py_ssize_t seeds, double weight, double[::1] average
) noexcept

@cython.locals(n=Py_ssize_t, t=Py_ssize_t, gain=double, loss=double, change=double)
cpdef void rsi(const double[::1] close, Py_ssize_t window, double[::1] strength) noexcept

@cython.locals(n=Py_ssize_t, t=Py_ssize_t, last=double, top=double, bottom=double)
cpdef void atr(
    const double[::1] high, const double[::1] low, const double[::1] close, Py_ssize_t window, double[::1] average
) noexcept

@cython.locals(
    n=Py_ssize_t, t=Py_ssize_t, first=Py_ssize_t, up=double, down=double, reach=double, last=double, rise=double,
    fall=double, top=double, bottom=double, strength=double, moved=bint,
)
cpdef void adx(
    const double[::1] high, const double[::1] low, const double[::1] close, Py_ssize_t window,
    double[::1] index, double[::1] plus, double[::1] minus
) noexcept

@cython.locals(n=Py_ssize_t, t=Py_ssize_t, total=double)
cpdef void obv(const long long[::1] ticks, const double[::1] volumes, double[::1] balance) noexcept

@cython.locals(n=Py_ssize_t, t=Py_ssize_t, worth=double, volume=double)
cpdef void session_vwap(
    const long long[::1] days, const double[::1] prices, const double[::1] volumes, Py_ssize_t first,
    double[::1] average
) noexcept
