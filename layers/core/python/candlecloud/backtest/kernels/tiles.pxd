cimport cython

@cython.locals(
    buyer=double, seller=double, returns=double, squares=double, negatives=double, value=double, j=cython.longlong,
    t=cython.longlong, f=cython.longlong, price=double, close=double, moved=double, step=double, gain=double,
    loss=double, unit=double)
cpdef void lay_facts(
    const double[::1] opens, const double[::1] closes, double fee, double slippage, long long start, long long bars,
    double[::1] facts) noexcept

@cython.locals(j=cython.longlong, half=cython.longlong, base=cython.longlong, a=double, b=double)
cpdef void lay_extremes(
    const double[::1] closes, long long start, long long bars, double[::1] highs, double[::1] lows) noexcept

@cython.locals(
    w=cython.longlong, window=cython.longlong, lane=cython.longlong, place=cython.longlong, first=cython.longlong,
    stop=cython.longlong, t=cython.longlong, u=cython.longlong)
cpdef void lay_averages(
    const double[::1] sums, const long long[::1] windows, long long start, long long bars, double[::1] rows) noexcept
