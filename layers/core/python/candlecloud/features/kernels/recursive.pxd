cimport cython

@cython.locals(n=Py_ssize_t, t=Py_ssize_t, total=double, last=double)
cpdef void ema(
    const double[::1] values, Py_ssize_t first, Py_ssize_t seeds, double weight, double[::1] average
) noexcept

@cython.locals(k=Py_ssize_t, j=Py_ssize_t)
cpdef void emas(
    const double[::1] values, const long long[::1] starts, const long long[::1] firsts, const long long[::1] windows,
    Py_ssize_t n, double[::1] averages
) noexcept

@cython.locals(t=Py_ssize_t, last=double, weight=double)
cdef double _ema_on(
    const double[::1] values, Py_ssize_t start, Py_ssize_t first, Py_ssize_t window, Py_ssize_t n,
    double[::1] averages, Py_ssize_t place, Py_ssize_t stop
) noexcept

@cython.locals(
    stop=Py_ssize_t, j=Py_ssize_t, t=Py_ssize_t, a=Py_ssize_t, b=Py_ssize_t, c=Py_ssize_t, d=Py_ssize_t, p=Py_ssize_t,
    q=Py_ssize_t, r=Py_ssize_t, s=Py_ssize_t, last0=double, last1=double, last2=double, last3=double, weight0=double,
    weight1=double, weight2=double, weight3=double,
)
cdef void _four_emas(
    const double[::1] values, const long long[::1] starts, const long long[::1] firsts, const long long[::1] windows,
    Py_ssize_t n, double[::1] averages, Py_ssize_t k
) noexcept

@cython.locals(
    count=Py_ssize_t, gains=Py_ssize_t, losses=Py_ssize_t, widths=Py_ssize_t, keeps=Py_ssize_t, sums=Py_ssize_t,
    ratios=Py_ssize_t, begin=Py_ssize_t, k=Py_ssize_t, t=Py_ssize_t, change=double, up=double, down=double,
    total=double,
)
cpdef void rsis(
    const double[::1] close, const long long[::1] firsts, const long long[::1] windows, double[::1] state,
    Py_ssize_t n, double[::1] strengths
) noexcept

@cython.locals(t=Py_ssize_t, gain=double, loss=double, change=double)
cdef void _rsi_until(
    const double[::1] close, Py_ssize_t first, Py_ssize_t window, Py_ssize_t last, double[::1] state,
    Py_ssize_t gain_at, Py_ssize_t loss_at, double[::1] strengths, Py_ssize_t place
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
